package salesforce_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

const sessionsPath = fake.DataPath + "/" + salesforce.DefaultAPIVersion + "/sobjects/AuthSession/"

func sessions(t *testing.T, api *salesforce.API, filter salesforce.AuthSessionFilter) []salesforce.AuthSession {
	t.Helper()
	sessions, err := api.AuthSessions(t.Context(), filter)
	if err != nil {
		t.Fatal(err)
	}
	return sessions
}

func TestAuthSessions(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	server := newServer(t, fake.Config{Users: 1000, Now: func() time.Time { return now }})
	server.Org.AddSessions(5000)
	api := newAPI(t, server)

	users := map[string]bool{}
	ids := map[string]bool{}
	current := 0
	for _, session := range sessions(t, api, salesforce.AuthSessionFilter{}) {
		users[session.UserID] = true
		ids[session.ID] = true
		if session.IsCurrent {
			current++
		}
		if session.ParentID == "" || session.SourceIP == "" || session.LoginType == "" || session.SessionType == "" ||
			session.Expires == nil || !session.Expires.Equal(session.LastModified.Add(2*time.Hour)) || session.Created.After(session.LastModified) {
			t.Fatalf("a session is %+v", session)
		}
	}
	if len(ids) != 5001 || len(users) != 1000 || current != 1 {
		t.Errorf("%d sessions of %d users are listed, %d of them current", len(ids), len(users), current)
	}

	var some []string
	for user := range users {
		if some = append(some, user, user[:15]); len(some) == 1400 {
			break
		}
	}
	for name, test := range map[string]struct {
		filter salesforce.AuthSessionFilter
		want   int
	}{
		"users":       {salesforce.AuthSessionFilter{UserIDs: some}, 3500},
		"no users":    {salesforce.AuthSessionFilter{UserIDs: []string{}}, 0},
		"types":       {salesforce.AuthSessionFilter{SessionTypes: []string{"Oauth2", "ui"}}, 2000 + 1},
		"login types": {salesforce.AuthSessionFilter{LoginTypes: []string{"Remote Access 2.0"}}, 1},
		"together": {salesforce.AuthSessionFilter{
			UserIDs: some, SessionTypes: []string{"Aura", "x' OR Id != '"}, LoginTypes: []string{"Application"},
		}, 1400},
	} {
		found := sessions(t, api, test.filter)
		for _, session := range found {
			delete(ids, session.ID) // once
		}
		// The one who signs in may be among them, and has a session more.
		if extra := len(found) - test.want; extra != 0 && (name != "users" || extra != 1) {
			t.Errorf("%s: %d sessions are listed, want %d", name, len(found), test.want)
		}
	}
}

func TestEndSession(t *testing.T) {
	t.Parallel()
	server := newServer(t, fake.Config{})
	ids := server.Org.AddSessions(15)
	api := newAPI(t, server)
	end := func(id string) bool {
		t.Helper()
		ended, err := api.EndSession(t.Context(), id)
		if err != nil {
			t.Errorf("ending %s: %v", id, err)
		}
		return ended
	}
	parent, child := ids[1], ids[6]
	if !end(parent) || end(parent) || end(child) {
		t.Error("a session, and the one below it, did not end once")
	}
	if !end(ids[2][:15]) {
		t.Error("an id of 15 characters is not known")
	}
	if left := len(sessions(t, api, salesforce.AuthSessionFilter{})); left != 15+1-4 { // two of them with their parents
		t.Errorf("%d sessions are left", left)
	}
	// The answer to the first attempt is lost: the session has ended by this call.
	api.Client.MaxRetries = 1
	server.Org.Script(sessionsPath+ids[3], fake.DropAfter())
	if !end(ids[3]) {
		t.Error("a session that the first of two attempts ended counts as ended before")
	}
	before := len(server.Org.Requests())
	for _, id := range []string{"", "../User/" + ids[4], ids[4] + "?x=y", "0Ak"} {
		if _, err := api.EndSession(t.Context(), id); err == nil {
			t.Errorf("%q is no id, and no error", id)
		}
	}
	if n := len(server.Org.Requests()); n != before {
		t.Errorf("%d requests were sent for ids of no form", n-before)
	}
}

