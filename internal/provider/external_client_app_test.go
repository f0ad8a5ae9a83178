package provider_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

const (
	externalApp = "Data_Loader" // developer name; its label is that of the connected app
	usagePath   = fake.DataPath + "/" + salesforce.DefaultAPIVersion + "/apps/oauth/usage"
)

// externalAppOrg has 30 tokens of an external client app, and 5 each of another
// and of a connected app with the same label.
func externalAppOrg(t *testing.T, config fake.Config) (server *fake.Server, identifier string) {
	t.Helper()
	server = startOrg(t, config)
	identifier = server.Org.AddExternalClientApp(externalApp, app, 30)
	server.Org.AddExternalClientApp("Other", app, 5)
	server.Org.AddOauthTokens(app, 5)
	return server, identifier
}

func externalResource(identifierOrName string, arguments ...string) string {
	return fmt.Sprintf("resource \"salesforce_app_token_revocation\" \"test\" {\n  external_client_app = %q\n  %s\n}\n", identifierOrName, strings.Join(arguments, "\n  "))
}

func externalConfig(server *fake.Server, arguments ...string) string {
	return providerBlock(server, clientCredentials, "max_retries = 0") + externalResource(externalApp, arguments...)
}

// assertExternal checks how many tokens of the app are valid, and that all others
// are.
func assertExternal(t *testing.T, org *fake.Org, identifier string, want int) {
	t.Helper()
	valid, others := 0, 0
	for _, token := range org.Tokens() {
		switch {
		case token.Kind != fake.RefreshToken || !token.Alive:
		case token.ExternalClientApp == identifier:
			valid++
		default:
			others++
		}
	}
	if valid != want || others != 10 {
		t.Errorf("%d tokens of the app and %d others are valid; want %d and 10", valid, others, want)
	}
}

// usageDeletions are the paths of the DELETE requests that the org received, below
// that of the usage resource.
func usageDeletions(org *fake.Org) (paths []string) {
	for _, request := range org.Requests() {
		if request.Method == http.MethodDelete {
			paths = append(paths, strings.TrimPrefix(request.Path, usagePath))
		}
	}
	return paths
}

