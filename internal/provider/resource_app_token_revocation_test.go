package provider_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
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

const (
	appRevocation = "salesforce_app_token_revocation.test"
	app           = "Data Loader"
	otherApp      = "Other App"
)

// clientCredentials are those of every simulated org, as provider settings.
var clientCredentials = fmt.Sprintf("client_id = %q\n  client_secret = %q", fake.DefaultClientID, fake.DefaultClientSecret)

// appConfig configures the provider with credentials and one resource.
func appConfig(server *fake.Server, arguments ...string) string {
	return providerBlock(server, clientCredentials) + appResource("test", app, arguments...)
}

func appResource(name, app string, arguments ...string) string {
	return fmt.Sprintf("resource \"salesforce_app_token_revocation\" %q {\n  app_name = %q\n  %s\n}\n", name, app, strings.Join(arguments, "\n  "))
}

// appOrg has 30 tokens of the app and 5 of another.
func appOrg(t *testing.T, config fake.Config) *fake.Server {
	t.Helper()
	server := startOrg(t, config)
	server.Org.AddOauthTokens(app, 30)
	server.Org.AddOauthTokens(otherApp, 5)
	return server
}

func expectApp(attribute string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(appRevocation, tfjsonpath.New(attribute), check)
}

func expectCounts(status string, matched, revoked int64) []statecheck.StateCheck {
	return []statecheck.StateCheck{
		expectApp("status", knownvalue.StringExact(status)),
		expectApp("matched_count", knownvalue.Int64Exact(matched)),
		expectApp("revoked_count", knownvalue.Int64Exact(revoked)),
		expectApp("already_invalid_count", knownvalue.Int64Exact(0)),
	}
}

// alive counts the living refresh tokens of an app.
func alive(org *fake.Org, app string) int {
	n := 0
	for _, token := range org.Tokens() {
		if token.Kind == fake.RefreshToken && token.AppName == app && token.Alive {
			n++
		}
	}
	return n
}

func assertAlive(t *testing.T, org *fake.Org, want int) {
	t.Helper()
	if got := alive(org, app); got != want {
		t.Errorf("%d tokens of the app live; want %d", got, want)
	}
	if got := alive(org, otherApp); got != 5 {
		t.Errorf("%d tokens of the other app live; want 5", got)
	}
}

func appIsAlive(t *testing.T, org *fake.Org, want int) resource.TestCheckFunc {
	return func(*terraform.State) error {
		t.Helper()
		assertAlive(t, org, want)
		return nil
	}
}

// signIns counts the sign-ins that the org has seen.
func signIns(org *fake.Org) int {
	n := 0
	for _, request := range org.Requests() {
		if request.Path == fake.TokenPath {
			n++
		}
	}
	return n
}

// assertNoSession checks that no access token of a sign-in outlived a run.
func assertNoSession(t *testing.T, org *fake.Org) {
	t.Helper()
	for _, token := range org.Tokens() {
		if token.Kind != fake.RefreshToken && token.AppName != "" && token.Alive {
			t.Error("an access token lives after the run")
		}
	}
}

const queryPath = fake.DataPath + "/" + salesforce.DefaultAPIVersion + "/query"

