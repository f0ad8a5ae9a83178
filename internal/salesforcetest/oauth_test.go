package salesforcetest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestRevokeCascade(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	org := server.Org
	type tokens struct{ alone, jwt, refresh, delete, first, second string }
	for name, tc := range map[string]struct {
		revoke func(tokens) string
		dead   func(tokens) []string
	}{
		"access token":              {func(x tokens) string { return x.alone }, func(x tokens) []string { return []string{x.alone} }},
		"JWT access token":          {func(x tokens) string { return x.jwt }, func(x tokens) []string { return []string{x.jwt} }},
		"access token of a refresh": {func(x tokens) string { return x.first }, func(x tokens) []string { return []string{x.first} }},
		"refresh token": {
			func(x tokens) string { return x.refresh },
			func(x tokens) []string { return []string{x.refresh, x.delete, x.first, x.second} },
		},
		"delete token": {
			func(x tokens) string { return x.delete },
			func(x tokens) []string { return []string{x.refresh, x.delete, x.first, x.second} },
		},
		"unknown token": {func(tokens) string { return "unknown" }, func(tokens) []string { return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			x := tokens{alone: org.IssueAccessToken(), jwt: org.IssueJWTAccessToken(), refresh: org.IssueRefreshToken()}
			x.first, x.second = org.IssueAccessTokenFrom(x.refresh), org.IssueAccessTokenFrom(x.refresh)
			for _, token := range org.Tokens() {
				if token.Value == x.refresh {
					x.delete = token.DeleteToken
				}
			}
			dead := map[string]bool{}
			for _, token := range tc.dead(x) {
				dead[token] = true
			}
			resp := revoke(t, server, tc.revoke(x))
			if len(dead) > 0 && (resp.status != http.StatusOK || resp.body != "") {
				t.Errorf("answered %d %q", resp.status, resp.body)
			}
			for _, token := range []string{x.alone, x.jwt, x.refresh, x.delete, x.first, x.second} {
				if org.Alive(token) == dead[token] {
					t.Errorf("%+v: alive(%q) is %t", x, token, org.Alive(token))
				}
			}
			if resp := revoke(t, server, tc.revoke(x)); resp.status != http.StatusBadRequest ||
				resp.body != "error=invalid_token&error_description=invalid%20token" {
				t.Errorf("revoking the dead answered %d %q", resp.status, resp.body)
			}
		})
	}
}

func TestRevokeForms(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	for name, tc := range map[string]struct {
		method string
		query  func(token string) string
		body   func(token string) string
		status int
		answer string
	}{
		"raw exclamation mark": {http.MethodPost, nil, func(token string) string { return "token=" + token }, 200, ""},
		"percent-encoded":      {http.MethodPost, nil, func(token string) string { return "token=" + url.QueryEscape(token) }, 200, ""},
		"GET":                  {http.MethodGet, func(token string) string { return "?token=" + token }, nil, 200, ""},
		"no token": {
			http.MethodPost, nil, nil, 400,
			"error=unsupported_token_type&error_description=this%20token%20type%20is%20not%20supported",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token := server.Org.IssueAccessToken()
			target, body := server.URL+RevokePath, ""
			if tc.query != nil {
				target += tc.query(token)
			}
			if tc.body != nil {
				body = tc.body(token)
			}
			req, err := http.NewRequestWithContext(t.Context(), tc.method, target, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			if err := resp.Write(&got); err != nil {
				t.Fatal(err)
			}
			if err := resp.Body.Close(); err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != tc.status || !strings.HasSuffix(got.String(), "\r\n\r\n"+tc.answer) {
				t.Errorf("answered %s", got.String())
			}
			if server.Org.Alive(token) != (tc.status != 200) {
				t.Errorf("alive: %t", server.Org.Alive(token))
			}
		})
	}
}

// A revoked token serves so many requests, and not one more.
func TestRevocationLag(t *testing.T) {
	t.Parallel()
	server := start(t, Config{RevocationLag: 2})
	token := server.Org.IssueAccessToken()
	if !server.Org.Revoke(token) || server.Org.Alive(token) {
		t.Fatal("the token was not revoked")
	}
	for i, want := range []int{200, 200, 403, 403} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+UserinfoPath, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("request %d was answered %d; want %d", i+1, resp.StatusCode, want)
		}
	}
}