// onDelete meets the DELETE requests for a path that ends so.
func onDelete(suffix string, fault fake.Fault) fake.Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete && strings.HasSuffix(r.URL.Path, suffix) {
				fault(next).ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// One request ends all tokens of the app, at creation and again at destroy.
func TestExternalClientApp(t *testing.T) {
	t.Parallel()
	for name, byIdentifier := range map[string]bool{"developer name": false, "identifier": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, identifier := externalAppOrg(t, fake.Config{})
			given := externalApp
			if byIdentifier {
				given = identifier[:15]
			}
			testSteps(t, resource.TestStep{
				Config: providerBlock(server, clientCredentials) + externalResource(given, `revoke_on = ["create", "destroy"]`, "max_count = 30"),
				ConfigStateChecks: append(expectCounts("revoked", 30, 30),
					expectApp("app_name", knownvalue.Null()),
					expectApp("revoked_at", knownvalue.StringRegexp(regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`))),
					expectApp("instance_url", knownvalue.StringExact(server.URL)),
				),
				ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
				Check: func(*terraform.State) error {
					assertExternal(t, server.Org, identifier, 0)
					server.Org.AddExternalClientAppTokens(identifier, 7)
					return nil
				},
			})
			assertExternal(t, server.Org, identifier, 0)
			all := "/" + identifier + "/tokens"
			if got := usageDeletions(server.Org); fmt.Sprint(got) != fmt.Sprint([]string{all, all}) {
				t.Errorf("the org received DELETE of %q; want %s twice", got, all)
			}
		})
	}
}

// Filters take one request for each user, or for each token.
func TestExternalClientAppFilters(t *testing.T) {
	t.Parallel()
	users := fmt.Sprintf("user_ids = [%q, %q, \"0055g0000000009AAA\"]", secondUser[:15], thirdUser)
	date := time.Now().AddDate(0, 0, -10).UTC().Format(time.RFC3339)
	unused := fmt.Sprintf("unused_since = %q", date)
	for name, test := range map[string]struct {
		arguments        []string
		matched, deletes int
	}{
		"users":                       {[]string{users}, 12, 2},
		"unused":                      {[]string{unused}, 21, 21},
		"users, unused":               {[]string{users, unused}, 9, 9},
		"never used":                  {[]string{`unused_since = "0001-01-01T00:00:00Z"`}, 7, 7},
		"users without tokens":        {[]string{`user_ids = ["0055g0000000009AAA"]`}, 0, 0},
		"nobody, though there is one": {[]string{`user_ids = ["0055g0000000009AAA"]`, unused}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, identifier := externalAppOrg(t, fake.Config{})
			status := "revoked"
			if test.matched == 0 {
				status = "already_invalid"
			}
			testSteps(t, resource.TestStep{
				Config:            externalConfig(server, test.arguments...),
				ConfigStateChecks: expectCounts(status, int64(test.matched), int64(test.matched)),
			})
			assertExternal(t, server.Org, identifier, 30-test.matched)
			if got := len(usageDeletions(server.Org)); got != test.deletes {
				t.Errorf("the org received %d DELETE requests; want %d", got, test.deletes)
			}
		})
	}
}

func TestExternalClientAppWarnings(t *testing.T) {
	t.Parallel()
	const without, nothing, own = "Warning: App Without Tokens", "Warning: No Token Matches", "Warning: Own Tokens of App Only"
	for name, test := range map[string]struct {
		config    fake.Config
		app       string
		arguments string
		warns     string
	}{
		"unknown app":               {fake.Config{}, "DataLoader", onCreate, without},
		"unknown app, at teardown":  {fake.Config{}, "0xI5g0000000999", onDestroy, without},
		"no user matches":           {fake.Config{}, externalApp, onCreate + "\n" + `user_ids = ["0055g0000000009AAA"]`, nothing},
		"all is seen":               {fake.Config{}, externalApp, onCreate, ""},
		"one user, none other seen": {fake.Config{Users: 1}, externalApp, onCreate, own},
		"one user, asked for":       {fake.Config{Users: 1}, externalApp, onCreate + "\n" + fmt.Sprintf("user_ids = [%q]", signedInUser), ""},
		"one user, no OauthToken":   {fake.Config{Users: 1, NoQuery: true}, externalApp, onCreate, own},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, _ := externalAppOrg(t, test.config)
			workspace := newWorkspace(t, providerBlock(server, clientCredentials)+externalResource(test.app, test.arguments))
			output := mustRun(t, workspace, nil, "apply", "-auto-approve")
			for _, warning := range []string{without, nothing, own} {
				if got := strings.Contains(output, warning); got != (warning == test.warns) {
					t.Errorf("%s: %t\n%s", warning, got, output)
				}
			}
			mustRun(t, workspace, nil, "destroy", "-auto-approve")
			assertNoSession(t, server.Org)
		})
	}
}

// What the org lists afterwards is the last word, whatever it answered.
func TestExternalClientAppLastWord(t *testing.T) {
	t.Parallel()
	const users = `user_ids = ["0055g0000000001AAA", "0055g0000000002AAA"]`
	for name, test := range map[string]struct {
		arguments string
		fault     fake.Fault // of DELETE
		valid     int        // after an apply that fails; 0 if it does not
		says      string
	}{
		"accepted, and nothing done":          {"", fake.Status(204, nil, ""), 30, `30 may still be valid \(30 × the org accepted the request, but still lists the token\)`},
		"accepted, and nothing done, by user": {users, fake.Status(204, nil, ""), 30, `12 may still be valid \(12 × the org accepted the request, but still lists the token\)`},
		"done, and no answer":                 {"", fake.DropAfter(), 0, ""},
		"done, and no answer, by user":        {users, fake.DropAfter(), 0, ""},
		"done, and no answer, by token":       {`unused_since = "2100-01-01T00:00:00Z"`, fake.DropAfter(), 0, ""},
		"not done, and no answer":             {"", fake.DropBefore(), 30, `30 may still be valid`},
		"refused":                             {"", fake.APIError(403, "INSUFFICIENT_ACCESS", "no"), 30, `30 may still be valid \(30 × 403 Forbidden, INSUFFICIENT_ACCESS\)(?s:.*)View all External Client Apps`},
		"limit":                               {users, fake.APIError(403, "REQUEST_LIMIT_EXCEEDED", "no"), 30, `0 revoked, 12 not tried. The work stopped early: .*REQUEST_LIMIT_EXCEEDED(?s:.*)24 hours`},
		"a page":                              {"", fake.HTML(), 30, `30 may still be valid`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, identifier := externalAppOrg(t, fake.Config{})
			server.Org.ScriptAlways(usagePath+"/", onDelete("", test.fault))
			workspace := newWorkspace(t, externalConfig(server, test.arguments))
			output, err := run(t, workspace, nil, "apply", "-auto-approve")
			if (err != nil) != (test.valid > 0) || !regexp.MustCompile(test.says).MatchString(flatten(output)) {
				t.Errorf("apply: %v; want %s\n%s", err, test.says, output)
			}
			if test.valid > 0 {
				assertExternal(t, server.Org, identifier, test.valid)
				if !strings.Contains(flatten(output), "Nothing was stored") {
					t.Errorf("the output is:\n%s", output)
				}
				server.Org.ScriptAlways(usagePath+"/", nil)
				mustRun(t, workspace, nil, "apply", "-auto-approve")
			}
			want := 0
			if test.arguments == users {
				want = 18
			}
			assertExternal(t, server.Org, identifier, want)
			assertNoSession(t, server.Org)
		})
	}
}

// An org that does not know a user any more who has no tokens says so twice.
func TestExternalClientAppForgetsUsers(t *testing.T) {
	t.Parallel()
	server, identifier := externalAppOrg(t, fake.Config{})
	server.Org.ScriptAlways(usagePath+"/", func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, secondUser+"/tokens") && len(usageDeletions(server.Org)) > 0 {
				fake.APIError(404, "NOT_FOUND", "no")(next).ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	testSteps(t, resource.TestStep{
		Config:            externalConfig(server, fmt.Sprintf("user_ids = [%q]", secondUser)),
		ConfigStateChecks: expectCounts("revoked", 6, 6),
	})
	assertExternal(t, server.Org, identifier, 24)
}

// One user whose tokens cannot be revoked does not stop the others, and the next
// apply goes on. Each token has its line in the audit file.
func TestExternalClientAppPartialFailure(t *testing.T) {
	t.Parallel()
	server, identifier := externalAppOrg(t, fake.Config{})
	server.Org.ScriptAlways(usagePath+"/", onDelete("/"+secondUser+"/tokens", fake.APIError(500, "UNKNOWN_EXCEPTION", "no")))
	config := externalConfig(server, fmt.Sprintf("user_ids = [%q, %q, %q]", signedInUser, secondUser, thirdUser))
	workspace := newWorkspace(t, config)
	env := []string{"SALESFORCE_AUDIT_FILE=audit.jsonl", "TF_LOG=TRACE", "TF_LOG_PATH=trace.log"}
	output, err := run(t, workspace, env, "apply", "-auto-approve")
	if err == nil || !strings.Contains(flatten(output), "12 revoked, 6 may still be valid (6 × 500 Internal Server Error, UNKNOWN_EXCEPTION).") {
		t.Errorf("apply: %v\n%s", err, output)
	}
	assertExternal(t, server.Org, identifier, 18)

	outcomes := make(map[string]string) // by digest; the last one counts
	for _, line := range auditLines(t, filepath.Join(workspace.Dir, "audit.jsonl")) {
		if line["kind"] == "refresh_token" {
			outcomes[fmt.Sprint(line["sha256"])] = fmt.Sprint(line["outcome"])
		}
	}
	log := string(readFile(t, workspace.Dir, "trace.log"))
	var secrets []string
	for _, token := range server.Org.Tokens() {
		secrets = append(secrets, token.Value)
		if token.DeleteToken != "" {
			secrets = append(secrets, token.DeleteToken)
		}
		want := ""
		switch {
		case token.ExternalClientApp != identifier:
		case token.UserID == secondUser:
			want = "failed"
		case !token.Alive:
			want = "revoked"
		}
		sum := digest(token.ID)
		if token.ID != "" && outcomes[sum] != want {
			t.Errorf("the outcome of a token in the audit file is %q; want %q", outcomes[sum], want)
		}
		if token.ID != "" && strings.Contains(log, sum) != (want == "revoked") {
			t.Errorf("a token whose outcome is %q is in the log at INFO: %t", want, want != "revoked")
		}
	}
	if len(outcomes) != 18 || !strings.Contains(log, "Revoked the tokens of an app: 18 of 18 tokens: 12 revoked") {
		t.Errorf("the audit file has %d tokens; the log tells of the sweep: %t", len(outcomes), strings.Contains(log, "Revoked the tokens of an app"))
	}

	server.Org.ScriptAlways(usagePath+"/", nil)
	mustRun(t, workspace, env, "apply", "-auto-approve")
	assertExternal(t, server.Org, identifier, 12)
	assertAttribute(t, workspace, "revoked_count", 6.0)
	for _, file := range []string{"audit.jsonl", "trace.log", "terraform.tfstate"} {
		assertAbsent(t, file, readFile(t, workspace.Dir, file), secrets...)
	}
	assertAbsent(t, "the output", []byte(output), secrets...)
}

func TestExternalClientAppErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config    fake.Config
		settings  string
		arguments string
		planned   bool // a plan fails already
		says      string
	}{
		"neither":            {arguments: "", planned: true, says: "app_name,external_client_app"},
		"both":               {arguments: `app_name = "x"` + "\n" + `external_client_app = "x"`, planned: true, says: "app_name,external_client_app"},
		"label":              {arguments: `external_client_app = "Data Loader"`, planned: true, says: "neither the identifier of an external client app"},
		"identifier cut off": {arguments: `external_client_app = "0xI5g00000"`, planned: true, says: "neither the identifier of an external client app"},
		"empty":              {arguments: `external_client_app = ""`, planned: true, says: "neither the identifier of an external client app"},
		"old version":        {settings: `api_version = "58.0"`, arguments: `external_client_app = "Data_Loader"`, planned: true, says: "api_version is v58.0"},
		"permission":         {config: fake.Config{NoUsage: true}, arguments: `external_client_app = "Data_Loader"`, says: "INSUFFICIENT_ACCESS: .*No token was revoked. .*View all External Client Apps, view their settings, and edit their policies"},
		"max_count":          {arguments: `external_client_app = "Data_Loader"` + "\nmax_count = 29", says: "30 tokens match, but max_count is 29"},
		"another org":        {settings: allow(foreignID), arguments: `external_client_app = "Data_Loader"`, says: "is not one of the provider's allowed_organization_ids"},
		"audit file":         {settings: `audit_file = "no/such/folder/audit.jsonl"`, arguments: `external_client_app = "Data_Loader"`, says: "audit file no/such/folder/audit.jsonl cannot be written"},
		"null at apply":      {arguments: "external_client_app = terraform_data.late.id == \"\" ? \"x\" : null", says: "app_name,external_client_app"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, identifier := externalAppOrg(t, test.config)
			workspace := newWorkspace(t, providerBlock(server, clientCredentials, test.settings)+
				"resource \"terraform_data\" \"late\" {}\n"+
				fmt.Sprintf("resource \"salesforce_app_token_revocation\" \"test\" {\n  %s\n}\n", test.arguments))
			if _, err := run(t, workspace, nil, "plan"); (err != nil) != test.planned {
				t.Errorf("plan: %v", err)
			}
			output, err := run(t, workspace, nil, "apply", "-auto-approve")
			if err == nil || !regexp.MustCompile(test.says).MatchString(flatten(output)) {
				t.Errorf("apply: %v; want %s\n%s", err, test.says, output)
			}
			assertExternal(t, server.Org, identifier, 30)
			if n := len(usageDeletions(server.Org)); n != 0 {
				t.Errorf("%d DELETE requests were sent", n)
			}
			assertNoSession(t, server.Org)
		})
	}
}

// A destroy refuses another org before it asks it anything, and an older version
// of the API; both leave the resource where it is.
func TestExternalClientAppDestroyRefused(t *testing.T) {
	t.Parallel()
	server, identifier := externalAppOrg(t, fake.Config{})
	other, otherIdentifier := externalAppOrg(t, fake.Config{OrganizationID: "00D5g0000000002EAA"})
	workspace := newWorkspace(t, externalConfig(server, onDestroy))
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	must(workspace.Write("main.tf", requiredProviders+externalConfig(other, onDestroy)))
	mustFail(t, workspace, nil, "Error: Another Org", "destroy", "-auto-approve")
	must(workspace.Write("main.tf", requiredProviders+externalConfig(server, onDestroy)))
	mustFail(t, workspace, []string{"SALESFORCE_API_VERSION=58.0"}, "api_version is v58.0", "destroy", "-auto-approve")
	assertExternal(t, server.Org, identifier, 30)
	assertExternal(t, other.Org, otherIdentifier, 30)
	mustRun(t, workspace, nil, "destroy", "-auto-approve")
	assertExternal(t, server.Org, identifier, 0)
	for _, request := range other.Org.Requests() {
		if strings.HasPrefix(request.Path, usagePath) {
			t.Errorf("the other org was asked: %s %s", request.Method, request.Path)
		}
	}
}

// A state that knows nothing of external client apps goes on, and the way in
// which an app is named is part of which app it is.
func TestExternalClientAppReplaces(t *testing.T) {
	t.Parallel()
	server, identifier := externalAppOrg(t, fake.Config{})
	workspace := newWorkspace(t, appConfig(server, onCreate))
	mustRun(t, workspace, nil, "apply", "-auto-approve") // by the label, which is the same
	editState(t, workspace, func(instance map[string]any) {
		delete(object(t, instance["attributes"]), "external_client_app")
	})
	mustRun(t, workspace, nil, "plan", "-detailed-exitcode")
	server.Org.AddExternalClientAppTokens(identifier, 3)
	must(workspace.Write("main.tf", requiredProviders+externalConfig(server)))
	if output := mustRun(t, workspace, nil, "apply", "-auto-approve"); !strings.Contains(output, "1 added, 0 changed, 1 destroyed") {
		t.Errorf("the output is:\n%s", output)
	}
	assertAttribute(t, workspace, "revoked_count", 3.0)
}

// The provider's own refresh token is among those of the app. Nobody is left to
// ask whether they are gone, so the answer to the request has to do.
func TestExternalClientAppOfOwnApp(t *testing.T) {
	t.Parallel()
	for _, arguments := range []string{"", fmt.Sprintf("user_ids = [%q, %q]", signedInUser, secondUser), `unused_since = "2100-01-01T00:00:00Z"`} {
		server, identifier := externalAppOrg(t, fake.Config{})
		var own string
		for _, token := range server.Org.Tokens() {
			if token.ExternalClientApp == identifier && token.UserID == signedInUser {
				own = token.Value
			}
		}
		workspace := newWorkspace(t, providerBlock(server, fmt.Sprintf("client_id = %q\n  refresh_token = %q", fake.DefaultClientID, own))+externalResource(externalApp, arguments))
		output := mustRun(t, workspace, nil, "apply", "-auto-approve")
		want, count := 0, 30.0
		if strings.Contains(arguments, "user_ids") {
			want, count = 18, 12.0
		}
		assertExternal(t, server.Org, identifier, want)
		assertAttribute(t, workspace, "revoked_count", count)
		assertNoSession(t, server.Org)
		if !strings.Contains(output, "Warning: Own Sign-In Revoked") {
			t.Errorf("the output does not warn:\n%s", output)
		}
		if paths := usageDeletions(server.Org); strings.Contains(arguments, "user_ids") && !strings.HasSuffix(paths[len(paths)-1], signedInUser+"/tokens") {
			t.Errorf("the own tokens were not the last: %q", paths)
		}
	}
}

// Ctrl-C while a request is under way: its tokens may be valid or not, those of
// others were not tried, and the next apply finishes.
func TestExternalClientAppInterrupt(t *testing.T) {
	t.Parallel()
	server, identifier := externalAppOrg(t, fake.Config{})
	hold := fake.NewHold()
	t.Cleanup(hold.Release)
	server.Org.ScriptAlways(usagePath+"/", onDelete("/tokens", hold.Fault()))
	config := providerBlock(server, clientCredentials, "max_concurrency = 1") + externalResource(externalApp, fmt.Sprintf("user_ids = [%q, %q, %q]", signedInUser, secondUser, thirdUser))
	workspace := newWorkspace(t, config)
	cmd := workspace.Command(t.Context(), nil, "apply", "-auto-approve", "-no-color")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	must(cmd.Start())
	<-hold.Arrived()
	must(cmd.Process.Signal(os.Interrupt))
	if err := cmd.Wait(); err == nil {
		t.Error("the apply succeeded")
	}
	if want := "0 revoked, 6 may still be valid (6 × the run was interrupted), 12 not tried."; !strings.Contains(flatten(output.String()), want) {
		t.Errorf("the output lacks %q:\n%s", want, &output)
	}
	hold.Release()
	server.Org.ScriptAlways(usagePath+"/", nil)
	assertExternal(t, server.Org, identifier, 30) // The session ended before the request was carried out.
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	assertExternal(t, server.Org, identifier, 12)
	assertNoSession(t, server.Org)
}

// The data source lists what the resource would revoke, by user.
func TestExternalClientAppTokens(t *testing.T) {
	t.Parallel()
	server, identifier := externalAppOrg(t, fake.Config{})
	rows := make(map[string]fake.Token)
	for _, token := range server.Org.Tokens() {
		if token.ExternalClientApp == identifier {
			rows[digest(token.ID)] = token
		}
	}
	for arguments, want := range map[string]int{
		fmt.Sprintf("external_client_app = %q", identifier):                                            30,
		`external_client_app = "data_loader"`:                                                          30,
		fmt.Sprintf("external_client_app = %q\n  user_ids = [%q]", externalApp, secondUser):            6,
		fmt.Sprintf("external_client_app = %q\n  unused_since = \"2000-01-01T00:00:00Z\"", identifier): 7,
		`external_client_app = "Unknown"`:                                                              0,
	} {
		got, output := readInventory(t, tokensDataSource(server, arguments))
		if got.Total != want || len(got.Tokens) != want {
			t.Errorf("%s: %d tokens are listed, with a total of %d; want %d", arguments, len(got.Tokens), got.Total, want)
		}
		if warns := strings.Contains(output, "Warning: App Without Tokens"); warns != (want == 0) {
			t.Errorf("%s: warns: %t\n%s", arguments, warns, output)
		}
		for _, token := range got.Tokens {
			row, ok := rows[token.DeleteTokenSHA256]
			used := token.LastUsedDate == nil && row.LastUsed.IsZero() ||
				token.LastUsedDate != nil && *token.LastUsedDate == row.LastUsed.UTC().Format(time.RFC3339)
			if !ok || token.AppName != app || token.UserID != row.UserID || token.UseCount != row.UseCount || !used {
				t.Errorf("a token is listed as %+v; the org has %+v", token, row)
			}
		}
	}
	for arguments, says := range map[string]string{
		"app_name = \"x\"\n  external_client_app = \"x\"": "Invalid Attribute Combination",
		`external_client_app = "Data Loader"`:             "nor a developer name",
	} {
		mustFail(t, newWorkspace(t, tokensDataSource(server, arguments)), nil, says, "plan")
	}
	mustFail(t, newWorkspace(t, tokensDataSource(server, `external_client_app = "x"`)), []string{"SALESFORCE_API_VERSION=58.0"}, "api_version is v58.0", "plan")
	closed, _ := externalAppOrg(t, fake.Config{NoUsage: true})
	mustFail(t, newWorkspace(t, tokensDataSource(closed, `external_client_app = "x"`)), nil, "View all External Client Apps", "plan")
	assertExternal(t, server.Org, identifier, 30)
	assertNoSession(t, server.Org)
}