func TestAppTokenRevocation(t *testing.T) {
	t.Parallel()
	server := appOrg(t, fake.Config{})
	testSteps(t,
		resource.TestStep{
			Config: appConfig(server, `revoke_on = ["create", "destroy"]`),
			ConfigStateChecks: append(expectCounts("revoked", 30, 30),
				expectApp("revoked_at", knownvalue.StringRegexp(regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`))),
				expectApp("instance_url", knownvalue.StringExact(server.URL)),
				expectApp("organization_id", knownvalue.StringRegexp(regexp.MustCompile(`^00D\w{15}$`))),
			),
			ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			Check: func(*terraform.State) error {
				assertAlive(t, server.Org, 0)
				server.Org.AddOauthTokens(app, 7) // Users go on, until the teardown.
				return nil
			},
		},
	)
	assertAlive(t, server.Org, 0)
	assertOrg(t, server.Org, 37, nil)
	for _, request := range server.Org.Requests() { // to sign in, to list and to revoke
		if agent := request.Header.Get("User-Agent"); !strings.HasPrefix(agent, "Terraform/1.") {
			t.Errorf("%s %s has the user agent %q", request.Method, request.Path, agent)
		}
	}
}

// A destroy revokes only where it is asked to.
func TestAppTokenRevocationByDefault(t *testing.T) {
	t.Parallel()
	server := appOrg(t, fake.Config{})
	testSteps(t, resource.TestStep{
		Config:            appConfig(server),
		ConfigStateChecks: expectCounts("revoked", 30, 30),
		Check: func(*terraform.State) error {
			server.Org.AddOauthTokens(app, 7)
			return nil
		},
	})
	assertAlive(t, server.Org, 7)
}

func TestAppTokenRevocationOnDestroy(t *testing.T) {
	t.Parallel()
	server := appOrg(t, fake.Config{})
	testSteps(t, resource.TestStep{
		Config:            appConfig(server, onDestroy),
		ConfigStateChecks: append(expectCounts("active", 30, 0), expectApp("revoked_at", knownvalue.Null())),
		Check:             appIsAlive(t, server.Org, 30),
	})
	assertAlive(t, server.Org, 0)
}

func TestAppTokenRevocationOnCreate(t *testing.T) {
	t.Parallel()
	server := appOrg(t, fake.Config{})
	var before int
	testSteps(t, resource.TestStep{
		Config: appConfig(server, onCreate),
		Check: func(*terraform.State) error {
			assertAlive(t, server.Org, 0)
			server.Org.AddOauthTokens(app, 3)
			before = signIns(server.Org)
			return nil
		},
	})
	assertAlive(t, server.Org, 3)
	if got := signIns(server.Org); got != before {
		t.Error("a destroy that revokes nothing signed in")
	}
}

// Pages and windows: more than one query yields.
func TestAppTokenRevocationOfMany(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	server.Org.AddOauthTokens(app, 5100)
	server.Org.AddOauthTokens(otherApp, 5)
	testSteps(t, resource.TestStep{
		Config:            appConfig(server, onCreate),
		ConfigStateChecks: expectCounts("revoked", 5100, 5100),
	})
	assertAlive(t, server.Org, 0)
	assertOrg(t, server.Org, 5100, nil) // each once
	for _, request := range server.Org.Requests() {
		if strings.Contains(request.RequestURI, "AccessToken") {
			t.Fatal("the column that holds refresh tokens is asked for")
		}
	}
}

func TestAppTokenRevocationFilters(t *testing.T) {
	t.Parallel()
	server := appOrg(t, fake.Config{})
	user := server.Org.Tokens()[1].UserID
	date := time.Now().AddDate(0, 0, -10).UTC().Format(time.RFC3339)
	meant := 0
	for _, token := range server.Org.Tokens() {
		if token.AppName == app && token.UserID == user && (token.LastUsed.IsZero() || time.Since(token.LastUsed) > 10*24*time.Hour) {
			meant++
		}
	}
	testSteps(t, resource.TestStep{
		Config:            appConfig(server, onCreate, fmt.Sprintf("user_ids = [%q]", user[:15]), fmt.Sprintf("unused_since = %q", date)),
		ConfigStateChecks: expectCounts("revoked", int64(meant), int64(meant)),
		Check:             appIsAlive(t, server.Org, 30-meant),
	})
	if meant == 0 || meant == 6 {
		t.Errorf("the filters mean %d tokens: they prove nothing", meant)
	}
}

// In a name of any form nothing but that name is swept.
func TestAppTokenRevocationOfStrangeName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{`O'Brien \ Söhne`, `x' OR AppName != 'x`, "line\nbreak"} {
		server := appOrg(t, fake.Config{})
		server.Org.AddOauthTokens(name, 4)
		testSteps(t, resource.TestStep{
			Config:            providerBlock(server, clientCredentials) + appResource("test", name, onCreate),
			ConfigStateChecks: expectCounts("revoked", 4, 4),
		})
		assertAlive(t, server.Org, 30)
	}
}

func TestAppTokenRevocationTriggersAndChanges(t *testing.T) {
	t.Parallel()
	server := appOrg(t, fake.Config{})
	action := func(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
		return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(appRevocation, action)}}
	}
	testSteps(t,
		resource.TestStep{Config: appConfig(server, onCreate), Check: appIsAlive(t, server.Org, 0)},
		resource.TestStep{
			PreConfig:         func() { server.Org.AddOauthTokens(app, 4) },
			Config:            appConfig(server, onCreate, `timeouts = { create = "1m" }`),
			ConfigPlanChecks:  action(plancheck.ResourceActionUpdate),
			ConfigStateChecks: expectCounts("revoked", 30, 30),
			Check:             appIsAlive(t, server.Org, 4),
		},
		resource.TestStep{
			Config:            appConfig(server, onCreate, `triggers = { day = "2" }`),
			ConfigPlanChecks:  action(plancheck.ResourceActionReplace),
			ConfigStateChecks: expectCounts("revoked", 4, 4),
			Check:             appIsAlive(t, server.Org, 0),
		},
		resource.TestStep{
			Config:            appConfig(server, onCreate, `triggers = { day = "3" }`),
			ConfigPlanChecks:  action(plancheck.ResourceActionReplace),
			ConfigStateChecks: append(expectCounts("already_invalid", 0, 0), expectApp("revoked_at", knownvalue.Null())),
		},
	)
}

// failFor has the revoke endpoint meet a fault for the first tokens that come,
// and for those again whenever they come.
func failFor(n int32, fault fake.Fault) fake.Fault {
	var taken atomic.Int32
	doomed := make(chan map[string]bool, 1)
	doomed <- make(map[string]bool)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token := r.Form.Get("token")
			known := <-doomed
			if !known[token] && taken.Load() < n {
				taken.Add(1)
				known[token] = true
			}
			fails := known[token]
			doomed <- known
			if fails {
				next = fault(next)
			}
			next.ServeHTTP(w, r)
		})
	}
}