// A tokenReply is what the token endpoint answers, good or bad.
type tokenReply struct {
	AccessToken      string `json:"access_token"`
	RefreshToken     string `json:"refresh_token"`
	InstanceURL      string `json:"instance_url"`
	ID               string `json:"id"`
	IssuedAt         string `json:"issued_at"`
	TokenType        string `json:"token_type"`
	Error            string `json:"error"`
	ErrorDescription string `json:"error_description"`
}

func signIn(t *testing.T, server *Server, form url.Values) tokenReply {
	t.Helper()
	var reply tokenReply
	post(t, server.URL+TokenPath, form).decode(t, &reply)
	return reply
}

func clientCredentials() url.Values {
	return url.Values{
		"grant_type":    {"client_credentials"},
		"client_id":     {DefaultClientID},
		"client_secret": {DefaultClientSecret},
	}
}

func refresh(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "client_id": {DefaultClientID}, "refresh_token": {token}}
}

func TestTokenErrors(t *testing.T) {
	t.Parallel()
	server := start(t, Config{RefreshTokens: []string{"live"}})
	with := func(form url.Values, name, value string) url.Values {
		form.Set(name, value)
		return form
	}
	for name, tc := range map[string]struct {
		form              url.Values
		code, description string
	}{
		"no grant type":      {url.Values{}, "unsupported_grant_type", "grant type not supported"},
		"wrong client":       {with(clientCredentials(), "client_id", "x"), "invalid_client_id", "client identifier invalid"},
		"wrong secret":       {with(clientCredentials(), "client_secret", "x"), "invalid_client", "invalid client credentials"},
		"no secret":          {with(clientCredentials(), "client_secret", ""), "invalid_client", "invalid client credentials"},
		"unknown refresh":    {refresh("unknown"), "invalid_grant", "expired access/refresh token"},
		"refresh bad secret": {with(refresh("live"), "client_secret", "x"), "invalid_client", "invalid client credentials"},
		"no certificate": {
			url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {"a.b.c"}},
			"invalid_grant", "invalid assertion",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := post(t, server.URL+TokenPath, tc.form)
			var got tokenReply
			resp.decode(t, &got)
			if resp.status != 400 || got.Error != tc.code || got.ErrorDescription != tc.description || got.AccessToken != "" {
				t.Errorf("answered %d %s", resp.status, resp.body)
			}
		})
	}
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1900000000123)
	server := start(t, Config{Now: func() time.Time { return now }})
	reply := signIn(t, server, clientCredentials())
	want := tokenReply{
		AccessToken: reply.AccessToken,
		InstanceURL: server.URL,
		ID:          server.URL + "/id/" + DefaultOrganizationID + "/" + userID(0),
		IssuedAt:    "1900000000123",
		TokenType:   "Bearer",
	}
	if reply != want {
		t.Errorf("answered %+v, want %+v", reply, want)
	}
	if !server.Org.Alive(reply.AccessToken) {
		t.Error("the token does not live")
	}
	if again := signIn(t, server, clientCredentials()); again.AccessToken == reply.AccessToken {
		t.Error("two sign-ins share a session")
	}
}

