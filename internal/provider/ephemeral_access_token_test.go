package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// signInBlock configures the provider with the client credentials of the org.
func signInBlock(server *fake.Server, settings ...string) string {
	return providerBlock(server, append(settings,
		fmt.Sprintf("client_id = %q", fake.DefaultClientID), fmt.Sprintf("client_secret = %q", fake.DefaultClientSecret))...)
}

// ephemeralConfig mints a token and hands it to a script.
func ephemeralConfig(server *fake.Server, script string) string {
	return signInBlock(server) + fmt.Sprintf(`
ephemeral "salesforce_access_token" "test" {}

resource "terraform_data" "script" {
  provisioner "local-exec" {
    command     = %q
    environment = { TOKEN = ephemeral.salesforce_access_token.test.access_token }
  }
}
`, script)
}

// assertAllRevoked is the last word: every token of the org is revoked, and it
// has some.
func assertAllRevoked(t *testing.T, org *fake.Org) {
	t.Helper()
	assertRevoked(t, org.Tokens())
}

func assertRevoked(t *testing.T, tokens []fake.Token) {
	t.Helper()
	if len(tokens) == 0 {
		t.Error("the org has minted no token")
	}
	for i, token := range tokens {
		if token.Alive {
			t.Errorf("token %d of %d is still valid", i+1, len(tokens))
		}
	}
}

func TestAccessToken(t *testing.T) {
	requireUnix(t, "the script is for a Unix shell")
	t.Parallel()
	server := startOrg(t, fake.Config{})
	workspace := newWorkspace(t, signInBlock(server)+`
ephemeral "salesforce_access_token" "test" {}

locals {
  token = ephemeral.salesforce_access_token.test
}

resource "terraform_data" "script" {
  provisioner "local-exec" {
    command     = "printenv TOKEN INSTANCE TYPE SCOPE IDENTITY ORG USER_ID ISSUED >result"
    environment = {
      TOKEN = local.token.access_token, INSTANCE = local.token.instance_url, TYPE = local.token.token_type, SCOPE = local.token.scope
      IDENTITY = local.token.identity_url, ORG = local.token.organization_id, USER_ID = local.token.user_id, ISSUED = local.token.issued_at
    }
  }
}
`)
	output := mustRun(t, workspace, []string{"TF_LOG=TRACE", "TF_LOG_PATH=trace.log"}, "apply", "-auto-approve")
	assertAllRevoked(t, server.Org)

	result := strings.Split(strings.TrimSpace(string(readFile(t, workspace.Dir, "result"))), "\n")
	last := server.Org.Tokens()[len(server.Org.Tokens())-1]
	org := last.Value[:strings.Index(last.Value, "!")]
	want := []string{last.Value, server.URL, "Bearer", "refresh_token api", "/id/" + org, org, last.UserID, last.IssuedAt.UTC().Format("2006-01-02T15:04:05Z")}
	if len(result) != len(want) {
		t.Fatalf("the script was handed %d values; want %d", len(result), len(want))
	}
	for i := range want {
		if !strings.Contains(result[i], want[i]) {
			t.Errorf("value %d is %q; want %q in it", i, result[i], want[i])
		}
	}
	for _, token := range server.Org.Tokens() {
		assertAbsent(t, "the output", []byte(output), token.Value)
		assertAbsent(t, "the TRACE log", readFile(t, workspace.Dir, "trace.log"), token.Value)
		assertAbsent(t, "the state", readFile(t, workspace.Dir, "terraform.tfstate"), token.Value)
	}
	assertAbsent(t, "the TRACE log", readFile(t, workspace.Dir, "trace.log"), fake.DefaultClientSecret)
}

// The provider runs in the test's own process here, so that Close alone can
// have revoked the token: there is no end of a process to do it.
func TestAccessTokenOfPlan(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	testSteps(t, resource.TestStep{Config: ephemeralConfig(server, "true"), PlanOnly: true, ExpectNonEmptyPlan: true})
	assertAllRevoked(t, server.Org)
}

// Terraform does not close an ephemeral resource whose dependent failed.
func TestAccessTokenOfFailedDependent(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	if output, err := run(t, newWorkspace(t, ephemeralConfig(server, "exit 1")), nil, "apply", "-auto-approve"); err == nil {
		t.Errorf("the apply succeeded:\n%s", output)
	}
	assertAllRevoked(t, server.Org)
}

func TestAccessTokenSharedByTwo(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{ShareSessions: true})
	testSteps(t, resource.TestStep{PlanOnly: true, ExpectNonEmptyPlan: true, Config: signInBlock(server) + `
ephemeral "salesforce_access_token" "first" {}
ephemeral "salesforce_access_token" "second" {}

# Needs both at a time.
resource "terraform_data" "script" {
  provisioner "local-exec" {
    command     = "true"
    environment = {
      FIRST  = ephemeral.salesforce_access_token.first.access_token
      SECOND = ephemeral.salesforce_access_token.second.access_token
    }
  }
}
`})
	assertAllRevoked(t, server.Org)
	minted, revoked := len(server.Org.Tokens()), revocations(server.Org)
	if opened := len(server.Org.Requests()) - revoked; opened != 2*minted || revoked != minted {
		t.Errorf("%d sign-ins gave %d tokens, with %d revoke requests; want two and one for each token", opened, minted, revoked)
	}
}