// One failing token does not stop the rest. Nothing is stored, the error counts,
// and the next apply finishes.
func TestAppTokenRevocationPartialFailure(t *testing.T) {
	t.Parallel()
	server := appOrg(t, fake.Config{})
	server.Org.ScriptAlways(fake.RevokePath, failFor(3, fake.Status(404, nil, "Bad_Id")))
	testSteps(t,
		resource.TestStep{
			Config:      appConfig(server, onCreate),
			ExpectError: regexp.MustCompile(`27\s+revoked,\s+3\s+may\s+still\s+be\s+valid\s+\(3\s+×\s+404\s+Not\s+Found\).(?s:.*)Nothing\s+was\s+stored`),
		},
		resource.TestStep{
			PreConfig: func() {
				assertAlive(t, server.Org, 3)
				assertOrg(t, server.Org, 30, nil)
				server.Org.ScriptAlways(fake.RevokePath, nil)
			},
			Config:            appConfig(server, onCreate),
			ConfigStateChecks: expectCounts("revoked", 3, 3),
			Check:             appIsAlive(t, server.Org, 0),
		},
	)
}

// A window full of tokens that cannot be revoked does not hide those behind it.
func TestAppTokenRevocationBehindFailures(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	server.Org.AddOauthTokens(app, 3300) // 660 of them of the user who signs in
	server.Org.AddOauthTokens(otherApp, 5)
	server.Org.ScriptAlways(fake.RevokePath, failFor(2550, fake.Status(404, nil, "Bad_Id")))
	testSteps(t, resource.TestStep{
		Config:      appConfig(server, onCreate),
		ExpectError: regexp.MustCompile(`750\s+revoked,\s+2550\s+may\s+still\s+be\s+valid\s+\(2550\s+×\s+404`),
	})
	assertAlive(t, server.Org, 2550)
	assertOrg(t, server.Org, 3300, nil) // each once
}

// What fails for now is tried again as long as anything moves, if not by the
// request's own retries, then after the others.
func TestAppTokenRevocationOfBusyOrg(t *testing.T) {
	t.Parallel()
	for _, retries := range []int{0, 4} {
		server := appOrg(t, fake.Config{})
		busy := fake.Status(429, http.Header{"Retry-After": {"1"}}, "")
		server.Org.Script(fake.RevokePath, fake.Pass(), busy, busy, fake.Pass(), busy)
		testSteps(t, resource.TestStep{
			Config:            providerBlock(server, clientCredentials, fmt.Sprintf("max_retries = %d", retries)) + appResource("test", app, onCreate),
			ConfigStateChecks: expectCounts("revoked", 30, 30),
		})
		assertAlive(t, server.Org, 0)
		assertOrg(t, server.Org, 33, nil)
	}
}

