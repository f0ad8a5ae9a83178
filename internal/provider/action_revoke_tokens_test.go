package provider_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/ledger"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/provider"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// The action goes through the protocol here, because engines before Terraform
// 1.14 know none.

const actionType = "salesforce_revoke_tokens"

// actionServer is the provider, configured for an org if it is not nil.
func actionServer(t *testing.T, server *fake.Server, settings map[string]tftypes.Value) tfprotov6.ProviderServer {
	t.Helper()
	p := provider.New("test", new(ledger.Ledger))()
	schemas, err := p.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	must(err)
	if server == nil {
		return p
	}
	configType := schemas.Provider.ValueType()
	object, ok := configType.(tftypes.Object)
	if !ok {
		t.Fatalf("the provider's configuration is a %s", configType)
	}
	values := make(map[string]tftypes.Value)
	for name, attribute := range object.AttributeTypes {
		values[name] = tftypes.NewValue(attribute, nil)
	}
	values["instance_url"] = tftypes.NewValue(tftypes.String, server.URL)
	for name, value := range settings {
		values[name] = value
	}
	config, err := tfprotov6.NewDynamicValue(configType, tftypes.NewValue(configType, values))
	must(err)
	resp, err := p.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: &config})
	if err != nil || len(resp.Diagnostics) > 0 {
		t.Fatalf("ConfigureProvider: %v, %v", err, resp.Diagnostics)
	}
	return p
}

func actionConfig(tokens any) *tfprotov6.DynamicValue {
	set := tftypes.Set{ElementType: tftypes.String}
	object := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"tokens": set}}
	if list, ok := tokens.([]string); ok {
		values := []tftypes.Value{}
		for _, token := range list {
			values = append(values, tftypes.NewValue(tftypes.String, token))
		}
		tokens = values
	}
	config, err := tfprotov6.NewDynamicValue(object, tftypes.NewValue(object, map[string]tftypes.Value{"tokens": tftypes.NewValue(set, tokens)}))
	must(err)
	return &config
}

// invoke returns the progress messages and the diagnostics of an invocation.
func invoke(t *testing.T, ctx context.Context, p tfprotov6.ProviderServer, tokens ...string) (progress []string, diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	actions, ok := p.(tfprotov6.ActionServer)
	if !ok {
		t.Fatal("the provider serves no actions")
	}
	stream, err := actions.InvokeAction(ctx, &tfprotov6.InvokeActionRequest{ActionType: actionType, Config: actionConfig(tokens)})
	must(err)
	completed := 0
	for event := range stream.Events {
		switch event := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			progress = append(progress, event.Message)
		case tfprotov6.CompletedInvokeActionEventType:
			completed++
			diagnostics = event.Diagnostics
		}
	}
	if completed != 1 {
		t.Errorf("the invocation completed %d times", completed)
	}
	for _, token := range tokens {
		assertAbsent(t, "the progress", []byte(strings.Join(progress, "\n")), token)
		for _, d := range diagnostics {
			assertAbsent(t, "a diagnostic", []byte(d.Summary+d.Detail), token)
		}
	}
	return progress, diagnostics
}

func issue(server *fake.Server, n int) []string {
	tokens := make([]string, n)
	for i := range tokens {
		tokens[i] = server.Org.IssueAccessToken()
	}
	return tokens
}

func TestRevokeTokensValidate(t *testing.T) {
	t.Parallel()
	actions, ok := actionServer(t, nil, nil).(tfprotov6.ActionServer)
	if !ok {
		t.Fatal("the provider serves no actions")
	}
	for name, test := range map[string]struct {
		tokens any
		says   string
	}{
		"tokens":          {[]string{"a", "b"}, ""},
		"none":            {[]string{}, ""},
		"unknown":         {tftypes.UnknownValue, ""},
		"unknown element": {[]tftypes.Value{tftypes.NewValue(tftypes.String, tftypes.UnknownValue)}, ""},
		"white space":     {[]string{"a", "hunter2\n"}, "trimspace"},
		"empty":           {[]string{""}, "is empty"},
		"Bearer":          {[]string{"Bearer hunter2"}, "begins with Bearer"},
		"null element":    {[]tftypes.Value{tftypes.NewValue(tftypes.String, nil)}, "null value"},
		"absent":          {nil, "tokens"},
	} {
		resp, err := actions.ValidateActionConfig(t.Context(), &tfprotov6.ValidateActionConfigRequest{ActionType: actionType, Config: actionConfig(test.tokens)})
		must(err)
		if (test.says == "") != (len(resp.Diagnostics) == 0) {
			t.Errorf("%s: %d diagnostics", name, len(resp.Diagnostics))
		}
		for _, d := range resp.Diagnostics {
			if !strings.Contains(d.Detail, test.says) || strings.Contains(d.Summary+d.Detail+d.Attribute.String(), "hunter2") {
				t.Errorf("%s: %s: %s", name, d.Summary, d.Detail)
			}
		}
	}
}

