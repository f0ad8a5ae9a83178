package salesforcetest

import (
	"fmt"
	"net/http"
	"time"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest/soql"
)

// A Session is what AuthSession says of an access token. It begins and ends with
// the token.
type Session struct {
	ID       string // 18 characters; no secret
	ParentID string // its own ID if it has no parent; it ends with its parent
	Type     string // the SessionType, such as Oauth2 or UI
	Login    string // the LoginType, such as Remote Access 2.0 or Application
	SourceIP string
}

// sessionSeconds is how long the org says that an unused session is valid. The
// simulator does not end sessions when they expire.
const sessionSeconds = 7200

// AddSessions adds n sessions and returns their IDs. The i-th, from 0, belongs
// to user i mod config.Users, the first of whom is the one who signs in. The
// sessions of a user are by turns one of the browser (UI), its child (Aura),
// and one of the API. They are access tokens, which [Org.Tokens] returns.
func (o *Org) AddSessions(n int) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	ids := make([]string, n)
	browsers := map[string]*token{} // by user
	for i := range n {
		user := userID(i % o.config.Users)
		t := o.newSession(AccessToken)
		t.UserID, t.AppName = user, ""
		t.IssuedAt = t.IssuedAt.Add(-time.Duration(i%120) * time.Minute)
		t.Session.SourceIP = fmt.Sprintf("198.51.100.%d", 1+i%200)
		switch i / o.config.Users % 3 {
		case 0:
			t.Session.Type, t.Session.Login = "UI", "Application"
			browsers[user] = t
		case 1:
			t.Session.Type, t.Session.Login = "Aura", "Application"
			t.Session.ParentID = browsers[user].Session.ID
			browsers[user].children = append(browsers[user].children, t)
		default:
			t.Session.Type, t.Session.Login = "API", "Other Apex API"
		}
		o.tokens.add(t)
		ids[i] = t.Session.ID
	}
	return ids
}

// authSessions has a row for each session that has not ended.
func (o *Org) authSessions(caller Token) []soql.Row {
	var rows []soql.Row
	for _, t := range o.tokens.all {
		if t.Session.ID == "" || !t.Alive || !o.maySee(caller, t) {
			continue
		}
		modified := t.IssuedAt
		if t.LastUsed.After(modified) {
			modified = t.LastUsed
		}
		rows = append(rows, soql.Row{
			soql.RecordID(t.Session.ID), soql.RecordID(t.UserID), t.IssuedAt, modified, sessionSeconds, "Standard",
			t.Session.SourceIP, t.Session.Login, t.Session.Type, "STANDARD",
			soql.RecordID(t.Session.ParentID), nil,
			t.Session.ParentID == caller.Session.ParentID, t.Kind == JWTAccessToken,
		})
	}
	return rows
}

func (o *Org) maySee(caller Token, t *token) bool {
	return !o.config.OwnSessionsOnly || t.UserID == caller.UserID
}

// serveDeleteSession ends a session, and the sessions below it, everywhere.
func (o *Org) serveDeleteSession(w http.ResponseWriter, r *http.Request, caller Token) {
	o.mu.Lock()
	defer o.mu.Unlock()
	t := o.tokens.session(r.PathValue("id"))
	switch {
	case t == nil || !t.Alive:
		writeNotFound(w)
	case !o.maySee(caller, t):
		writeAPIError(w, http.StatusForbidden, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
	default:
		t.revoke()
		w.WriteHeader(http.StatusNoContent)
	}
}