// A token that the org lists without a delete token is alive, and nothing is sent
// in its place.
func TestAppTokenRevocationWithoutDeleteToken(t *testing.T) {
	t.Parallel()
	server := appOrg(t, fake.Config{Query: fake.QueryRules{NullDeleteTokens: 10}})
	testSteps(t, resource.TestStep{
		Config:      appConfig(server, onCreate),
		ExpectError: regexp.MustCompile(`27\s+revoked,\s+3\s+may\s+still\s+be\s+valid\s+\(3\s+×\s+the\s+org\s+lists\s+no\s+delete\s+token\)(?s:.*)Nothing\s+was\s+stored`),
	})
	assertAlive(t, server.Org, 3)
	for _, request := range server.Org.Requests() {
		if request.Path == fake.RevokePath && request.Form.Get("token") == "" {
			t.Error("an empty token was posted")
		}
	}
}

// Where each query shows other delete tokens, a sweep ends all the same.
func TestAppTokenRevocationOfFreshDeleteTokens(t *testing.T) {
	t.Parallel()
	rules := fake.QueryRules{FreshDeleteTokens: true, NoOrderBy: true, NoRanges: true, NoCount: true}
	t.Run("revoked", func(t *testing.T) {
		t.Parallel()
		server := appOrg(t, fake.Config{Query: rules})
		testSteps(t, resource.TestStep{Config: appConfig(server, onCreate), ConfigStateChecks: expectCounts("revoked", 30, 30)})
		assertAlive(t, server.Org, 0)
	})
	t.Run("still listed", func(t *testing.T) {
		t.Parallel()
		server := appOrg(t, fake.Config{Query: rules})
		server.Org.ScriptAlways(fake.RevokePath, fake.OAuthError(400, "invalid_token", "invalid token"))
		workspace := newWorkspace(t, appConfig(server, onCreate))
		if output := mustRun(t, workspace, nil, "apply", "-auto-approve"); !strings.Contains(output, "Warning: Tokens Still Listed") {
			t.Errorf("tokens that are called invalid and listed still are no warning:\n%s", output)
		}
	})
}

// Any date is a date: before the year 1, only those were last used that never
// were.
func TestAppTokenRevocationUnusedSinceTheYearOne(t *testing.T) {
	t.Parallel()
	server := appOrg(t, fake.Config{})
	testSteps(t, resource.TestStep{
		Config:            appConfig(server, onCreate, `unused_since = "0001-01-01T00:00:00Z"`),
		ConfigStateChecks: expectCounts("revoked", 7, 7),
	})
	assertAlive(t, server.Org, 23)
}

func TestAppTokenRevocationAlreadyInvalid(t *testing.T) {
	t.Parallel()
	server := appOrg(t, fake.Config{})
	server.Org.ScriptAlways(fake.RevokePath, fake.OAuthError(400, "invalid_token", "invalid token"))
	workspace := newWorkspace(t, appConfig(server, onCreate))
	output := mustRun(t, workspace, nil, "apply", "-auto-approve")
	if !strings.Contains(output, "Warning: Tokens Still Listed") || !strings.Contains(output, "that 30 tokens") {
		t.Errorf("tokens that are called invalid and listed still are no warning:\n%s", output)
	}
	if state := mustRun(t, workspace, nil, "show"); !regexp.MustCompile(`status\s+= "already_invalid"`).MatchString(state) || !regexp.MustCompile(`already_invalid_count\s+= 30`).MatchString(state) {
		t.Errorf("the state is:\n%s", state)
	}
}

// The provider's own refresh token is among those of the app: it dies, after
// all others, and the session that lists the tokens with it.
func TestAppTokenRevocationOfOwnApp(t *testing.T) {
	t.Parallel()
	for name, rows := range map[string]int{"few": 40, "many": 3000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startOrg(t, fake.Config{AppName: app})
			server.Org.AddOauthTokens(app, rows/2)
			own := server.Org.IssueRefreshToken()
			server.Org.AddOauthTokens(app, rows/2)
			server.Org.AddOauthTokens(otherApp, 5)
			workspace := newWorkspace(t, providerBlock(server, fmt.Sprintf("client_id = %q\n  refresh_token = %q", fake.DefaultClientID, own))+
				appResource("test", app, onCreate))
			output := mustRun(t, workspace, nil, "apply", "-auto-approve")
			assertAlive(t, server.Org, 0)
			assertNoSession(t, server.Org)
			if !strings.Contains(output, "Warning: Own Sign-In Revoked") {
				t.Errorf("the output does not warn:\n%s", output)
			}
			if state := mustRun(t, workspace, nil, "show"); !regexp.MustCompile(fmt.Sprintf(`revoked_count\s+= %d`, rows+1)).MatchString(state) {
				t.Errorf("the state is:\n%s", state)
			}
			if got := signIns(server.Org); got != 1 {
				t.Errorf("the provider signed in %d times; want once", got)
			}
			assertOwnUserLast(t, server.Org, own)
		})
	}
}