// A session counts as ended only if the org says so.
func TestEndSessionErrors(t *testing.T) {
	t.Parallel()
	server := newServer(t, fake.Config{})
	api := newAPI(t, server)
	id := server.Org.AddSessions(1)[0]
	for name, test := range map[string]struct {
		fault fake.Fault
		code  string // of a *ResponseError
		want  string // in the error
	}{
		"limit":           {fake.APIError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), "REQUEST_LIMIT_EXCEEDED", ""},
		"not allowed":     {fake.APIError(403, "INSUFFICIENT_ACCESS_OR_READONLY", ""), "INSUFFICIENT_ACCESS_OR_READONLY", ""},
		"malformed":       {fake.APIError(400, "MALFORMED_ID", ""), "MALFORMED_ID", ""},
		"another 404":     {fake.Status(404, nil, "Bad_Id"), "", "404"},
		"a page, 404":     {fake.Status(404, http.Header{"Content-Type": {"text/html"}}, "<html>"), "", "404"},
		"a page, 200":     {fake.HTML(), "", "200"},
		"redirect":        {fake.Redirect(302, "https://evil.example/"), "", "evil.example"},
		"server error":    {fake.Status(500, nil, ""), "", "500"},
		"no answer":       {fake.DropBefore(), "", "no final answer"},
		"session over":    {fake.APIError(401, "INVALID_SESSION_ID", ""), "INVALID_SESSION_ID", ""},
		"session repeats": {fake.Echo(400), "server_error", "[redacted]"},
	} {
		t.Run(name, func(t *testing.T) {
			server.Org.Script(sessionsPath, test.fault)
			_, err := api.EndSession(t.Context(), id)
			var response *salesforce.ResponseError
			if err == nil || !strings.Contains(err.Error(), test.want) || test.code != "" && (!errors.As(err, &response) || response.Code != test.code) {
				t.Errorf("the error is %v", err)
			}
		})
	}
	if ended, err := api.EndSession(t.Context(), id); !ended || err != nil {
		t.Errorf("in the end: %t, %v", ended, err)
	}
}

// A user without "Manage Users" gets their own sessions only.
func TestAuthSessionsOfOneself(t *testing.T) {
	t.Parallel()
	server := newServer(t, fake.Config{OwnSessionsOnly: true})
	ids := server.Org.AddSessions(10)
	api := newAPI(t, server)
	if n := len(sessions(t, api, salesforce.AuthSessionFilter{})); n != 3 {
		t.Errorf("%d sessions are listed, want 3", n)
	}
	var response *salesforce.ResponseError
	if _, err := api.EndSession(t.Context(), ids[1]); !errors.As(err, &response) || response.Code != "INSUFFICIENT_ACCESS_OR_READONLY" {
		t.Errorf("ending somebody else's session: %v", err)
	}
}

func TestHasOtherAuthSessions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ownOnly  bool
		sessions int
		want     bool
	}{
		"none but that which asks": {false, 0, false},
		"one of another user":      {false, 2, true},
		"others are not shown":     {true, 10, false},
	} {
		server := newServer(t, fake.Config{OwnSessionsOnly: test.ownOnly})
		server.Org.AddSessions(test.sessions)
		api := newAPI(t, server)
		if got, err := api.HasOtherAuthSessions(t.Context(), server.Org.Tokens()[0].UserID); got != test.want || err != nil {
			t.Errorf("%s: %t, %v; want %t", name, got, err, test.want)
		}
	}
}

func TestAuthSessionsThatAreShort(t *testing.T) {
	t.Parallel()
	server := newServer(t, fake.Config{})
	server.Org.Script(queryPath, fake.Status(200, nil, `{"totalSize":3,"done":true,"records":[]}`))
	_, err := newAPI(t, server).AuthSessions(t.Context(), salesforce.AuthSessionFilter{})
	var incomplete *salesforce.IncompleteError
	if !errors.As(err, &incomplete) || err.Error() != "the org lists 0 of the 3 sessions that it counts" {
		t.Errorf("the error is %v", err)
	}
}

// A session of no length expires at once, and one whose length the org does not
// report at no time that is known.
func TestAuthSessionExpires(t *testing.T) {
	t.Parallel()
	server := newServer(t, fake.Config{})
	api := newAPI(t, server)
	modified := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for seconds, want := range map[string]*time.Time{"0": &modified, "null": nil} {
		server.Org.Script(queryPath, fake.Status(200, nil, `{"totalSize":1,"done":true,"records":[{"Id":"0Ak5g0000000001","CreatedDate":"2030-01-02T03:04:05.000+0000",`+
			`"LastModifiedDate":"2030-01-02T03:04:05.000+0000","NumSecondsValid":`+seconds+`}]}`))
		got := sessions(t, api, salesforce.AuthSessionFilter{})[0].Expires
		if (got == nil) != (want == nil) || got != nil && !got.Equal(*want) {
			t.Errorf("NumSecondsValid of %s: expires %v, want %v", seconds, got, want)
		}
	}
}
