package provider

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/sweep"
)

// Every message is in the catalogue, and no diagnostic is made without one, so
// that the troubleshooting guide has them all.
func TestCatalogueIsComplete(t *testing.T) {
	t.Parallel()
	inCatalogue := 0
	for _, section := range catalogue {
		inCatalogue += len(section.messages)
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	messages := 0
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.CompositeLit:
				if kind, ok := node.Type.(*ast.Ident); ok && kind.Name == "message" {
					messages++
				}
			case *ast.SelectorExpr:
				switch node.Sel.Name {
				case "AddError", "AddWarning", "AddAttributeError", "AddAttributeWarning", "NewAttributeErrorDiagnostic", "NewAttributeWarningDiagnostic":
					t.Errorf("%s makes a diagnostic without a message of the catalogue: %s", name, node.Sel.Name)
				case "NewErrorDiagnostic", "NewWarningDiagnostic":
					if name != "diagnostics.go" {
						t.Errorf("%s makes a diagnostic without a message of the catalogue: %s", name, node.Sel.Name)
					}
				}
			}
			return true
		})
	}
	if messages != inCatalogue {
		t.Errorf("there are %d messages, and %d in the catalogue", messages, inCatalogue)
	}
}

// Messages are whole, however little is known.
func TestMessages(t *testing.T) {
	t.Parallel()
	failure := errors.New("the {url} of the org is down")
	key := recordKey{"https://example.my.salesforce.com/services/oauth2/revoke", "0123456789abcdef"}
	data := &providerData{loginURL: "https://example.my.salesforce.com"}
	tokens := data.newTokenSweep(key.revocationURL, 3)
	sessions := &sessionSweep{
		Sweep:   &sweep.Sweep[salesforce.AuthSession]{Words: tokens.Words},
		session: &salesforce.Session{InstanceURL: data.loginURL},
	}
	audit := &auditFile{path: "audit.jsonl"}
	diagnostics := diag.Diagnostics{
		errNotConfigured, errNoCredentials, errNoSession, errNoToken, protocolFilesRefused,
		notRevoked(failure, key, atCreate), notRevoked(&salesforce.UnansweredError{}, key, atDestroy), notArmed(failure, key), notRecorded(audit),
		notVerified("the org refused it already", key), notRevokedAgain(failure, key, "revoked"), notRevokedAgain(failure, key, "already_invalid"),
		alreadyInvalid(key), leftAlreadyInvalid(key), revokedInThisRun(key), armedTokenRevoked(key),
		notSignedIn(failure, data.loginURL), notSealed(failure, ""), notUnsealed(failure, key.tokenSHA256),
		otherAddress("https://a.example", "https://b.example"), otherToken(), formUnknown(), armedEphemeral(), notVerifiable("refresh_token"), organizationRefused("00D000000000001"),
		tokens.failure(nil, atSweepCreate), tokens.failure(failure, atInvoke), appWithoutTokens("App"), ownAppTokensOnly("005000000000001"), oldAPIVersion("v58.0"), tooManyTokens(2, 1, atSweepDestroy), data.notListed(failure, atRead),
		matchesNothing(), ownTokensOnly("005000000000001"), stillListed(2), sessionEnded(), otherOrg("https://a.example", "https://b.example"), someInvalid(2, key.revocationURL),
		sessionsNotEnded(sessions, failure, atSweepCreate), sessionsNotEnded(sessions, nil, atSweepDestroy), data.sessionsNotListed(signInError{failure}, atRead),
		data.identityNotRead(failure, atRead), tooManySessions(2, 1, atSweepCreate), sessionsSpared(0, 1), sessionsSpared(1, 0), noSessionMatches(), ownSessionsOnly("005000000000001"),
		sessionsStillListed(2),
	}
	for _, d := range diagnostics {
		text := strings.ReplaceAll(d.Summary()+"\n"+d.Detail(), failure.Error(), "")
		if word := placeholder().FindString(text); word != "" || strings.Contains(text, "%!") || strings.Contains(text, "<nil>") && d.Summary() != "Audit File Not Written" {
			t.Errorf("%s is not filled in:\n%s", word, text)
		}
		if strings.Contains(text, "..") || strings.Contains(text, "  ") || strings.HasSuffix(d.Summary(), ".") {
			t.Errorf("badly put together:\n%s", text)
		}
	}
}

// The guide has a heading for the summary of what the provider says.
func TestTroubleshooting(t *testing.T) {
	t.Parallel()
	guide := Troubleshooting()
	for _, heading := range []string{"Token Not Revoked", "Token Already Invalid", "Not Signed In", "Invalid Provider Setting", "Sessions Not Ended"} {
		if !strings.Contains(guide, "\n### "+heading+"\n") || !strings.Contains(guide, "](#"+anchor(heading)+")") {
			t.Errorf("the guide does not have %q", heading)
		}
	}
	if word := placeholder().FindString(guide); word != "" {
		t.Errorf("the guide has %s", word)
	}
}