// assertOwnUserLast checks that no token of another user was revoked after one
// of the user of the given refresh token.
func assertOwnUserLast(t *testing.T, org *fake.Org, own string) {
	t.Helper()
	users := make(map[string]string) // by delete token
	var user string
	for _, token := range org.Tokens() {
		users[token.DeleteToken] = token.UserID
		if token.Value == own {
			user = token.UserID
		}
	}
	last := false
	for _, request := range org.Requests() {
		if request.Path != fake.RevokePath {
			continue
		}
		isOwn := users[request.Form.Get("token")] == user
		if last && !isOwn && users[request.Form.Get("token")] != "" {
			t.Fatal("a token of another user was revoked after one of the session's own user")
		}
		last = last || isOwn
	}
	if !last {
		t.Error("no token of the own user was revoked")
	}
}

// A ready session is used as it is, and outlives the run.
func TestAppTokenRevocationWithAccessToken(t *testing.T) {
	t.Parallel()
	server := appOrg(t, fake.Config{Site: "/partners"})
	access := server.Org.IssueAccessToken()
	testSteps(t, resource.TestStep{
		Config:            providerBlock(server, fmt.Sprintf("access_token = %q", access), `site = "/partners"`) + appResource("test", app, onCreate),
		ConfigStateChecks: expectCounts("revoked", 30, 30),
	})
	assertOrg(t, server.Org, 30, map[string]bool{access: true})
	if got := signIns(server.Org); got != 0 {
		t.Errorf("the provider signed in %d times", got)
	}
}

// A session that the org refuses in the middle is replaced once.
func TestAppTokenRevocationSessionExpires(t *testing.T) {
	t.Parallel()
	server := appOrg(t, fake.Config{})
	expired := fake.Status(401, nil, `[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]`)
	server.Org.Script(queryPath, fake.Pass(), fake.Pass(), expired)
	workspace := newWorkspace(t, appConfig(server, onCreate))
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	assertAlive(t, server.Org, 0)
	assertNoSession(t, server.Org)
	if got := signIns(server.Org); got != 2 {
		t.Errorf("the provider signed in %d times; want twice", got)
	}
}

// All objects of a process share one session and max_concurrency requests, and
// no session outlives the run.
func TestSharedSession(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{Latency: 5 * time.Millisecond})
	config := providerBlock(server, clientCredentials, "max_concurrency = 3") + "data \"salesforce_oauth_tokens\" \"all\" {}\n"
	for i := range 4 {
		name := fmt.Sprintf("App %d", i)
		server.Org.AddOauthTokens(name, 40)
		config += appResource(fmt.Sprintf("app%d", i), name, onCreate)
	}
	workspace := newWorkspace(t, config)
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	for _, token := range server.Org.Tokens() {
		if token.Alive {
			t.Error("a token lives after the run")
		}
	}
	// The plan, which reads the data source, is a process; the apply another.
	if got := signIns(server.Org); got != 2 {
		t.Errorf("the provider signed in %d times; want twice", got)
	}
	if got := server.Org.MaxInFlight(); got != 3 {
		t.Errorf("%d requests were in flight at a time; want 3", got)
	}
}

// A destroy does not sweep another org than that of the creation.
func TestAppTokenRevocationOfAnotherOrg(t *testing.T) {
	t.Parallel()
	server, other := appOrg(t, fake.Config{}), appOrg(t, fake.Config{})
	// Simulated orgs have one id; this session is of another org.
	other.Org.ScriptAlways(fake.TokenPath, fake.Status(200, http.Header{"Content-Type": {"application/json"}}, fmt.Sprintf(
		`{"access_token":%q,"instance_url":%q,"id":"%s/id/00D5g0000000002EAA/0055g0000000001AAA","token_type":"Bearer"}`,
		other.Org.IssueAccessToken(), other.URL, other.URL)))
	workspace := newWorkspace(t, appConfig(server, onDestroy))
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	must(workspace.Write("main.tf", requiredProviders+appConfig(other, onDestroy)))
	output, err := run(t, workspace, nil, "destroy", "-auto-approve")
	if err == nil || !strings.Contains(output, "Error: Another Org") {
		t.Errorf("a destroy at another org: %v\n%s", err, output)
	}
	assertAlive(t, server.Org, 30)
	assertAlive(t, other.Org, 30)
	must(workspace.Write("main.tf", requiredProviders+appConfig(server, onDestroy)))
	mustRun(t, workspace, nil, "destroy", "-auto-approve")
	assertAlive(t, server.Org, 0)
}

