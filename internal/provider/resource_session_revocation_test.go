package provider_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

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
	sessionRevocation = "salesforce_session_revocation.test"
	sessionsPath      = fake.DataPath + "/" + salesforce.DefaultAPIVersion + "/sobjects/AuthSession/"

	// The users of a simulated org. The first one signs in.
	signedInUser, secondUser, thirdUser = "0055g0000000001AAA", "0055g0000000002AAA", "0055g0000000003AAA"
)

// allUsers are those of a simulated org, as an argument.
var allUsers = fmt.Sprintf("user_ids = [%q, %q, %q, \"0055g0000000004AAA\", \"0055g0000000005AAA\"]", signedInUser, secondUser, thirdUser)

// notOfAnApp leaves out the provider's sessions of the steps before, which end
// with the process of the test only.
const notOfAnApp = `login_types = ["Application", "Other Apex API"]`

// sessionConfig configures the provider with credentials and one resource.
func sessionConfig(server *fake.Server, arguments ...string) string {
	return providerBlock(server, clientCredentials) + sessionResource(arguments...)
}

func sessionResource(arguments ...string) string {
	return fmt.Sprintf("resource \"salesforce_session_revocation\" \"test\" {\n  %s\n}\n", strings.Join(arguments, "\n  "))
}

// sessionOrg has 30 sessions of 5 users: of each two in the browser, with a
// child each, and two of the API.
func sessionOrg(t *testing.T, config fake.Config) *fake.Server {
	t.Helper()
	server := startOrg(t, config)
	server.Org.AddSessions(30)
	return server
}

func expectSessions(attribute string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(sessionRevocation, tfjsonpath.New(attribute), check)
}

func expectEnded(status string, matched, ended int64) []statecheck.StateCheck {
	return []statecheck.StateCheck{
		expectSessions("status", knownvalue.StringExact(status)),
		expectSessions("matched_count", knownvalue.Int64Exact(matched)),
		expectSessions("ended_count", knownvalue.Int64Exact(ended)),
	}
}

// valid returns the sessions of AddSessions that the org has not ended.
func valid(org *fake.Org) (tokens []fake.Token) {
	for _, token := range org.Tokens() {
		if token.Session.ID != "" && token.AppName == "" && token.Alive {
			tokens = append(tokens, token)
		}
	}
	return tokens
}

func assertValid(t *testing.T, org *fake.Org, want int) {
	t.Helper()
	if got := len(valid(org)); got != want {
		t.Errorf("%d sessions are valid; want %d", got, want)
	}
}

// areValid is assertValid after a step.
func areValid(t *testing.T, org *fake.Org, want int) resource.TestCheckFunc {
	return func(*terraform.State) error {
		t.Helper()
		assertValid(t, org, want)
		return nil
	}
}

// deletions returns the ids of the sessions that were to be deleted.
func deletions(org *fake.Org) (ids []string) {
	for _, request := range org.Requests() {
		if request.Method == http.MethodDelete {
			ids = append(ids, strings.TrimPrefix(request.Path, sessionsPath))
		}
	}
	return ids
}

