package salesforce

import (
	"context"
	"slices"
	"time"
)

// An AuthSession is a row of the object of that name: a session of a user.
type AuthSession struct {
	ID           string // no secret: nobody can sign in with it
	UserID       string
	ParentID     string // the session that it ends with; its own id if it has none
	SessionType  string // such as API, Oauth2 or UI
	LoginType    string // such as Remote Access 2.0 or Application
	SourceIP     string
	Created      time.Time
	LastModified time.Time
	Expires      *time.Time // unless it is used before; nil if the org does not say
	IsCurrent    bool       // it is of the family of the session that asked
}

// An AuthSessionFilter says which sessions are meant. What is nil means all.
type AuthSessionFilter struct {
	UserIDs      []string // as CheckUserID accepts them
	SessionTypes []string
	LoginTypes   []string
}

// parts are the clauses that mean the filter together, each short enough for a
// query.
func (f AuthSessionFilter) parts() []conditions {
	var common conditions
	if f.SessionTypes != nil {
		common.add("SessionType IN %s", oneOf(f.SessionTypes))
	}
	if f.LoginTypes != nil {
		common.add("LoginType IN %s", oneOf(f.LoginTypes))
	}
	if f.UserIDs == nil {
		return []conditions{common}
	}
	var parts []conditions
	for ids := range slices.Chunk(distinctIDs(f.UserIDs), valuesAsked) {
		part := slices.Clone(common)
		part.add("UsersId IN %s", oneOf(ids))
		parts = append(parts, part)
	}
	return parts
}

type authSessionRecord struct {
	ID           string  `json:"Id"`
	UserID       *string `json:"UsersId"`
	ParentID     *string `json:"ParentId"`
	SessionType  *string
	LoginType    *string
	SourceIP     *string   `json:"SourceIp"`
	Created      timestamp `json:"CreatedDate"`
	LastModified timestamp `json:"LastModifiedDate"`
	SecondsValid *int64    `json:"NumSecondsValid"`
	IsCurrent    bool
}

// AuthSessions returns all sessions that a filter means. A user without the
// permission "Manage Users" gets their own only, and the org does not say so.
func (a *API) AuthSessions(ctx context.Context, filter AuthSessionFilter) ([]AuthSession, error) {
	var sessions []AuthSession
	for _, where := range filter.parts() {
		records, total, err := query[authSessionRecord](ctx, a, "SELECT Id, UsersId, ParentId, SessionType, LoginType, SourceIp, "+
			"CreatedDate, LastModifiedDate, NumSecondsValid, IsCurrent FROM AuthSession"+where.String())
		if err != nil {
			return nil, err
		}
		if len(records) < total {
			return nil, &IncompleteError{What: "sessions", Listed: len(records), Counted: total}
		}
		for _, record := range records {
			sessions = append(sessions, record.session())
		}
	}
	return sessions, nil
}

// HasOtherAuthSessions reports whether the org lists a session of any user but
// the given one.
func (a *API) HasOtherAuthSessions(ctx context.Context, userID string) (bool, error) {
	rows, _, err := query[struct{}](ctx, a, "SELECT Id FROM AuthSession WHERE UsersId != "+quote(userID)+" LIMIT 1")
	return len(rows) > 0, err
}

func (r authSessionRecord) session() AuthSession {
	session := AuthSession{
		ID:           r.ID,
		UserID:       value(r.UserID),
		ParentID:     value(r.ParentID),
		SessionType:  value(r.SessionType),
		LoginType:    value(r.LoginType),
		SourceIP:     value(r.SourceIP),
		Created:      r.Created.Time,
		LastModified: r.LastModified.Time,
		IsCurrent:    r.IsCurrent,
	}
	if r.SecondsValid != nil {
		expires := r.LastModified.Add(time.Duration(*r.SecondsValid) * time.Second)
		session.Expires = &expires
	}
	return session
}

// EndSession ends a session and its child sessions. It reports whether this call
// ended it; if not, it had expired before, or ended with its parent.
func (a *API) EndSession(ctx context.Context, id string) (bool, error) {
	if err := checkRecordID(id); err != nil {
		return false, err
	}
	return a.deleteRecord(ctx, a.path("/sobjects/AuthSession/"+id))
}