func TestAccessTokenOfBusyOrg(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	server.Org.Script(fake.RevokePath, fake.Status(503, http.Header{"Retry-After": {"0"}}, ""))
	testSteps(t, resource.TestStep{Config: ephemeralConfig(server, "true"), PlanOnly: true, ExpectNonEmptyPlan: true})
	assertAllRevoked(t, server.Org)
}

// A revocation that fails at Close is an error, and is tried again at the end.
func TestAccessTokenNotRevokedAtClose(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	server.Org.Script(fake.RevokePath, fake.Status(500, nil, ""))
	output, err := run(t, newWorkspace(t, signInBlock(server, "max_retries = 0")+`ephemeral "salesforce_access_token" "test" {}`), nil, "plan")
	if err == nil || !strings.Contains(output, " Not Revoked") || !strings.Contains(output, "The provider tries once more when it exits") {
		t.Errorf("plan: %v\n%s", err, output)
	}
	assertAllRevoked(t, server.Org)
}

func TestAccessTokenKept(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{ShareSessions: true})
	mustRun(t, newWorkspace(t, signInBlock(server)+`ephemeral "salesforce_access_token" "test" { revoke_on_close = false }`), nil, "apply", "-auto-approve")
	if tokens := server.Org.Tokens(); len(tokens) != 1 || !tokens[0].Alive || revocations(server.Org) != 0 {
		t.Errorf("the org has %d tokens and %d revoke requests; want one token, alive, and no request", len(tokens), revocations(server.Org))
	}
}

// The site's own token endpoint is used, and its revoke endpoint.
func TestAccessTokenOfSite(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{Site: "/partners"})
	mustRun(t, newWorkspace(t, signInBlock(server, `site = "partners"`)+`ephemeral "salesforce_access_token" "test" {}`), nil, "plan")
	assertAllRevoked(t, server.Org)
	for _, request := range server.Org.Requests() {
		if !strings.HasPrefix(request.RequestURI, "/partners/services/oauth2/") {
			t.Errorf("a request went to %s", request.RequestURI)
		}
	}
}

func TestAccessTokenRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault fake.Fault
		says  string
	}{
		"wrong domain":      {fake.JSONError(400, "invalid_grant", "request not supported on this domain"), "My Domain"},
		"no run-as user":    {fake.JSONError(400, "invalid_grant", "no client credentials user enabled"), "run-as user"},
		"not approved":      {fake.JSONError(400, "invalid_grant", "user hasn't approved this consumer"), "pre-authorized"},
		"dead refresh":      {fake.JSONError(400, "invalid_grant", "expired access/refresh token"), "rotates"},
		"echo":              {fake.Echo(400), "[redacted]"},
		"redirect":          {fake.Redirect(307, "https://evil.example/"), "The credentials were not sent on"},
		"page":              {fake.HTML(), "no proxy or login page"},
		"busy":              {fake.Status(503, http.Header{"Retry-After": {"0"}}, ""), "503"},
		"dropped":           {fake.DropBefore(), "issued a token that the provider never received"},
		"dropped, but done": {fake.DropAfter(), "issued a token that the provider never received"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startOrg(t, fake.Config{})
			server.Org.ScriptAlways(fake.TokenPath, test.fault)
			workspace := newWorkspace(t, signInBlock(server)+`ephemeral "salesforce_access_token" "test" {}`)
			output, err := run(t, workspace, []string{"TF_LOG=TRACE", "TF_LOG_PATH=trace.log"}, "plan")
			flat := strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
			if err == nil || !strings.Contains(flat, test.says) {
				t.Errorf("want %q in the error: %v\n%s", test.says, err, output)
			}
			assertAbsent(t, "the output", []byte(output), fake.DefaultClientSecret)
			assertAbsent(t, "the TRACE log", readFile(t, workspace.Dir, "trace.log"), fake.DefaultClientSecret)
			if n := len(server.Org.Requests()); n != 1 {
				t.Errorf("the org has received %d requests; a sign-in that may have arrived must not be repeated", n)
			}
		})
	}
}

// An app that rotates refresh tokens is found out, and what it gave is revoked.
func TestAccessTokenOfRotatingApp(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{RotateRefreshTokens: true})
	workspace := newWorkspace(t, providerBlock(server,
		fmt.Sprintf("client_id = %q", fake.DefaultClientID), fmt.Sprintf("client_secret = %q", fake.DefaultClientSecret),
		fmt.Sprintf("refresh_token = %q", server.Org.IssueRefreshToken()))+`ephemeral "salesforce_access_token" "test" {}`)
	output, err := run(t, workspace, nil, "plan")
	if err == nil || !strings.Contains(output, "Switch off refresh token rotation") {
		t.Errorf("plan: %v\n%s", err, output)
	}
	assertAllRevoked(t, server.Org)
}

func TestAccessTokenWithoutGrant(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	for _, settings := range []string{"", `access_token = "a-session"`} {
		output, err := run(t, newWorkspace(t, providerBlock(server, settings)+`ephemeral "salesforce_access_token" "test" {}`), nil, "plan")
		if err == nil || !strings.Contains(output, "No Credentials to Sign In With") {
			t.Errorf("plan with %q: %v\n%s", settings, err, output)
		}
	}
}
