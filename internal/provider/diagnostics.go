package provider

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

// A message is a diagnostic of the provider: what happened, what it means for
// the token, and what to do. Words in braces are replaced for each case. The
// provider's diagnostics and the troubleshooting guide are both made of these.
//
// The summary of a message that an apply gives has the token's {digest}:
// Terraform merges diagnostics with equal summaries, and gives no address at a
// destroy. Those of a plan are constant for the same reason: they are to be
// merged.
type message struct {
	severity diag.Severity
	summary  string
	happened string
	meaning  string
	remedy   string

	token  validity
	causes causes // what {meaning} and {remedy} stand for, where an error decides that
}

// A validity is whether the token is valid after a message, for the guide.
type validity string

const (
	unaffected validity = "not affected"
	mayBeValid validity = "may still be valid"
	stillValid validity = "still valid"
	notValid   validity = "no longer valid"
	asReported validity = "as the message says"
)

// causes are lists of what errors come from. The first that matches counts.
type causes [][]cause

type cause struct {
	when    string           // completes "If …" in the guide
	is      func(error) bool // nil for any error
	meaning string
	remedy  string
}

// values are what the words in braces stand for.
type values map[string]any

// A section of the catalogue, and of the guide.
type section struct {
	title    string
	messages []message
}

// catalogue has every message.
var catalogue = []section{
	{"Settings", settingMessages},
	{"Planning", planMessages},
	{"Signing in", signInMessages},
	{"Revoking a token", tokenMessages},
	{"Sealed tokens", sealMessages},
	{"Many tokens", sweepMessages},
	{"Sessions and identity", sessionMessages},
}

// with makes the diagnostic of a case.
func (m message) with(v values) diag.Diagnostic {
	var parts []string
	for _, part := range []string{m.happened, m.meaning, m.remedy} {
		if part != "" {
			parts = append(parts, v.fill(part))
		}
	}
	summary := strings.Join(strings.Fields(v.fill(m.summary)), " ") // A digest may be empty.
	detail := strings.Join(parts, "\n\n")
	if m.severity == diag.SeverityWarning {
		return diag.NewWarningDiagnostic(summary, detail)
	}
	return diag.NewErrorDiagnostic(summary, detail)
}

// because makes the diagnostic of a case whose meaning and remedy depend on an
// error.
func (m message) because(err error, v values) diag.Diagnostic {
	v["meaning"], v["remedy"] = m.causes.explain(err, v)
	return m.with(v)
}

// at is with, for a message about an attribute.
func (m message) at(attribute path.Path, v values) diag.Diagnostic {
	return diag.WithPath(attribute, m.with(v))
}

// fill replaces the words in braces, once: a value may have braces of its own.
func (v values) fill(text string) string {
	var pairs []string
	for name, value := range v {
		pairs = append(pairs, "{"+name+"}", fmt.Sprint(value))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// explain returns what an error of these causes means for the token, and what to do.
func (lists causes) explain(err error, v values) (meaning, remedy string) {
	for _, list := range lists {
		for _, c := range list {
			if c.is == nil || c.is(err) {
				return v.fill(c.meaning), v.fill(c.remedy)
			}
		}
	}
	return "", ""
}

// short is the part of a digest that names a token in summaries.
func short(digest string) string { return digest[:min(8, len(digest))] }

// What the errors of causes are.

func isA[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

func wraps(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func unanswered(because error) func(error) bool {
	return func(err error) bool { return isA[*salesforce.UnansweredError](err) && errors.Is(err, because) }
}

func response(matches func(*salesforce.ResponseError) bool) func(error) bool {
	return func(err error) bool {
		var r *salesforce.ResponseError
		return errors.As(err, &r) && matches(r)
	}
}

var (
	isBrokenOff = response(func(r *salesforce.ResponseError) bool { return r.BrokenOff })
	isTemporary = response((*salesforce.ResponseError).Temporary)
)

// reported matches an answer with an error code of the org.
func reported(code string) func(error) bool {
	return response(func(r *salesforce.ResponseError) bool { return r.Code == code && !r.Temporary() && !r.BrokenOff })
}

// described matches an answer by the org's description of it.
func described(words string) func(error) bool {
	return response(func(r *salesforce.ResponseError) bool { return strings.Contains(strings.ToLower(r.Description), words) })
}
