package salesforce_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

const usagePath = fake.DataPath + "/" + salesforce.DefaultAPIVersion + "/apps/oauth/usage"

func TestExternalClientApp(t *testing.T) {
	t.Parallel()
	server := newServer(t, fake.Config{})
	var identifier string
	for i := range 130 { // more than a page
		identifier = server.Org.AddExternalClientApp(fmt.Sprintf("App_%d", i), "App", 1)
	}
	api := newAPI(t, server)
	for given, want := range map[string]string{
		identifier:           "App_129",
		identifier[:15]:      "App_129",
		"App_7":              "App_7",
		"app_7":              "App_7",
		"App_1":              "App_1",
		"App":                "", // a label is no key
		"":                   "",
		"0xI5g0000000999AAA": "",
	} {
		app, err := api.ExternalClientApp(t.Context(), given)
		if err != nil {
			t.Errorf("%q: %v", given, err)
			continue
		}
		if want == "" && app != nil || want != "" && (app == nil || app.DeveloperName != want || app.Label != "App") {
			t.Errorf("%q finds %+v, want %q", given, app, want)
		}
	}
}

func TestHasExternalClientApps(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{"v32.0": false, "v58.0": false, "v59.0": true, "v64.0": true, "v100.0": true} {
		if got := salesforce.HasExternalClientApps(version); got != want {
			t.Errorf("%s: %t", version, got)
		}
	}
}

func TestCheckExternalClientApp(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]bool{
		"0xI5g0000000001": true, "0xI5g0000000001AAA": true, "My_App": true, "ns__My_App1": true, strings.Repeat("a", 80): true,
		"": false, "My App": false, "0xI5g000000000": false, "0xI5g0000000001AA": false, "../tokens": false, "_App": false, "App\n": false, strings.Repeat("a", 256): false,
	} {
		if err := salesforce.CheckExternalClientApp(given); (err == nil) != want {
			t.Errorf("%q: %v", given, err)
		}
	}
}

func TestAppTokens(t *testing.T) {
	t.Parallel()
	server := newServer(t, fake.Config{Users: 230})
	server.Org.AddExternalClientApp("App", "App", 460)
	server.Org.AddExternalClientApp("Other", "App", 10)
	server.Org.AddOauthTokens("App", 10)
	api := newAPI(t, server)
	app, err := api.ExternalClientApp(t.Context(), "App")
	if err != nil || app == nil {
		t.Fatal(app, err)
	}
	users, err := api.AppUsers(t.Context(), app)
	if err != nil || len(users) != 230 || users[0].Name != fake.DefaultUsername {
		t.Fatalf("%d users, %v", len(users), err)
	}
	tokens, err := api.AppTokens(t.Context(), app, users[3].ID)
	if err != nil || len(tokens) != 2 || tokens[0].UserID != users[3].ID || tokens[0].Username != users[3].Name || tokens[0].LastUsed != nil ||
		tokens[1].LastUsed == nil || tokens[1].UseCount == 0 || tokens[0].ID == tokens[1].ID {
		t.Fatalf("the tokens are %+v, %v", tokens, err)
	}

	left := func(want int) {
		t.Helper()
		if n, err := api.CountOauthTokens(t.Context(), salesforce.OauthTokenFilter{}); n != want || err != nil {
			t.Errorf("%d tokens are left, %v; want %d", n, err, want)
		}
	}
	for _, want := range []bool{true, false} {
		if ended, err := api.EndAppToken(t.Context(), tokens[0].ID); ended != want || err != nil {
			t.Errorf("ending a token: %t, %v; want %t", ended, err, want)
		}
	}
	left(479)
	if err := api.EndAppTokensOf(t.Context(), app, users[4].ID); err != nil {
		t.Error(err)
	}
	left(477)
	if none, err := api.AppTokens(t.Context(), app, users[4].ID); len(none) != 0 || err != nil {
		t.Errorf("a user without tokens has %v, %v", none, err)
	}
	if err := api.EndAppTokens(t.Context(), app); err != nil {
		t.Error(err)
	}
	left(20)
	if app, err := api.ExternalClientApp(t.Context(), "App"); app != nil || err != nil {
		t.Errorf("an app without tokens is %+v, %v", app, err)
	}
}

