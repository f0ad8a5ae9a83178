package salesforcetest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const usageURL = DataPath + "/v64.0/apps/oauth/usage"

// A usagePage is the answer of a resource on the usage of apps.
type usagePage struct {
	CurrentPageURL string `json:"currentPageUrl"`
	NextPageURL    string `json:"nextPageUrl"`
	Apps           []struct{ Identifier, DeveloperName, Label string }
	Users          []struct{ UserIdentifier, Username string }
	Tokens         []struct {
		UserIdentifier, Username, AppDeveloperName, AppIdentifier string
		AccessTokenFormat, InitialConnectionAt                    string
		LastUsedAt                                                *string
		UseCount                                                  int
		RevocationURL                                             string `json:"revocationUrl"`
	}
}

func usage(t *testing.T, server *Server, session, path string) usagePage {
	t.Helper()
	resp := get(t, server.URL+path, session)
	if resp.status != http.StatusOK {
		t.Fatalf("%s: %d %s", path, resp.status, resp.body)
	}
	var p usagePage
	resp.decode(t, &p)
	return p
}

func deleteUsage(t *testing.T, server *Server, session, path string) int {
	t.Helper()
	resp, err := try(t.Context(), http.MethodDelete, server.URL+path, session, nil)
	if err != nil {
		t.Fatal(err)
	}
	return resp.status
}

func TestUsage(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	org := server.Org
	session := org.IssueAccessToken()
	org.AddOauthTokens("Portal", 5) // a connected app of the same name
	portal := org.AddExternalClientApp("Portal_Dev", "Portal", 10)
	loader := org.AddExternalClientApp("Loader_Dev", "Loader", 5)
	org.AddExternalClientApp("Unused", "Unused", 0)
	if !strings.HasPrefix(portal, "0xI") || portal == loader {
		t.Fatalf("the identifiers are %s and %s", portal, loader)
	}
	if p := usage(t, server, session, usageURL); len(p.Apps) != 2 || p.Apps[0].Identifier != portal || p.Apps[0].DeveloperName != "Portal_Dev" || p.Apps[1].Label != "Loader" {
		t.Errorf("the apps are %+v", p.Apps)
	}
	if p := usage(t, server, session, usageURL+"/"+portal[:15]+"/users"); len(p.Users) != 5 || p.Users[0].Username != DefaultUsername {
		t.Errorf("the users are %+v", p.Users)
	}
	tokens := usage(t, server, session, usageURL+"/"+portal+"/"+userID(3)+"/tokens").Tokens
	if len(tokens) != 2 || tokens[0].UserIdentifier != userID(3) || tokens[0].AppIdentifier != portal || tokens[0].AccessTokenFormat != "Opaque" ||
		tokens[0].LastUsedAt != nil || tokens[1].LastUsedAt == nil || tokens[1].UseCount == 0 {
		t.Errorf("the tokens are %+v", tokens)
	}
	if p, _ := query(t, server, session, "SELECT COUNT() FROM OauthToken WHERE AppName = 'Portal' AND AppMenuItemId != null"); p.TotalSize != 10 {
		t.Errorf("%d rows of OauthToken are of the external client app, want 10", p.TotalSize)
	}

	for _, step := range []struct {
		path   string
		status int
		left   int // refresh tokens of both apps, and the connected app
	}{
		{tokens[0].RevocationURL, 204, 19},
		{tokens[0].RevocationURL, 404, 19},
		{usageURL + "/" + portal + "/" + userID(1) + "/tokens", 204, 17},
		{usageURL + "/" + portal + "/" + userID(1) + "/tokens", 204, 17},
		{usageURL + "/" + portal + "/tokens", 204, 10},
		{usageURL + "/" + loader[:15] + "/tokens", 204, 5},
		{usageURL + "/" + loader + "/tokens", 204, 5},
		{usageURL + "/0H45g0000000001/tokens", 404, 5},
		{usageURL + "/tokens/tokens", 404, 5},
		{usageURL + "/" + portal + "/users", 404, 5},
		{strings.Replace(usageURL, "64", "58", 1) + "/" + portal + "/tokens", 404, 5},
	} {
		if status := deleteUsage(t, server, session, step.path); status != step.status {
			t.Errorf("DELETE %s is answered %d, want %d", step.path, status, step.status)
		}
		if p, _ := query(t, server, session, "SELECT COUNT() FROM OauthToken"); p.TotalSize != step.left {
			t.Errorf("DELETE %s leaves %d tokens, want %d", step.path, p.TotalSize, step.left)
		}
	}
	if p := usage(t, server, session, usageURL); len(p.Apps) != 0 {
		t.Errorf("apps without tokens are listed: %+v", p.Apps)
	}
}

