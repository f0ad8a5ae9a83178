package salesforcetest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A sessionPage is the answer to a query of AuthSession.
type sessionPage struct {
	TotalSize      int
	Done           bool
	NextRecordsURL string `json:"nextRecordsUrl"`
	Records        []struct {
		ID                             string `json:"Id"`
		UsersID                        string `json:"UsersId"`
		ParentID                       string `json:"ParentId"`
		LoginType, SessionType         string
		CreatedDate, LastModifiedDate  string
		NumSecondsValid                int
		IsCurrent                      bool
		IsAssociatedWithJwtAccessToken bool
	}
}

func sessions(t *testing.T, server *Server, caller, where string) sessionPage {
	t.Helper()
	resp := get(t, queryURL(server, `SELECT Id, UsersId, ParentId, LoginType, SessionType, CreatedDate, LastModifiedDate, NumSecondsValid,
		IsCurrent, IsAssociatedWithJwtAccessToken FROM AuthSession `+where), caller)
	if resp.status != http.StatusOK {
		t.Fatalf("%d %s", resp.status, resp.body)
	}
	var p sessionPage
	resp.decode(t, &p)
	return p
}

func deleteSession(t *testing.T, server *Server, caller, id string) response {
	t.Helper()
	resp, err := try(t.Context(), http.MethodDelete, server.URL+DataPath+"/v64.0/sobjects/AuthSession/"+id, caller, nil)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// Each access token has a session, which is dead everywhere once it was deleted.
func TestSessionsOfTokens(t *testing.T) {
	t.Parallel()
	server := start(t, Config{RefreshTokens: []string{"refresh"}})
	caller := server.Org.IssueAccessToken()
	signedIn := post(t, server.URL+TokenPath, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {DefaultClientID}, "client_secret": {DefaultClientSecret},
	})
	var reply struct {
		AccessToken string `json:"access_token"`
	}
	signedIn.decode(t, &reply)
	for name, token := range map[string]string{
		"client credentials": reply.AccessToken,
		"opaque":             server.Org.IssueAccessToken(),
		"JWT":                server.Org.IssueJWTAccessToken(),
		"of a refresh token": server.Org.IssueAccessTokenFrom("refresh"),
	} {
		var session Session
		for _, known := range server.Org.Tokens() {
			if known.Value == token {
				session = known.Session
			}
		}
		p := sessions(t, server, caller, "WHERE Id = '"+session.ID+"'")
		if p.TotalSize != 1 || p.Records[0].ParentID != session.ID || p.Records[0].UsersID != userID(0) || p.Records[0].SessionType != "Oauth2" ||
			p.Records[0].IsCurrent || p.Records[0].IsAssociatedWithJwtAccessToken != (name == "JWT") {
			t.Errorf("%s: the session is %+v", name, p)
		}
		if resp := get(t, server.URL+DataPath+"/v64.0/sobjects/AuthSession/"+session.ID, caller); resp.status != 200 || !strings.Contains(resp.body, session.ID) {
			t.Errorf("%s: the record is %d %s", name, resp.status, resp.body)
		}

		if resp := deleteSession(t, server, caller, session.ID); resp.status != http.StatusNoContent || resp.body != "" {
			t.Errorf("%s: deleting is answered %d %s", name, resp.status, resp.body)
		}
		if resp := get(t, server.URL+UserinfoPath, token); resp.status != http.StatusForbidden {
			t.Errorf("%s: userinfo answers %d", name, resp.status)
		}
		if resp := get(t, server.URL+DataPath+"/v64.0", token); resp.status != http.StatusUnauthorized {
			t.Errorf("%s: the REST API answers %d", name, resp.status)
		}
		if resp := revoke(t, server, token); resp.status != 400 || !strings.Contains(resp.body, "error=invalid_token") {
			t.Errorf("%s: revoking answers %d %s", name, resp.status, resp.body)
		}
		for _, gone := range []string{session.ID, session.ID[:15]} {
			if resp := deleteSession(t, server, caller, gone); resp.status != http.StatusNotFound || !strings.Contains(resp.body, "NOT_FOUND") {
				t.Errorf("%s: deleting once more is answered %d %s", name, resp.status, resp.body)
			}
		}
	}
	if !server.Org.Alive("refresh") {
		t.Error("ending a session has ended the refresh token that it came from")
	}
	revoked := server.Org.IssueAccessToken()
	before := sessions(t, server, caller, "").TotalSize
	revoke(t, server, revoked)
	if n := sessions(t, server, caller, "").TotalSize; n != before-1 {
		t.Errorf("revoking a token leaves %d of %d sessions", n, before)
	}
	for _, unknown := range []string{"x", "0Ak5g0000009999", "' OR 1", server.Org.Tokens()[1].UserID} {
		if resp := deleteSession(t, server, caller, url.PathEscape(unknown)); resp.status != http.StatusNotFound {
			t.Errorf("%q: deleting is answered %d %s", unknown, resp.status, resp.body)
		}
	}
}