// Dead everywhere, children too; those of the signed-in user are spared.
func TestSessionRevocation(t *testing.T) {
	t.Parallel()
	server := sessionOrg(t, fake.Config{})
	for _, token := range valid(server.Org) {
		assertSession(t, server, token.Value, true)
	}
	testSteps(t, resource.TestStep{
		Config: sessionConfig(server, allUsers),
		ConfigStateChecks: append(expectEnded("ended", 24, 24),
			expectSessions("ended_at", knownvalue.StringRegexp(regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`))),
			expectSessions("instance_url", knownvalue.StringExact(server.URL)),
			expectSessions("organization_id", knownvalue.StringRegexp(regexp.MustCompile(`^00D\w{15}$`))),
			expectSessions("include_own", knownvalue.Bool(false)),
			expectSessions("revoke_on", knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("create")})),
		),
		ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
		Check: func(*terraform.State) error {
			for _, token := range server.Org.Tokens()[:30] {
				assertSession(t, server, token.Value, token.UserID == signedInUser)
			}
			server.Org.AddSessions(10) // which a destroy leaves, unless it is asked for
			return nil
		},
	})
	assertValid(t, server.Org, 16)
}

// assertSession asks the userinfo endpoint and the REST API about a session.
func assertSession(t *testing.T, server *fake.Server, accessToken string, want bool) {
	t.Helper()
	for _, path := range []string{fake.UserinfoPath, fake.DataPath + "/v64.0"} {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+accessToken)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if got := response.StatusCode == http.StatusOK; got != want {
			t.Errorf("%s accepts the session: %t; want %t", path, got, want)
		}
	}
}

// A session of the client credentials or JWT bearer flow, which no refresh token
// stands behind, ends too, with an access token as the provider's credential.
func TestSessionRevocationWithAccessToken(t *testing.T) {
	t.Parallel()
	server := sessionOrg(t, fake.Config{})
	own, stolen, jwt := server.Org.IssueAccessToken(), server.Org.IssueAccessToken(), server.Org.IssueJWTAccessToken()
	testSteps(t, resource.TestStep{
		Config: providerBlock(server, fmt.Sprintf("access_token = %q", own)) +
			sessionResource(fmt.Sprintf("user_ids = [%q]", signedInUser[:15]), `include_own = true`, `session_types = ["oauth2"]`),
		ConfigStateChecks: expectEnded("ended", 2, 2),
	})
	assertValid(t, server.Org, 30)
	for token, want := range map[string]bool{own: true, stolen: false, jwt: false} {
		assertSession(t, server, token, want)
	}
	if got := signIns(server.Org); got != 0 {
		t.Errorf("the provider signed in %d times", got)
	}
}

func TestSessionRevocationOnDestroy(t *testing.T) {
	t.Parallel()
	server := sessionOrg(t, fake.Config{})
	testSteps(t, resource.TestStep{
		Config:            sessionConfig(server, allUsers, onDestroy, "include_own = true", notOfAnApp, "max_count = 36"),
		ConfigStateChecks: append(expectEnded("active", 30, 0), expectSessions("ended_at", knownvalue.Null())),
		Check: func(*terraform.State) error {
			assertValid(t, server.Org, 30)
			server.Org.AddSessions(6)
			return nil
		},
	})
	assertValid(t, server.Org, 0)
}

func TestSessionRevocationFilters(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		arguments []string
		matches   func(fake.Token) bool
		want      int
	}{
		"user":         {[]string{fmt.Sprintf("user_ids = [%q]", secondUser[:15])}, func(token fake.Token) bool { return token.UserID == secondUser }, 6},
		"user, twice":  {[]string{fmt.Sprintf("user_ids = [%q, %q]", secondUser[:15], secondUser)}, func(token fake.Token) bool { return token.UserID == secondUser }, 6},
		"session type": {[]string{allUsers, `session_types = ["API", "Content"]`}, func(token fake.Token) bool { return token.Session.Type == "API" && token.UserID != signedInUser }, 8},
		"child":        {[]string{allUsers, `session_types = ["Aura"]`}, func(token fake.Token) bool { return token.Session.Type == "Aura" && token.UserID != signedInUser }, 8},
		"login type": {[]string{allUsers, `login_types = ["Application"]`}, func(token fake.Token) bool {
			return token.Session.Login == "Application" && token.UserID != signedInUser
		}, 16},
		"own, too":     {[]string{allUsers, `include_own = true`, `login_types = ["Application"]`}, func(token fake.Token) bool { return token.Session.Login == "Application" }, 20},
		"strange type": {[]string{allUsers, `login_types = ["x') OR (LoginType != 'x"]`}, func(fake.Token) bool { return false }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := sessionOrg(t, fake.Config{})
			status := "ended"
			if test.want == 0 {
				status = "none_found"
			}
			testSteps(t, resource.TestStep{
				Config:            sessionConfig(server, test.arguments...),
				ConfigStateChecks: expectEnded(status, int64(test.want), int64(test.want)),
			})
			for _, token := range server.Org.Tokens()[:30] {
				if token.Alive == test.matches(token) {
					t.Errorf("a session of %s, %s, %s is valid: %t", token.UserID, token.Session.Type, token.Session.Login, token.Alive)
				}
			}
		})
	}
}

// More pages than one, and each session once.
func TestSessionRevocationOfMany(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{MaxRequests: 10_000})
	server.Org.AddSessions(5100)
	testSteps(t, resource.TestStep{
		Config:            sessionConfig(server, allUsers),
		ConfigStateChecks: expectEnded("ended", 4080, 4080),
	})
	assertValid(t, server.Org, 1020)
	ids := deletions(server.Org)
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != 4080 {
		t.Errorf("%d sessions were to be deleted; want 4080", n)
	}
}

// Sessions that begin while others are ended end, too.
func TestSessionRevocationOfNewSessions(t *testing.T) {
	t.Parallel()
	server := sessionOrg(t, fake.Config{})
	server.Org.Script(sessionsPath, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			server.Org.AddSessions(5)
			next.ServeHTTP(w, r)
		})
	})
	testSteps(t, resource.TestStep{
		Config:            sessionConfig(server, allUsers, "max_count = 24"),
		ConfigStateChecks: expectEnded("ended", 28, 28),
	})
	assertValid(t, server.Org, 7)
}

func TestSessionRevocationTriggersAndChanges(t *testing.T) {
	t.Parallel()
	server := sessionOrg(t, fake.Config{})
	action := func(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
		return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(sessionRevocation, action)}}
	}
	testSteps(t,
		resource.TestStep{Config: sessionConfig(server, allUsers), Check: areValid(t, server.Org, 6)},
		resource.TestStep{
			PreConfig:         func() { server.Org.AddSessions(5) },
			Config:            sessionConfig(server, allUsers, "max_count = 0", `timeouts = { create = "1m" }`),
			ConfigPlanChecks:  action(plancheck.ResourceActionUpdate),
			ConfigStateChecks: expectEnded("ended", 24, 24),
			Check:             areValid(t, server.Org, 11),
		},
		resource.TestStep{
			Config:            sessionConfig(server, allUsers, `triggers = { day = "2" }`),
			ConfigPlanChecks:  action(plancheck.ResourceActionReplace),
			ConfigStateChecks: expectEnded("ended", 4, 4),
			Check:             areValid(t, server.Org, 7),
		},
		resource.TestStep{
			Config:            sessionConfig(server, allUsers, `include_own = true`, notOfAnApp),
			ConfigPlanChecks:  action(plancheck.ResourceActionReplace),
			ConfigStateChecks: expectEnded("ended", 7, 7),
			Check:             areValid(t, server.Org, 0),
		},
		resource.TestStep{
			Config:            sessionConfig(server, allUsers, "max_count = 0", `triggers = { day = "3" }`),
			ConfigPlanChecks:  action(plancheck.ResourceActionReplace),
			ConfigStateChecks: append(expectEnded("none_found", 0, 0), expectSessions("ended_at", knownvalue.Null())),
		},
	)
}

// Too many is an error before anything is ended, at creation and at destroy.
func TestSessionRevocationMaxCount(t *testing.T) {
	t.Parallel()
	server := sessionOrg(t, fake.Config{})
	for _, test := range []struct{ maxCount, matched int }{{0, 24}, {23, 24}} {
		testSteps(t, resource.TestStep{
			Config:      sessionConfig(server, allUsers, fmt.Sprintf("max_count = %d", test.maxCount)),
			ExpectError: regexp.MustCompile(fmt.Sprintf(`Too\s+Many\s+Sessions\s+Match(?s:.*)%d\s+sessions\s+match,\s+but\s+max_count\s+is\s+%d`, test.matched, test.maxCount)),
		})
	}
	workspace := newWorkspace(t, sessionConfig(server, allUsers, onDestroy, "max_count = 24"))
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	server.Org.AddSessions(5)
	output, err := run(t, workspace, nil, "destroy", "-auto-approve")
	if err == nil || !strings.Contains(output, "Too Many Sessions Match") || !strings.Contains(output, "28 sessions match") {
		t.Errorf("a destroy of too many: %v\n%s", err, output)
	}
	if ids := deletions(server.Org); len(ids) != 0 {
		t.Errorf("%d sessions were to be deleted; want none", len(ids))
	}
	assertValid(t, server.Org, 35)
	must(workspace.Write("main.tf", requiredProviders+sessionConfig(server, allUsers, onDestroy, "max_count = 28")))
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	mustRun(t, workspace, nil, "destroy", "-auto-approve")
	assertValid(t, server.Org, 7)
}

// failSessions has the deletion of the first n sessions meet a fault, and that
// of those again whenever it comes.
func failSessions(n int32, fault fake.Fault) fake.Fault {
	var taken atomic.Int32
	doomed := make(chan map[string]bool, 1)
	doomed <- make(map[string]bool)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			known := <-doomed
			if !known[r.URL.Path] && taken.Load() < n {
				taken.Add(1)
				known[r.URL.Path] = true
			}
			fails := known[r.URL.Path]
			doomed <- known
			if fails {
				next = fault(next)
			}
			next.ServeHTTP(w, r)
		})
	}
}

// One failing session does not stop the rest. Nothing is stored, the error
// counts, and the next apply finishes.
func TestSessionRevocationPartialFailure(t *testing.T) {
	t.Parallel()
	server := sessionOrg(t, fake.Config{})
	server.Org.ScriptAlways(sessionsPath, failSessions(3, fake.APIError(403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights")))
	testSteps(t,
		resource.TestStep{
			Config: sessionConfig(server, `session_types = ["API"]`, allUsers),
			ExpectError: regexp.MustCompile(`5\s+ended,\s+3\s+may\s+still\s+be\s+valid\s+\(3\s+×\s+403\s+Forbidden,\s+INSUFFICIENT_ACCESS_OR_READONLY\)` +
				`(?s:.*)Nothing\s+was\s+stored(?s:.*)Manage\s+Users`),
		},
		resource.TestStep{
			PreConfig: func() {
				assertValid(t, server.Org, 25)
				if n := len(deletions(server.Org)); n != 8 {
					t.Errorf("%d deletions were sent; want 8", n)
				}
				server.Org.ScriptAlways(sessionsPath, nil)
			},
			Config:            sessionConfig(server, `session_types = ["API"]`, allUsers),
			ConfigStateChecks: expectEnded("ended", 3, 3),
			Check:             areValid(t, server.Org, 22),
		},
	)
}

// What the org does not know any more has ended. A page that says 404 is not the
// org's word.
func TestSessionRevocationNotFound(t *testing.T) {
	t.Parallel()
	gone := sessionOrg(t, fake.Config{})
	gone.Org.ScriptAlways(sessionsPath, fake.APIError(404, "NOT_FOUND", "The requested resource does not exist"))
	workspace := newWorkspace(t, sessionConfig(gone, allUsers, `session_types = ["API"]`))
	output := mustRun(t, workspace, nil, "apply", "-auto-approve")
	if !strings.Contains(output, "Warning: Sessions Still Listed") || !strings.Contains(output, "8 sessions are ended") {
		t.Errorf("sessions that the org lists still are no warning:\n%s", output)
	}
	if state := mustRun(t, workspace, nil, "show"); !regexp.MustCompile(`status\s+= "none_found"`).MatchString(state) ||
		!regexp.MustCompile(`matched_count\s+= 8`).MatchString(state) || !regexp.MustCompile(`ended_count\s+= 0`).MatchString(state) {
		t.Errorf("the state is:\n%s", state)
	}
	page := sessionOrg(t, fake.Config{})
	page.Org.ScriptAlways(sessionsPath, fake.Status(404, http.Header{"Content-Type": {"text/html"}}, "<html>Not Found</html>"))
	testSteps(t, resource.TestStep{
		Config:      sessionConfig(page, allUsers),
		ExpectError: regexp.MustCompile(`0\s+ended,\s+24\s+may\s+still\s+be\s+valid\s+\(24\s+×\s+404`),
	})
}

// An org that accepts no more requests, or no session, is left alone: what is in
// flight is all that it gets.
func TestSessionRevocationStops(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault       fake.Fault
		credentials func(*fake.Server) string
		says        []string
	}{
		"request limit": {
			fake.APIError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
			func(*fake.Server) string { return clientCredentials },
			[]string{"REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded", "used all of its API requests for 24 hours"},
		},
		"dead session": {
			fake.APIError(401, "INVALID_SESSION_ID", "Session expired or invalid"),
			func(server *fake.Server) string {
				return fmt.Sprintf("access_token = %q", server.Org.IssueAccessToken())
			},
			[]string{"INVALID_SESSION_ID", "fresh access_token"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startOrg(t, fake.Config{})
			server.Org.AddSessions(1500)
			server.Org.ScriptAlways(sessionsPath, test.fault)
			for range 10 {
				server.Org.Script(sessionsPath, fake.Pass())
			}
			workspace := newWorkspace(t, providerBlock(server, test.credentials(server), "max_concurrency = 4")+sessionResource(allUsers, `session_types = ["API"]`))
			output, err := run(t, workspace, nil, "apply", "-auto-approve")
			flat := flatten(output)
			for _, want := range append(test.says, "10 ended, 390 not tried", "Nothing was stored") {
				if err == nil || !strings.Contains(flat, want) {
					t.Errorf("the output lacks %q, %v:\n%s", want, err, output)
				}
			}
			if n := len(deletions(server.Org)); n > 14+4 { // 10, and what was in flight
				t.Errorf("%d deletions were sent", n)
			}
			assertValid(t, server.Org, 1490)
			server.Org.ScriptAlways(sessionsPath, nil)
			mustRun(t, workspace, nil, "apply", "-auto-approve")
			assertValid(t, server.Org, 1100)
		})
	}
}

// flatten takes an engine's frames and line breaks out of its output.
func flatten(output string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
}

// Ctrl-C in the middle ends the sweep, which accounts for every session; the
// next apply finishes.
func TestSessionRevocationInterrupt(t *testing.T) {
	requireUnix(t, noInterrupts)
	t.Parallel()
	server := startOrg(t, fake.Config{})
	server.Org.AddSessions(1500)
	hold := fake.NewHold()
	server.Org.ScriptAlways(sessionsPath, hold.Fault())
	for range 20 {
		server.Org.Script(sessionsPath, fake.Pass())
	}
	config := sessionConfig(server, allUsers, `session_types = ["API"]`)
	workspace := newWorkspace(t, config)
	cmd := workspace.Command(t.Context(), nil, "apply", "-auto-approve", "-no-color")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 16 { // max_concurrency
		<-hold.Arrived()
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the apply succeeded")
	}
	flat := flatten(output.String())
	for _, want := range []string{"20 ended, 16 may still be valid (16 × the run was interrupted), 364 not tried", "The work stopped early: the run was interrupted", "Nothing was stored"} {
		if !strings.Contains(flat, want) {
			t.Errorf("the output lacks %q:\n%s", want, &output)
		}
	}
	hold.Release() // The provider's session was revoked by then.
	server.Org.ScriptAlways(sessionsPath, nil)
	assertValid(t, server.Org, 1480)
	assertNoSession(t, server.Org)
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	assertValid(t, server.Org, 1100)
}

// A destroy does not end sessions of another org than that of the creation.
func TestSessionRevocationOfAnotherOrg(t *testing.T) {
	t.Parallel()
	server, other := sessionOrg(t, fake.Config{}), sessionOrg(t, fake.Config{OrganizationID: "00D5g0000000002EAA"})
	workspace := newWorkspace(t, sessionConfig(server, allUsers, onDestroy))
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	must(workspace.Write("main.tf", requiredProviders+sessionConfig(other, allUsers, onDestroy)))
	output, err := run(t, workspace, nil, "destroy", "-auto-approve")
	if err == nil || !strings.Contains(output, "Error: Another Org") {
		t.Errorf("a destroy at another org: %v\n%s", err, output)
	}
	assertValid(t, server.Org, 30)
	assertValid(t, other.Org, 30)
	must(workspace.Write("main.tf", requiredProviders+sessionConfig(server, allUsers, onDestroy)))
	mustRun(t, workspace, nil, "destroy", "-auto-approve")
	assertValid(t, server.Org, 6)
}

func TestSessionRevocationWarnings(t *testing.T) {
	t.Parallel()
	const nothing, restricted, spared = "Warning: No Session Matches", "Warning: Own Sessions Only", "Warning: Own Sessions Left"
	user := func(id string) string { return fmt.Sprintf("user_ids = [%q]", id) }
	for name, test := range map[string]struct {
		config    fake.Config
		arguments []string
		warns     []string
		says      string
	}{
		"all others":           {fake.Config{}, []string{user(secondUser)}, nil, ""},
		"nobody":               {fake.Config{}, []string{user("0055g0000000009AAA")}, []string{nothing}, ""},
		"misspelt type":        {fake.Config{}, []string{user(secondUser), `session_types = ["OAuth"]`}, []string{nothing}, ""},
		"nobody, at a destroy": {fake.Config{}, []string{user("0055g0000000009AAA"), onDestroy}, []string{nothing}, ""},
		"own among others":     {fake.Config{}, []string{allUsers}, []string{spared}, "7 sessions of the signed-in user match and were not ended: 1 belong to the session"},
		"own only":             {fake.Config{}, []string{user(signedInUser)}, []string{spared}, "7 sessions"},
		"own, and asked for":   {fake.Config{}, []string{user(signedInUser), "include_own = true"}, []string{spared}, "1 sessions"},
		"may not see":          {fake.Config{OwnSessionsOnly: true}, []string{user(secondUser)}, []string{restricted}, "Manage Users"},
		"may see own":          {fake.Config{OwnSessionsOnly: true}, []string{allUsers}, []string{restricted, spared}, "Manage Users"},
		"wants own only":       {fake.Config{OwnSessionsOnly: true}, []string{user(signedInUser[:15]), "include_own = true"}, []string{spared}, "1 sessions"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := sessionOrg(t, test.config)
			workspace := newWorkspace(t, sessionConfig(server, test.arguments...))
			output := mustRun(t, workspace, nil, "apply", "-auto-approve")
			for _, warning := range []string{nothing, restricted, spared} {
				if got := strings.Contains(output, warning); got != slices.Contains(test.warns, warning) {
					t.Errorf("%s: %t\n%s", warning, got, output)
				}
			}
			if !strings.Contains(flatten(output), test.says) {
				t.Errorf("the output lacks %q:\n%s", test.says, output)
			}
			mustRun(t, workspace, nil, "destroy", "-auto-approve")
			assertNoSession(t, server.Org)
		})
	}
}

func TestSessionRevocationErrors(t *testing.T) {
	t.Parallel()
	signIn := func(id string) func(*fake.Server) fake.Fault {
		return func(server *fake.Server) fake.Fault {
			return fake.Status(200, nil, fmt.Sprintf(`{"access_token":%q,"instance_url":%q,"token_type":"Bearer"%s}`, server.Org.IssueAccessToken(), server.URL, id))
		}
	}
	fault := func(f fake.Fault) func(*fake.Server) fake.Fault { return func(*fake.Server) fake.Fault { return f } }
	for name, test := range map[string]struct {
		credentials string
		path        string
		fault       func(*fake.Server) fake.Fault
		says        []string
	}{
		"no credentials":  {says: []string{"No Credentials to Query With", "client_id"}},
		"bad credentials": {credentials: `client_id = "x"` + "\n" + `client_secret = "hunter2"`, says: []string{"Not Signed In", "invalid_client_id"}},
		"dead session":    {credentials: `access_token = "hunter2"`, says: []string{"Sessions Not Listed", "INVALID_SESSION_ID", "fresh access_token"}},
		"unknown user":    {clientCredentials, fake.TokenPath, signIn(""), []string{"Sessions Not Listed", "does not report which user", "include_own"}},
		"may not query":   {clientCredentials, queryPath, fault(fake.APIError(400, "INVALID_TYPE", "sObject type 'AuthSession' is not supported.")), []string{"Sessions Not Listed", "Manage Users", "No session was ended"}},
		"old version":     {clientCredentials, queryPath, fault(fake.APIError(400, "INVALID_FIELD", "No such column 'IsCurrent'")), []string{"Sessions Not Listed", "37.0"}},
		"login page":      {clientCredentials, queryPath, fault(fake.HTML()), []string{"Sessions Not Listed", "does not send"}},
		"redirect":        {clientCredentials, sessionsPath, fault(fake.Redirect(302, "https://evil.example/")), []string{"Sessions Not Ended", "0 ended, 24 may still be valid", "evil.example"}},
		"short list":      {clientCredentials, queryPath, fault(fake.Status(200, nil, `{"totalSize":2,"done":true,"records":[]}`)), []string{"Sessions Not Listed", "lists 0 of the 2 sessions"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := sessionOrg(t, fake.Config{})
			if test.fault != nil {
				server.Org.ScriptAlways(test.path, test.fault(server))
			}
			workspace := newWorkspace(t, providerBlock(server, test.credentials)+sessionResource(allUsers))
			output, err := run(t, workspace, nil, "apply", "-auto-approve")
			if err == nil {
				t.Error("the apply succeeded")
			}
			for _, want := range test.says {
				if !strings.Contains(flatten(output), want) {
					t.Errorf("the output lacks %q:\n%s", want, output)
				}
			}
			if strings.Contains(output, "hunter2") {
				t.Errorf("the output quotes a secret:\n%s", output)
			}
			if state := mustRun(t, workspace, nil, "show"); strings.Contains(state, "session_revocation") {
				t.Errorf("something is stored:\n%s", state)
			}
			assertValid(t, server.Org, 30)
		})
	}
}

func TestSessionRevocationValidation(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	var ids []string
	for i := range 1001 {
		ids = append(ids, fmt.Sprintf("\"0055g%010d\"", i))
	}
	for name, test := range map[string]struct{ arguments, says string }{
		"no filter":        {"", `"user_ids"\s+is\s+required`},
		"user id":          {`user_ids = ["0055g000000000' OR UsersId != '"]`, `is\s+not\s+the\s+id\s+of\s+a\s+user`},
		"no user id":       {`user_ids = []`, `at\s+least\s+1`},
		"null user id":     {`user_ids = [null]`, `(?i)null`},
		"null users":       {`user_ids = null`, `Must\s+set\s+a\s+configuration\s+value\s+for\s+the\s+user_ids`},
		"too many users":   {"user_ids = [" + strings.Join(ids, ",") + "]", `at\s+most\s+1000`},
		"no session type":  {allUsers + "\nsession_types = []", `at\s+least\s+1`},
		"empty type":       {allUsers + "\nsession_types = [\"\"]", `string\s+length`},
		"null login type":  {allUsers + "\nlogin_types = [null]", `(?i)null`},
		"negative maximum": {allUsers + "\nmax_count = -1", `at\s+least\s+0`},
		"revoke_on":        {allUsers + "\nrevoke_on = []", `at\s+least\s+1`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testSteps(t, resource.TestStep{Config: sessionConfig(server, test.arguments), PlanOnly: true, ExpectError: regexp.MustCompile(test.says)})
		})
	}
	t.Cleanup(func() {
		if n := len(server.Org.Requests()); n != 0 {
			t.Errorf("the org has received %d requests", n)
		}
	})
}

// Filters that are known at apply only are waited for.
func TestSessionRevocationOfUnknownUsers(t *testing.T) {
	t.Parallel()
	server := sessionOrg(t, fake.Config{})
	workspace := newWorkspace(t, sessionConfig(server, "user_ids = terraform_data.test.output.users", "max_count = terraform_data.test.output.max", "include_own = terraform_data.test.output.own")+
		fmt.Sprintf("resource \"terraform_data\" \"test\" {\n  input = { users = toset([%q]), max = 6, own = false }\n}\n", secondUser))
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	assertValid(t, server.Org, 24)
}

// No session reaches the output, a log at any level, the state or a plan; not
// even with an org that repeats it.
func TestNoSecretOfASessionLeaks(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]fake.Fault{
		"success":       fake.Pass(),
		"echo":          fake.Echo(403),
		"echo, retried": fake.Echo(503),
		"not found":     fake.APIError(404, "NOT_FOUND", "The requested resource does not exist"),
		"redirect":      fake.Redirect(302, "https://evil.example/"),
		"dropped":       fake.DropBefore(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := sessionOrg(t, fake.Config{})
			own := server.Org.IssueAccessToken()
			server.Org.ScriptAlways(sessionsPath, fault)
			workspace := newWorkspace(t, providerBlock(server, "max_retries = 1", "access_token = var.own")+`
variable "own" {
  sensitive = true
}
data "salesforce_sessions" "before" {}
data "salesforce_identity" "own" {}
output "before" {
  value = data.salesforce_sessions.before
}
output "own" {
  value = data.salesforce_identity.own
}
`+sessionResource(allUsers))
			env := []string{"TF_LOG=TRACE", "TF_LOG_PATH=trace.log", "TF_VAR_own=" + own}
			var output strings.Builder
			for _, args := range [][]string{{"plan", "-out=plan"}, {"apply", "plan"}, {"show", "-json"}, {"output", "-json"}} {
				text, err := run(t, workspace, env, args...)
				if wants := name == "success" || name == "not found"; args[0] == "apply" && (err == nil) != wants {
					t.Errorf("apply: %v\n%s", err, text)
				}
				output.WriteString(text)
			}
			var secrets []string
			for _, token := range server.Org.Tokens() {
				secrets = append(secrets, token.Value)
			}
			if len(secrets) != 31 {
				t.Fatalf("%d secrets are known", len(secrets))
			}
			assertAbsent(t, "the output", []byte(output.String()), secrets...)
			logged := readFile(t, workspace.Dir, "trace.log")
			if name == "success" && (!bytes.Contains(logged, []byte("Ended the sessions of users: 24 of 24 sessions: 24 ended")) ||
				bytes.Count(logged, []byte("End of a session")) != 24) {
				t.Error("the log does not tell of the sessions")
			}
			assertAbsent(t, "the TRACE log", logged, secrets...)
			if content, err := os.ReadFile(filepath.Join(workspace.Dir, "terraform.tfstate")); err == nil {
				assertAbsent(t, "the state", content, secrets...)
			}
			// The plan holds the provider's own session, as a variable.
			plan := bytes.ReplaceAll(unzip(t, filepath.Join(workspace.Dir, "plan")), []byte(own), nil)
			assertAbsent(t, "the plan", plan, secrets...)
		})
	}
}