// Nothing counts as ended, and nothing as the end of a list, unless the org says
// so.
func TestAppTokensErrors(t *testing.T) {
	t.Parallel()
	server := newServer(t, fake.Config{})
	server.Org.AddExternalClientApp("App", "App", 10)
	api := newAPI(t, server)
	app, err := api.ExternalClientApp(t.Context(), "App")
	if err != nil || app == nil {
		t.Fatal(app, err)
	}
	users, err := api.AppUsers(t.Context(), app)
	if err != nil {
		t.Fatal(err)
	}
	user := users[0].ID
	list := func() error { _, err := api.AppUsers(t.Context(), app); return err }
	tokens := func() error { _, err := api.AppTokens(t.Context(), app, user); return err }
	end := func() error { return api.EndAppTokens(t.Context(), app) }
	one := func() error { _, err := api.EndAppToken(t.Context(), "0CS5g0000000001"); return err }
	always := func(body string) fake.Fault { return fake.Status(200, nil, body) }
	for name, test := range map[string]struct {
		do    func() error
		fault fake.Fault
		want  string
	}{
		"list, not allowed":      {list, fake.APIError(403, "INSUFFICIENT_ACCESS", ""), "INSUFFICIENT_ACCESS"},
		"list, not found":        {list, fake.APIError(404, "NOT_FOUND", ""), "NOT_FOUND"},
		"list of something else": {list, always(`{"apps":[]}`), "does not send there"},
		"list that never ends":   {list, always(`{"users":[{"userIdentifier":"u","username":"n"}]}`), "does not send there"},
		"list, page":             {list, fake.HTML(), "does not send there"},
		"tokens without id":      {tokens, always(`{"tokens":[{"useCount":1}]}`), "does not send there"},
		"tokens, id is a folder": {tokens, always(`{"tokens":[{"revocationUrl":"/x/.."}]}`), "does not send there"},
		"tokens, none":           {tokens, always(`{}`), "does not send there"},
		"end, page":              {end, fake.HTML(), "does not send there"},
		"end, not found":         {end, fake.APIError(404, "NOT_FOUND", ""), "NOT_FOUND"},
		"end, limit":             {end, fake.APIError(403, "REQUEST_LIMIT_EXCEEDED", ""), "REQUEST_LIMIT_EXCEEDED"},
		"end, redirect":          {end, fake.Redirect(307, "https://evil.example"), "evil.example"},
		"one, page":              {one, fake.Status(404, nil, "<html>"), "404"},
		"one, redacted":          {one, fake.Echo(400), "[redacted]"},
	} {
		t.Run(name, func(t *testing.T) {
			server.Org.ScriptAlways(usagePath+"/", test.fault)
			defer server.Org.ScriptAlways(usagePath+"/", nil)
			if err := test.do(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %s", err, test.want)
			}
		})
	}
	if n, err := api.CountOauthTokens(t.Context(), salesforce.OauthTokenFilter{}); n != 10 || err != nil {
		t.Errorf("%d tokens are left, %v", n, err)
	}
	before := len(server.Org.Requests())
	for _, bad := range []string{"", "../..", user + "/x"} {
		_, err := api.AppTokens(t.Context(), app, bad)
		if err == nil || api.EndAppTokensOf(t.Context(), app, bad) == nil {
			t.Errorf("%q is no user, and no error", bad)
		}
	}
	if n := len(server.Org.Requests()); n != before {
		t.Errorf("%d requests were sent for users of no form", n-before)
	}
	server.Org.Script(usagePath, fake.Status(200, nil, `{"apps":[{"identifier":"../x","developerName":"Evil"}]}`))
	if app, err := api.ExternalClientApp(t.Context(), "Evil"); err == nil {
		t.Errorf("an identifier of no form is %+v", app)
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	for _, sandbox := range []bool{false, true} {
		server := newServer(t, fake.Config{Sandbox: sandbox, OrganizationID: "00D5g0000000009EAA"})
		api := newAPI(t, server)
		session, err := api.Session(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if api.Client == nil {
			t.Fatal("no client")
		}
		identified, err := api.Client.Identify(t.Context(), server.URL, session.AccessToken.Reveal(), salesforce.DefaultAPIVersion)
		if err != nil {
			t.Fatal(err)
		}
		*session = *identified
		got, err := api.Identity(t.Context())
		want := salesforce.Identity{
			UserID: session.UserID, Username: fake.DefaultUsername, OrganizationID: "00D5g0000000009EAA",
			OrganizationName: "Simulated Org", IsSandbox: sandbox, InstanceURL: server.URL,
		}
		if err != nil || *got != want {
			t.Errorf("Identity = %+v, %v; want %+v", got, err, want)
		}
		for _, body := range []string{`{"totalSize":0,"records":[]}`, `{"totalSize":1,"records":[{"Id":"x","Name":"y"}]}`} {
			server.Org.Script(queryPath, fake.Status(200, nil, body))
			var unexpected *salesforce.UnexpectedAnswerError
			if _, err := api.Identity(t.Context()); !errors.As(err, &unexpected) {
				t.Errorf("%s: %v", body, err)
			}
		}
	}
}

// What the org leaves out of a token does not matter, but for its identifier.
func TestAppTokenWithNulls(t *testing.T) {
	t.Parallel()
	server := newServer(t, fake.Config{})
	server.Org.AddExternalClientApp("App", "App", 1)
	api := newAPI(t, server)
	app, err := api.ExternalClientApp(t.Context(), "App")
	if err != nil {
		t.Fatal(err)
	}
	server.Org.ScriptAlways(usagePath+"/", fake.Status(200, nil, `{"tokens":[{"revocationUrl":"/x/tokens/0CS5g0000000001","initialConnectionAt":null,"lastUsedAt":null,"useCount":null,"userIdentifier":null,"username":null}]}`))
	tokens, err := api.AppTokens(t.Context(), app, "0055g0000000001AAA")
	if want := (salesforce.AppToken{ID: "0CS5g0000000001", UserID: "0055g0000000001AAA"}); err != nil || len(tokens) != 1 || tokens[0] != want {
		t.Errorf("the tokens are %+v, %v; want %+v", tokens, err, want)
	}
}