func TestBasicAuthentication(t *testing.T) {
	t.Parallel()
	server := start(t, Config{ClientID: "id with space", ClientSecret: "secret+100%"})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+TokenPath, strings.NewReader("grant_type=client_credentials"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape("id with space"), url.QueryEscape("secret+100%"))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestSharedSessions(t *testing.T) {
	t.Parallel()
	server := start(t, Config{ShareSessions: true, RefreshTokens: []string{"one", "two"}})
	first := signIn(t, server, clientCredentials()).AccessToken
	if second := signIn(t, server, clientCredentials()).AccessToken; second != first {
		t.Error("the second sign-in got a token of its own")
	}
	if signIn(t, server, refresh("one")).AccessToken == signIn(t, server, refresh("two")).AccessToken {
		t.Error("two refresh tokens share an access token")
	}
	revoke(t, server, first)
	if third := signIn(t, server, clientCredentials()).AccessToken; third == first {
		t.Error("a dead token was handed out")
	}
}

func TestJWTAccessTokens(t *testing.T) {
	t.Parallel()
	server := start(t, Config{JWTAccessTokens: true})
	token := signIn(t, server, clientCredentials()).AccessToken
	if strings.Count(token, ".") != 2 {
		t.Errorf("token %q", token)
	}
	if resp := get(t, server.URL+UserinfoPath, token); resp.status != 200 {
		t.Errorf("it is no session: %d", resp.status)
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	server := start(t, Config{RefreshTokens: []string{"5Aep861.live=="}})
	reply := signIn(t, server, refresh("5Aep861.live=="))
	if reply.AccessToken == "" || reply.RefreshToken != "" {
		t.Errorf("answered %+v", reply)
	}
	if token := server.Org.Tokens()[0]; token.UseCount != 1 || token.LastUsed.IsZero() {
		t.Errorf("the use was not counted: %+v", token)
	}
	revoke(t, server, "5Aep861.live==")
	if server.Org.Alive(reply.AccessToken) {
		t.Error("the access token outlives its refresh token")
	}
	if reply := signIn(t, server, refresh("5Aep861.live==")); reply.Error != "invalid_grant" {
		t.Errorf("a dead refresh token answered %+v", reply)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	server := start(t, Config{RefreshTokens: []string{"first"}, RotateRefreshTokens: true})
	one := signIn(t, server, refresh("first"))
	if one.RefreshToken == "" || server.Org.Alive("first") {
		t.Fatalf("not rotated: %+v", one)
	}
	if again := signIn(t, server, refresh("first")); again.Error != "invalid_grant" {
		t.Errorf("the old refresh token answered %+v", again)
	}
	two := signIn(t, server, refresh(one.RefreshToken))
	revoke(t, server, two.RefreshToken)
	if server.Org.Alive(one.AccessToken) || server.Org.Alive(two.AccessToken) {
		t.Error("an access token outlives the rotated refresh token")
	}
}

func TestIntrospect(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	token := server.Org.IssueAccessToken()
	introspect := func(form url.Values) (active bool, status int) {
		resp := post(t, server.URL+IntrospectPath, form)
		var reply struct{ Active bool }
		resp.decode(t, &reply)
		return reply.Active, resp.status
	}
	form := clientCredentials()
	form.Set("token", token)
	if active, status := introspect(form); !active || status != 200 {
		t.Errorf("active %t, status %d", active, status)
	}
	revoke(t, server, token)
	if active, status := introspect(form); active || status != 200 {
		t.Errorf("dead: active %t, status %d", active, status)
	}
	form.Set("client_secret", "wrong")
	if active, status := introspect(form); active || status != 401 {
		t.Errorf("wrong secret: active %t, status %d", active, status)
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	live, dead := server.Org.IssueAccessToken(), server.Org.IssueAccessToken()
	refreshToken := server.Org.IssueRefreshToken()
	revoke(t, server, dead)
	own := "/id/" + DefaultOrganizationID + "/" + userID(0)
	for name, tc := range map[string]struct {
		path, session string
		status        int
		want          string
	}{
		"userinfo":               {UserinfoPath, live, 200, `"preferred_username":"admin@example.com"`},
		"userinfo, dead":         {UserinfoPath, dead, 403, "Bad_OAuth_Token"},
		"userinfo, none":         {UserinfoPath, "", 403, "Bad_OAuth_Token"},
		"userinfo, refresh":      {UserinfoPath, refreshToken, 403, "Bad_OAuth_Token"},
		"identity":               {own, live, 200, `"organization_id":"` + DefaultOrganizationID + `"`},
		"identity by parameter":  {own + "?format=json&oauth_token=" + live, "", 200, `"user_id":"` + userID(0) + `"`},
		"identity, dead":         {own, dead, 403, "Bad_OAuth_Token"},
		"identity, none":         {own, "", 403, "Missing_OAuth_Token"},
		"identity, another org":  {"/id/00D000000000000AAA/" + userID(0), live, 403, "Wrong_Org"},
		"identity, another user": {"/id/" + DefaultOrganizationID + "/" + userID(1), live, 404, "Bad_Id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := get(t, server.URL+tc.path, tc.session)
			if resp.status != tc.status || !strings.Contains(resp.body, tc.want) {
				t.Errorf("answered %d %s", resp.status, resp.body)
			}
			if tc.status == 200 && !json.Valid([]byte(resp.body)) {
				t.Errorf("not JSON: %s", resp.body)
			}
		})
	}
}