func TestAppTokenRevocationWarnings(t *testing.T) {
	t.Parallel()
	const nothing, own = "Warning: No Token Matches", "Warning: Own Tokens Only"
	for name, test := range map[string]struct {
		config    fake.Config
		app       string
		arguments string
		warns     string
	}{
		"nothing matches":           {fake.Config{}, "Dataloader", onCreate, nothing},
		"nothing will match":        {fake.Config{}, "Dataloader", onDestroy, nothing},
		"own rows":                  {fake.Config{OwnRowsOnly: true}, app, onCreate, own},
		"own rows, at the teardown": {fake.Config{OwnRowsOnly: true}, app, onDestroy, own},
		"own rows asked for":        {fake.Config{OwnRowsOnly: true}, app, onCreate + "\n  user_ids = [\"0055g0000000001\"]", ""},
		"all rows":                  {fake.Config{}, app, onCreate, ""},
		"an administrator's only":   {fake.Config{AppName: "Mine"}, "Mine", onCreate, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := appOrg(t, test.config)
			server.Org.IssueRefreshToken()
			workspace := newWorkspace(t, providerBlock(server, clientCredentials)+appResource("test", test.app, test.arguments))
			output := mustRun(t, workspace, nil, "apply", "-auto-approve")
			for _, warning := range []string{nothing, own} {
				if got := strings.Contains(output, warning); got != (warning == test.warns) {
					t.Errorf("%s: %t\n%s", warning, got, output)
				}
			}
			output = mustRun(t, workspace, nil, "destroy", "-auto-approve")
			if warns := strings.Contains(output, nothing) || strings.Contains(output, own); warns != (test.arguments == onDestroy) {
				t.Errorf("the destroy warns: %t\n%s", warns, output)
			}
			assertNoSession(t, server.Org)
		})
	}
}

func TestAppTokenRevocationErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config      fake.Config
		credentials string
		path        string
		fault       fake.Fault
		says        []string
	}{
		"no credentials":     {says: []string{"No Credentials to Query With", "client_id"}},
		"bad credentials":    {credentials: `client_id = "x"` + "\n" + `client_secret = "hunter2"`, says: []string{"Not Signed In", "invalid_client_id"}},
		"dead session":       {credentials: `access_token = "hunter2"`, says: []string{"Tokens Not Listed", "INVALID_SESSION_ID", "fresh access_token"}},
		"may not query":      {config: fake.Config{NoQuery: true}, credentials: clientCredentials, says: []string{"Tokens Not Listed", "INVALID_TYPE", "Customize Application"}},
		"unknown version":    {credentials: clientCredentials + "\n  api_version = \"99.0\"", path: fake.DataPath + "/v99.0/query", fault: fake.Status(404, nil, `[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]`), says: []string{"NOT_FOUND", "api_version"}},
		"login page":         {credentials: clientCredentials, path: queryPath, fault: fake.HTML(), says: []string{"Tokens Not Listed", "does not send", "No token was revoked"}},
		"no revocation":      {credentials: clientCredentials, path: fake.RevokePath, fault: failFor(30, fake.Status(403, nil, "")), says: []string{"Tokens Not Revoked", "0 revoked, 30 may still be valid (30 × 403 Forbidden", "Nothing was stored"}},
		"broken in a window": {credentials: clientCredentials, path: queryPath, fault: afterCounts(fake.Status(400, nil, `[{"errorCode":"UNKNOWN","message":"no"}]`)), says: []string{"Tokens Not Revoked", "0 revoked", "UNKNOWN: no", "30 not tried"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := appOrg(t, test.config)
			if test.fault != nil {
				server.Org.ScriptAlways(test.path, test.fault)
			}
			workspace := newWorkspace(t, providerBlock(server, test.credentials)+appResource("test", app))
			output, err := run(t, workspace, nil, "apply", "-auto-approve")
			if err == nil {
				t.Error("the apply succeeded")
			}
			flat := strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
			for _, want := range test.says {
				if !strings.Contains(flat, want) {
					t.Errorf("the output lacks %q:\n%s", want, output)
				}
			}
			if strings.Contains(output, "hunter2") {
				t.Errorf("the output quotes a secret:\n%s", output)
			}
			if state := mustRun(t, workspace, nil, "show"); strings.Contains(state, "app_token_revocation") {
				t.Errorf("something is stored:\n%s", state)
			}
			assertAlive(t, server.Org, 30)
			assertNoSession(t, server.Org)
		})
	}
}