func TestRevokeTokensPlan(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	tokens := issue(server, 1)
	for _, p := range []tfprotov6.ProviderServer{actionServer(t, server, nil), actionServer(t, nil, nil)} {
		actions, ok := p.(tfprotov6.ActionServer)
		if !ok {
			t.Fatal("the provider serves no actions")
		}
		resp, err := actions.PlanAction(t.Context(), &tfprotov6.PlanActionRequest{ActionType: actionType, Config: actionConfig(tokens)})
		if err != nil || len(resp.Diagnostics) > 0 {
			t.Errorf("PlanAction: %v, %v", err, resp.Diagnostics)
		}
	}
	assertOrg(t, server.Org, 0, map[string]bool{tokens[0]: true})
}

func TestRevokeTokensInvoke(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{Latency: 5 * time.Millisecond})
	tokens := issue(server, 50)
	p := actionServer(t, server, map[string]tftypes.Value{"max_concurrency": tftypes.NewValue(tftypes.Number, 4)})
	progress, diagnostics := invoke(t, t.Context(), p, tokens...)
	if want := []string{"Revoking: 0 of 50 tokens: 0 revoked", "Done: 50 of 50 tokens: 50 revoked"}; !slices.Equal(progress, want) {
		t.Errorf("the progress is %q; want %q", progress, want)
	}
	if len(diagnostics) > 0 {
		t.Errorf("%s: %s", diagnostics[0].Summary, diagnostics[0].Detail)
	}
	for _, token := range tokens {
		if server.Org.Alive(token) {
			t.Error("a token lives")
		}
	}
	if got := server.Org.MaxInFlight(); got != 4 {
		t.Errorf("%d requests were in flight at a time; want 4", got)
	}

	// Once more does no harm, and says so.
	progress, diagnostics = invoke(t, t.Context(), p, tokens[0], tokens[1])
	if len(diagnostics) != 1 || diagnostics[0].Severity != tfprotov6.DiagnosticSeverityWarning || !strings.Contains(diagnostics[0].Detail, "2 of the tokens") {
		t.Errorf("the second invocation: %q, %d diagnostics", progress, len(diagnostics))
	}
}

func TestRevokeTokensFailures(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	server.Org.ScriptAlways(fake.RevokePath, failFor(3, fake.Status(403, http.Header{}, "")))
	progress, diagnostics := invoke(t, t.Context(), actionServer(t, server, nil), issue(server, 20)...)
	const account = "17 revoked, 3 may still be valid (3 × 403 Forbidden)"
	if last := progress[len(progress)-1]; last != "Done: 20 of 20 tokens: "+account {
		t.Errorf("the closing message is %q", last)
	}
	if len(diagnostics) != 1 || diagnostics[0].Severity != tfprotov6.DiagnosticSeverityError || !strings.Contains(diagnostics[0].Detail, account) {
		t.Errorf("there are %d diagnostics", len(diagnostics))
	}
}

func TestRevokeTokensNotConfigured(t *testing.T) {
	t.Parallel()
	_, diagnostics := invoke(t, t.Context(), actionServer(t, nil, nil), "a-token-of-some-length")
	if len(diagnostics) != 1 || diagnostics[0].Summary != "Provider Not Configured" {
		t.Errorf("there are %d diagnostics", len(diagnostics))
	}
}

func TestRevokeTokensCancel(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{Latency: 20 * time.Millisecond})
	tokens := issue(server, 2000)
	ctx, cancel := context.WithCancel(t.Context())
	server.Org.Script(fake.RevokePath, append(slices.Repeat([]fake.Fault{fake.Pass()}, 100), func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			cancel()
			next.ServeHTTP(w, r)
		})
	})...)
	start := time.Now()
	_, diagnostics := invoke(t, ctx, actionServer(t, server, nil), tokens...)
	if elapsed := time.Since(start); elapsed > 20*time.Second {
		t.Errorf("it ended after %s", elapsed)
	}
	if n := revocations(server.Org); n < 100 || n > 200 {
		t.Errorf("%d requests were sent; want somewhat more than 100", n)
	}
	if len(diagnostics) != 1 || !strings.Contains(diagnostics[0].Detail, "the run was interrupted") || !strings.Contains(diagnostics[0].Detail, "not tried") {
		t.Errorf("the diagnostics are %s", fmt.Sprint(diagnostics))
	}
}
