package provider_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

const revocation = "salesforce_token_revocation.test"

// revocationConfig configures the provider for the org and one resource.
func revocationConfig(server *fake.Server, arguments ...string) string {
	return providerBlock(server) + fmt.Sprintf("resource \"salesforce_token_revocation\" \"test\" {\n  %s\n}\n", strings.Join(arguments, "\n  "))
}

func token(value string) string { return fmt.Sprintf("token = %q", value) }

func tokenWO(value string) string { return fmt.Sprintf("token_wo = %q", value) }

const (
	onCreate  = `revoke_on = ["create"]`
	onDestroy = `revoke_on = ["destroy"]`
)

// digest is the SHA-256 of a token, as the state has it.
func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// expect checks an attribute of the resource in the state.
func expect(attribute string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(revocation, tfjsonpath.New(attribute), check)
}

func expectStatus(status string) statecheck.StateCheck {
	return expect("status", knownvalue.StringExact(status))
}

func expectAction(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(revocation, action)}}
}

// assertOrg checks how many revoke requests the org has received so far, and
// which tokens live.
func assertOrg(t *testing.T, org *fake.Org, requests int, alive map[string]bool) {
	t.Helper()
	for token, want := range alive {
		if got := org.Alive(token); got != want {
			t.Errorf("the org says alive = %t of token %.24s…; want %t", got, token, want)
		}
	}
	if got := revocations(org); got != requests {
		t.Errorf("the org has received %d revoke requests; want %d", got, requests)
	}
}

// orgSays is assertOrg after a step.
func orgSays(t *testing.T, org *fake.Org, requests int, alive map[string]bool) resource.TestCheckFunc {
	return func(*terraform.State) error {
		t.Helper()
		assertOrg(t, org, requests, alive)
		return nil
	}
}

// testSteps runs steps with the engine, and a destroy of what they leave.
func testSteps(t *testing.T, steps ...resource.TestStep) {
	t.Helper()
	for _, step := range steps {
		requireEngine(t, step.Config)
	}
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: factories, Steps: steps})
}