// afterCounts meets all but the queries that count.
func afterCounts(fault fake.Fault) fake.Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.URL.RawQuery, "COUNT") {
				next = fault(next)
			}
			next.ServeHTTP(w, r)
		})
	}
}

func TestAppTokenRevocationValidation(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	for name, test := range map[string]struct{ settings, arguments, says string }{
		"user id":         {"", `user_ids = ["0055g000000000' OR UserId != '"]`, `is\s+not\s+the\s+id\s+of\s+a\s+user`},
		"no user id":      {"", `user_ids = []`, `at\s+least\s+1`},
		"date":            {"", `unused_since = "2026-01-01"`, `is\s+not\s+a\s+time\s+in\s+RFC\s+3339\s+form`},
		"date with SOQL":  {"", `unused_since = "2026-01-01T00:00:00Z OR UserId != null"`, `is\s+not\s+a\s+time\s+in\s+RFC\s+3339\s+form`},
		"revoke_on":       {"", `revoke_on = []`, `at\s+least\s+1`},
		"concurrency":     {"max_concurrency = 0", "", `between\s+1\s+and\s+256`},
		"much of it":      {"max_concurrency = 257", "", `between\s+1\s+and\s+256`},
		"API version":     {`api_version = "62"`, "", `api_version\s+is\s+not\s+a\s+version`},
		"negative number": {"max_concurrency = -1", "", `between\s+1\s+and\s+256`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testSteps(t, resource.TestStep{
				Config:      providerBlock(server, clientCredentials, test.settings) + appResource("test", app, test.arguments),
				PlanOnly:    true,
				ExpectError: regexp.MustCompile(test.says),
			})
		})
	}
	t.Cleanup(func() {
		if n := len(server.Org.Requests()); n != 0 {
			t.Errorf("the org has received %d requests", n)
		}
	})
	testSteps(t, resource.TestStep{
		Config:      providerBlock(server, clientCredentials) + appResource("test", "", onCreate),
		PlanOnly:    true,
		ExpectError: regexp.MustCompile(`string\s+length`),
	})
}

// Ctrl-C in the middle ends the sweep; what is dead stays dead, no session
// lives on, and the next apply finishes.
func TestAppTokenRevocationInterrupt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ timeout, says string }{
		"Ctrl-C":   {"5m", "the run was interrupted"},
		"time out": {"5s", "the time for this operation is up"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "Ctrl-C" {
				requireUnix(t, noInterrupts)
			}
			server := startOrg(t, fake.Config{Latency: 100 * time.Millisecond})
			server.Org.AddOauthTokens(app, 2000)
			server.Org.AddOauthTokens(otherApp, 5)
			asked := make(chan struct{})
			server.Org.Script(fake.RevokePath, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					close(asked)
					next.ServeHTTP(w, r)
				})
			})
			config := func(timeout string) string {
				return requiredProviders + appConfig(server, onCreate, fmt.Sprintf("timeouts = { create = %q }", timeout))
			}
			workspace := emptyWorkspace(t)
			must(workspace.Write("main.tf", config(test.timeout)))
			cmd := workspace.Command(t.Context(), nil, "apply", "-auto-approve", "-no-color")
			var output bytes.Buffer
			cmd.Stdout, cmd.Stderr = &output, &output
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			<-asked
			if name == "Ctrl-C" {
				if err := cmd.Process.Signal(os.Interrupt); err != nil {
					t.Fatal(err)
				}
			}
			if err := cmd.Wait(); err == nil {
				t.Error("the apply succeeded")
			}
			flat := strings.Join(strings.Fields(strings.ReplaceAll(output.String(), "│", " ")), " ")
			if !strings.Contains(flat, test.says) || !strings.Contains(flat, "not tried") {
				t.Errorf("the output is:\n%s", &output)
			}
			left := alive(server.Org, app)
			if left == 0 || left == 2000 {
				t.Errorf("%d of 2000 tokens live: that was not in the middle", left)
			}
			assertNoSession(t, server.Org)
			must(workspace.Write("main.tf", config("5m")))
			mustRun(t, workspace, nil, "apply", "-auto-approve")
			assertAlive(t, server.Org, 0)
		})
	}
}