func TestAddSessions(t *testing.T) {
	t.Parallel()
	server := start(t, Config{Users: 7})
	ids := server.Org.AddSessions(7 * 3)
	caller := server.Org.IssueAccessToken()
	all := sessions(t, server, caller, "")
	users, types := map[string]int{}, map[string]int{}
	for _, record := range all.Records {
		users[record.UsersID]++
		types[record.SessionType]++
	}
	if all.TotalSize != 22 || len(users) != 7 || users[userID(0)] != 4 || users[userID(6)] != 3 || types["UI"] != 7 || types["Aura"] != 7 || types["API"] != 7 {
		t.Errorf("%d sessions of %v, %v", all.TotalSize, users, types)
	}
	if p := sessions(t, server, caller, "WHERE IsCurrent = true"); p.TotalSize != 1 || p.Records[0].LoginType != "Remote Access 2.0" {
		t.Errorf("the current sessions are %+v", p)
	}

	// The second of user 1 is the child of the first, the third is not.
	parent, child, other := ids[1], ids[7+1], ids[14+1]
	if p := sessions(t, server, caller, "WHERE ParentId = '"+parent+"' AND Id != '"+parent+"'"); p.TotalSize != 1 || p.Records[0].ID != child {
		t.Errorf("the children of %s are %+v", parent, p)
	}
	tokens := map[string]Token{}
	for _, token := range server.Org.Tokens() {
		tokens[token.Session.ID] = token
	}
	if resp := get(t, server.URL+DataPath+"/v64.0", tokens[child].Value); resp.status != 200 {
		t.Errorf("a session that was added is answered %d", resp.status)
	}
	// Whoever calls with a child sees the whole family as current.
	if p := sessions(t, server, tokens[child].Value, "WHERE IsCurrent = true"); p.TotalSize != 2 {
		t.Errorf("%d sessions of a family of 2 are current", p.TotalSize)
	}
	deleteSession(t, server, caller, parent)
	if server.Org.Alive(tokens[child].Value) || !server.Org.Alive(tokens[other].Value) {
		t.Error("a parent has not taken its child along, and nothing else")
	}
	if resp := deleteSession(t, server, caller, child); resp.status != http.StatusNotFound {
		t.Errorf("deleting a child that went with its parent is answered %d", resp.status)
	}
}

func TestSessionPages(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	server.Org.AddSessions(4999)
	caller := server.Org.IssueAccessToken()
	p := sessions(t, server, caller, "")
	if p.TotalSize != 5000 || len(p.Records) != 2000 || p.Done {
		t.Fatalf("the first page has %d of %d rows", len(p.Records), p.TotalSize)
	}
	seen := map[string]bool{}
	for {
		for _, record := range p.Records {
			seen[record.ID] = true
		}
		if p.Done {
			break
		}
		resp := get(t, server.URL+p.NextRecordsURL, caller)
		p = sessionPage{}
		resp.decode(t, &p)
	}
	if len(seen) != 5000 {
		t.Errorf("the pages have %d sessions", len(seen))
	}
}

func TestSessionPermissions(t *testing.T) {
	t.Parallel()
	server := start(t, Config{OwnSessionsOnly: true})
	ids := server.Org.AddSessions(10)
	caller := server.Org.IssueAccessToken()
	if p := sessions(t, server, caller, ""); p.TotalSize != 3 {
		t.Errorf("a user sees %d sessions, want their own 3", p.TotalSize)
	}
	if resp := deleteSession(t, server, caller, ids[1]); resp.status != http.StatusForbidden || !strings.Contains(resp.body, "INSUFFICIENT_ACCESS_OR_READONLY") {
		t.Errorf("ending somebody else's session is answered %d %s", resp.status, resp.body)
	}
	if resp := deleteSession(t, server, caller, ids[0]); resp.status != http.StatusNoContent {
		t.Errorf("ending a session of one's own is answered %d %s", resp.status, resp.body)
	}
	if resp := deleteSession(t, server, "", ids[5]); resp.status != http.StatusUnauthorized {
		t.Errorf("ending a session without one is answered %d", resp.status)
	}
}

// Fields exist from a version on.
func TestSessionFields(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	caller := server.Org.IssueAccessToken()
	for version, want := range map[string]map[string]int{
		"v36.0": {"SourceIp": 200, "IsCurrent": 400, "IsAssociatedWithJwtAccessToken": 400},
		"v63.0": {"SourceIp": 200, "IsCurrent": 200, "IsAssociatedWithJwtAccessToken": 400},
		"v64.0": {"SourceIp": 200, "IsCurrent": 200, "IsAssociatedWithJwtAccessToken": 200},
	} {
		for field, status := range want {
			url := strings.Replace(queryURL(server, "SELECT "+field+" FROM AuthSession"), "v64.0", version, 1)
			if resp := get(t, url, caller); resp.status != status {
				t.Errorf("%s in %s is answered %d, want %d", field, version, resp.status, status)
			}
		}
	}
}