func TestTokenRevocation(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access := server.Org.IssueAccessToken()
	digest := digest(access)
	testSteps(t, resource.TestStep{
		Config: revocationConfig(server, token(access)),
		ConfigStateChecks: []statecheck.StateCheck{
			expectStatus("revoked"),
			expect("id", knownvalue.StringExact(digest)),
			expect("token_sha256", knownvalue.StringExact(digest)),
			expect("token_kind", knownvalue.StringExact("access_token")),
			expect("organization_id", knownvalue.StringExact(access[:strings.Index(access, "!")])),
			expect("revocation_url", knownvalue.StringExact(server.URL+"/services/oauth2/revoke")),
			expect("revoked_at", knownvalue.StringRegexp(regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`))),
			expect("revoke_on", knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("create"), knownvalue.StringExact("destroy")})),
		},
		ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
		Check:            orgSays(t, server.Org, 1, map[string]bool{access: false}),
	})
	assertOrg(t, server.Org, 2, nil) // The destroy sent one more, and took the answer for a success.
}

func TestTokenRevocationOfRefreshToken(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	refresh := server.Org.IssueRefreshToken()
	issued, other := server.Org.IssueAccessTokenFrom(refresh), server.Org.IssueAccessToken()
	testSteps(t, resource.TestStep{
		Config: revocationConfig(server, token(refresh)),
		ConfigStateChecks: []statecheck.StateCheck{
			expect("token_kind", knownvalue.StringExact("refresh_token")),
			expect("organization_id", knownvalue.Null()),
		},
		Check: orgSays(t, server.Org, 1, map[string]bool{refresh: false, issued: false, other: true}),
	})
}

func TestTokenRevocationOnDestroy(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access := server.Org.IssueAccessToken()
	testSteps(t, resource.TestStep{
		Config:            revocationConfig(server, token(access), onDestroy),
		ConfigStateChecks: []statecheck.StateCheck{expectStatus("active"), expect("revoked_at", knownvalue.Null())},
		Check:             orgSays(t, server.Org, 0, map[string]bool{access: true}),
	})
	assertOrg(t, server.Org, 1, map[string]bool{access: false})
}

func TestTokenRevocationOnCreate(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access := server.Org.IssueAccessToken()
	testSteps(t, resource.TestStep{
		Config: revocationConfig(server, token(access), onCreate),
		Check:  orgSays(t, server.Org, 1, map[string]bool{access: false}),
	})
	assertOrg(t, server.Org, 1, nil) // The destroy sent nothing.
}

func TestTokenRevocationWriteOnly(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	first, second := server.Org.IssueAccessToken(), server.Org.IssueAccessToken()
	testSteps(t,
		resource.TestStep{
			Config:            revocationConfig(server, tokenWO(first), "token_wo_version = 1", onCreate),
			ConfigStateChecks: []statecheck.StateCheck{expectStatus("revoked"), expect("token_wo", knownvalue.Null())},
			Check:             orgSays(t, server.Org, 1, map[string]bool{first: false}),
		},
		resource.TestStep{
			Config:           revocationConfig(server, tokenWO(second), "token_wo_version = 1", onCreate),
			ConfigPlanChecks: expectAction(plancheck.ResourceActionNoop),
		},
		resource.TestStep{
			Config:           revocationConfig(server, tokenWO(second), "token_wo_version = 2", onCreate),
			ConfigPlanChecks: expectAction(plancheck.ResourceActionReplace),
			Check:            orgSays(t, server.Org, 2, map[string]bool{second: false}),
		},
	)
	assertOrg(t, server.Org, 2, nil)
}

func TestTokenRevocationRotation(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	first, second := server.Org.IssueAccessToken(), server.Org.IssueAccessToken()
	testSteps(t,
		resource.TestStep{Config: revocationConfig(server, token(first), onDestroy)},
		resource.TestStep{
			Config:           revocationConfig(server, token(second), onDestroy),
			ConfigPlanChecks: expectAction(plancheck.ResourceActionReplace),
			Check:            orgSays(t, server.Org, 1, map[string]bool{first: false, second: true}),
		},
	)
	assertOrg(t, server.Org, 2, map[string]bool{second: false})
}

func TestTokenRevocationTriggers(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access := server.Org.IssueAccessToken()
	testSteps(t,
		resource.TestStep{Config: revocationConfig(server, token(access), onCreate, `triggers = { day = "1" }`)},
		resource.TestStep{
			Config:            revocationConfig(server, token(access), onCreate, `triggers = { day = "2" }`),
			ConfigPlanChecks:  expectAction(plancheck.ResourceActionReplace),
			ConfigStateChecks: []statecheck.StateCheck{expectStatus("already_invalid"), expect("revoked_at", knownvalue.Null())},
			Check:             orgSays(t, server.Org, 2, map[string]bool{access: false}),
		},
	)
}

func TestTokenRevocationChangeInPlace(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access := server.Org.IssueAccessToken()
	testSteps(t,
		resource.TestStep{Config: revocationConfig(server, token(access), onDestroy)},
		resource.TestStep{
			Config:            revocationConfig(server, token(access), onCreate, `timeouts = { create = "1m" }`),
			ConfigPlanChecks:  expectAction(plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{expectStatus("active")},
			Check:             orgSays(t, server.Org, 0, map[string]bool{access: true}),
		},
		resource.TestStep{
			Config:           revocationConfig(server, token(access)),
			ConfigPlanChecks: expectAction(plancheck.ResourceActionUpdate),
			Check:            orgSays(t, server.Org, 0, map[string]bool{access: true}),
		},
	)
	assertOrg(t, server.Org, 1, map[string]bool{access: false})
}

// The token belongs to where it was made, wherever the provider points by now.
func TestTokenRevocationDestroyUsesURLOfState(t *testing.T) {
	t.Parallel()
	server, other := startOrg(t, fake.Config{Site: "/partners"}), startOrg(t, fake.Config{})
	access := server.Org.IssueAccessToken()
	resourceBlock := fmt.Sprintf("resource \"salesforce_token_revocation\" \"test\" {\n  token = %q\n  %s\n}\n", access, onDestroy)
	testSteps(t,
		resource.TestStep{Config: providerBlock(server, `site = "partners"`) + resourceBlock},
		resource.TestStep{
			Config:           providerBlock(other) + resourceBlock,
			ConfigPlanChecks: expectAction(plancheck.ResourceActionNoop),
		},
	)
	assertOrg(t, server.Org, 1, map[string]bool{access: false})
	if n := len(other.Org.Requests()); n != 0 {
		t.Errorf("the other org has received %d requests", n)
	}
	if got, want := server.Org.Requests()[0].RequestURI, "/partners/services/oauth2/revoke"; got != want {
		t.Errorf("the request went to %s; want %s", got, want)
	}
}

// Whatever goes wrong, the token is not taken for revoked: a failed creation is
// tried again, and a failed destroy leaves the resource in the state.
func TestTokenRevocationFailures(t *testing.T) {
	t.Parallel()
	busy := func(code int) fake.Fault { return fake.Status(code, http.Header{"Retry-After": {"0"}}, "") }
	for name, test := range map[string]struct {
		fault fake.Fault
		says  string // the error, with white space for wrapped lines
	}{
		"redirect":          {fake.Redirect(307, "https://evil.example/steal"), `redirects\s+to\s+evil\.example`},
		"page":              {fake.HTML(), `that\s+Salesforce\s+does\s+not\s+send`},
		"bad token type":    {fake.OAuthError(400, "unsupported_token_type", "this token type is not supported"), `this\s+token\s+type\s+is\s+not\s+supported`},
		"not found":         {fake.Status(404, nil, "Bad_Id"), `404\s+Not\s+Found`},
		"out of order":      {busy(503), `503\s+Service\s+Unavailable\s+\(after\s+2\s+attempts\)`},
		"dropped":           {fake.DropBefore(), `no\s+final\s+answer\s+after\s+2\s+attempts`},
		"error despite 200": {fake.JSONError(200, "server_error", "no"), `200\s+OK,\s+server_error`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startOrg(t, fake.Config{})
			access := server.Org.IssueAccessToken()
			config := providerBlock(server, "max_retries = 1") + fmt.Sprintf("resource \"salesforce_token_revocation\" \"test\" {\n  token = %q\n}\n", access)
			armed := strings.Replace(config, access, server.Org.IssueAccessToken(), 1) + "\n"
			armed = strings.Replace(armed, "token =", "revoke_on = [\"destroy\"]\n  token =", 1)
			says := regexp.MustCompile(test.says)
			fail := func() { server.Org.ScriptAlways(fake.RevokePath, test.fault) }
			behave := func() { server.Org.ScriptAlways(fake.RevokePath, nil) }
			testSteps(t,
				resource.TestStep{PreConfig: fail, Config: config, ExpectError: says},
				resource.TestStep{
					PreConfig:        behave,
					Config:           config,
					ConfigPlanChecks: expectAction(plancheck.ResourceActionCreate),
					Check: func(*terraform.State) error {
						if server.Org.Alive(access) {
							t.Error("the token is alive")
						}
						return nil
					},
				},
				resource.TestStep{Config: armed},
				resource.TestStep{PreConfig: fail, Config: armed, Destroy: true, ExpectError: says},
				resource.TestStep{PreConfig: behave, Config: armed, ConfigPlanChecks: expectAction(plancheck.ResourceActionNoop)},
			)
		})
	}
}

func TestTokenRevocationTimeouts(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	server.Org.ScriptAlways(fake.RevokePath, fake.Hang())
	start := time.Now()
	testSteps(t, resource.TestStep{
		Config:      revocationConfig(server, token("a-token"), `timeouts = { create = "1s" }`),
		ExpectError: regexp.MustCompile(`the\s+time\s+for\s+this\s+operation\s+is\s+up`),
	})
	if elapsed := time.Since(start); elapsed > salesforce.DefaultRequestTimeout {
		t.Errorf("took %s", elapsed)
	}
}

// Bad input is refused when a plan is made, before anything is sent, and no
// credential is quoted.
func TestTokenRevocationRefusals(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	for name, test := range map[string]struct{ arguments, says string }{
		"no token":                   {``, `(?s)One of token and token_wo is\s+required.*terraform destroy\s+-refresh=false`},
		"null token":                 {`token_wo = null`, `(?s)One of token and token_wo is\s+required`},
		"two tokens":                 {`token = "x"` + "\n" + `token_wo = "y"`, `Attribute "token" cannot be specified when "token_wo" is specified`},
		"empty token":                {`token = ""`, `token is empty`},
		"newline behind the token":   {`token = "hunter2\n"`, `trimspace\(file\(`},
		"space in the token":         {`token_wo = "hun ter2"` + "\n" + onCreate, `token_wo contains whitespace`},
		"version of a stored token":  {token("x") + "\n token_wo_version = 1", `(?s)token_wo_version.*cannot be\s+specified`},
		"write-only at destroy":      {`token_wo = "x"` + "\n" + onDestroy, `(?s)token_wo\s+is\s+not\s+stored.*seal_recipient.*revoke_on\s+=\s+\["create"\]`},
		"empty revoke_on":            {token("x") + "\n revoke_on = []", `at least 1`},
		"another word in revoke_on":  {token("x") + "\n" + `revoke_on = ["update"]`, `(?s)must be one of:.*got: "update"`},
		"a time-out of another form": {token("x") + "\n" + `timeouts = { create = "soon" }`, `must\s+be\s+a\s+duration\s+above\s+zero`},
		"a time-out of zero":         {token("x") + "\n" + `timeouts = { delete = "0s" }`, `must\s+be\s+a\s+duration\s+above\s+zero`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testSteps(t, resource.TestStep{
				Config:      revocationConfig(server, test.arguments),
				PlanOnly:    true,
				ExpectError: regexp.MustCompile(test.says),
			})
		})
	}
	t.Cleanup(func() {
		if n := len(server.Org.Requests()); n != 0 {
			t.Errorf("%d requests arrived", n)
		}
	})
}