// Neither delete tokens nor refresh tokens nor sessions reach the output, a log
// at any level, the state or a plan; not even with an org that repeats them.
func TestNoSecretOfAnAppLeaks(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]fake.Fault{
		"success":         fake.Pass(),
		"echo":            fake.Echo(403),
		"echo, retried":   fake.Echo(503),
		"already invalid": fake.OAuthError(400, "invalid_token", "invalid token"),
		"redirect":        fake.Redirect(302, "https://evil.example/"),
		"dropped":         fake.DropBefore(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := appOrg(t, fake.Config{AppName: app})
			own := server.Org.IssueRefreshToken()
			server.Org.ScriptAlways(fake.RevokePath, fault)
			workspace := newWorkspace(t, providerBlock(server, "max_retries = 1", fmt.Sprintf("client_id = %q\n  refresh_token = var.own", fake.DefaultClientID))+`
variable "own" {
  sensitive = true
}
data "salesforce_oauth_tokens" "before" {}
output "before" {
  value = data.salesforce_oauth_tokens.before
}
`+appResource("test", app, onCreate))
			env := []string{"TF_LOG=TRACE", "TF_LOG_PATH=trace.log", "TF_VAR_own=" + own}
			var output strings.Builder
			for _, args := range [][]string{{"plan", "-out=plan"}, {"apply", "plan"}, {"show", "-json"}, {"output", "-json"}} {
				text, err := run(t, workspace, env, args...)
				if wants := name == "success" || name == "already invalid"; args[0] == "apply" && (err == nil) != wants {
					t.Errorf("apply: %v\n%s", err, text)
				}
				output.WriteString(text)
			}
			secrets := []string{own, fake.DefaultClientSecret}
			for _, token := range server.Org.Tokens() {
				secrets = append(secrets, token.Value)
				if token.DeleteToken != "" {
					secrets = append(secrets, token.DeleteToken)
				}
			}
			if len(secrets) < 70 {
				t.Fatalf("only %d secrets are known", len(secrets))
			}
			assertAbsent(t, "the output", []byte(output.String()), secrets...)
			logged := readFile(t, workspace.Dir, "trace.log")
			if name == "success" && !bytes.Contains(logged, []byte("Revoked the tokens of an app: 31 of 31 tokens: 31 revoked")) {
				t.Error("the log does not tell of the sweep")
			}
			assertAbsent(t, "the TRACE log", logged, secrets...)
			if content, err := os.ReadFile(filepath.Join(workspace.Dir, "terraform.tfstate")); err == nil {
				assertAbsent(t, "the state", content, secrets...)
			}
			// The plan holds the provider's own refresh token, as a variable.
			plan := bytes.ReplaceAll(unzip(t, filepath.Join(workspace.Dir, "plan")), []byte(own), nil)
			assertAbsent(t, "the plan", plan, secrets...)
		})
	}
}

// More tokens than expected are an error before the first is revoked, at the
// destroy, too. None expected is a number like any other.
func TestAppTokenRevocationMaxCount(t *testing.T) {
	t.Parallel()
	server := appOrg(t, fake.Config{})
	tooMany := func(count int) resource.TestStep {
		return resource.TestStep{
			Config:      appConfig(server, fmt.Sprintf("max_count = %d", count)),
			ExpectError: regexp.MustCompile(fmt.Sprintf(`30\s+tokens\s+match,\s+but\s+max_count\s+is\s+%d\.(?s:.*)No\s+token\s+was\s+revoked`, count)),
		}
	}
	testSteps(t, tooMany(29), tooMany(0), resource.TestStep{
		Config:            appConfig(server, "max_count = 30"),
		ConfigStateChecks: expectCounts("revoked", 30, 30),
	})
	assertOrg(t, server.Org, 30, nil) // all of them in the step that may

	server = appOrg(t, fake.Config{})
	workspace := newWorkspace(t, appConfig(server, onDestroy, "max_count = 29"))
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	if output, err := run(t, workspace, nil, "destroy", "-auto-approve"); err == nil || !strings.Contains(output, "Too Many Tokens Match") {
		t.Errorf("destroy: %v\n%s", err, output)
	}
	assertAlive(t, server.Org, 30)
	must(workspace.Write("main.tf", requiredProviders+appConfig(server, onDestroy, "max_count = 30")))
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	mustRun(t, workspace, nil, "destroy", "-auto-approve")
	assertAlive(t, server.Org, 0)
}