func TestUsagePages(t *testing.T) {
	t.Parallel()
	server := start(t, Config{Users: 250})
	session := server.Org.IssueAccessToken()
	app := server.Org.AddExternalClientApp("App", "App", 250)
	seen := map[string]bool{}
	pages := 0
	for next := usageURL + "/" + app + "/users"; ; pages++ {
		p := usage(t, server, session, next)
		if p.NextPageURL == "" || !strings.HasPrefix(p.NextPageURL, usageURL) {
			t.Fatalf("the next page is %q", p.NextPageURL)
		}
		if len(p.Users) == 0 {
			break
		}
		for _, user := range p.Users {
			seen[user.UserIdentifier] = true
		}
		next = p.NextPageURL
	}
	if pages != 3 || len(seen) != 250 {
		t.Errorf("%d users on %d pages", len(seen), pages)
	}
	for parameters, want := range map[string]int{
		"page=1&pageSize=90": 90, "page=2&pageSize=90": 70, "page=3&pageSize=90": 0,
		"pageSize=1000": 100, "pageSize=0": 100, "page=-1": 100, "page=9223372036854775807": 0, "page=x": 100,
	} {
		if p := usage(t, server, session, usageURL+"/"+app+"/users?"+parameters); len(p.Users) != want {
			t.Errorf("%s: %d users, want %d", parameters, len(p.Users), want)
		}
	}
}

func TestUsagePermission(t *testing.T) {
	t.Parallel()
	server := start(t, Config{NoUsage: true})
	app := server.Org.AddExternalClientApp("App", "App", 1)
	session := server.Org.IssueAccessToken()
	if resp := get(t, server.URL+usageURL, session); resp.status != http.StatusForbidden || !strings.Contains(resp.body, "INSUFFICIENT_ACCESS") {
		t.Errorf("answered %d %s", resp.status, resp.body)
	}
	if status := deleteUsage(t, server, session, usageURL+"/"+app+"/tokens"); status != http.StatusForbidden || !server.Org.Alive(server.Org.Tokens()[0].Value) {
		t.Errorf("deleting is answered %d", status)
	}
	if status := deleteUsage(t, server, "", usageURL+"/"+app+"/tokens"); status != http.StatusUnauthorized {
		t.Errorf("deleting without a session is answered %d", status)
	}
}

func TestUsageKeepsAccessTokens(t *testing.T) {
	t.Parallel()
	for _, keeps := range []bool{false, true} {
		t.Run(fmt.Sprint(keeps), func(t *testing.T) {
			t.Parallel()
			server := start(t, Config{UsageKeepsAccessTokens: keeps})
			session := server.Org.IssueAccessToken()
			app := server.Org.AddExternalClientApp("App", "App", 1)
			refreshToken := server.Org.Tokens()[1].Value
			accessToken := server.Org.IssueAccessTokenFrom(refreshToken)
			deleteUsage(t, server, session, usageURL+"/"+app+"/tokens")
			if server.Org.Alive(refreshToken) || server.Org.Alive(accessToken) != keeps {
				t.Errorf("alive: refresh token %t, access token %t", server.Org.Alive(refreshToken), server.Org.Alive(accessToken))
			}
		})
	}
}
