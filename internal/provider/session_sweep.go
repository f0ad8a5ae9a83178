package provider

import (
	"context"
	"errors"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/sweep"
)

// A sessionSweep ends sessions that the org lists, side by side.
type sessionSweep struct {
	*sweep.Sweep[salesforce.AuthSession]
	provider   *providerData
	api        *salesforce.API
	session    *salesforce.Session // the provider's own
	filter     salesforce.AuthSessionFilter
	includeOwn bool

	// By the latest listing.
	matched []salesforce.AuthSession // to be ended
	current int                      // spared: the session that the provider works with, and its family
	own     int                      // spared: other sessions of the signed-in user

	known      map[string]bool // the ids of all that ever matched
	restricted bool            // for all that is known, the user may see no other's sessions
	listed     int             // sessions that the org lists though it has ended them
	halt       halt
}

// errUnknownUser says that the signed-in user's sessions cannot be told apart.
var errUnknownUser = errors.New("the org does not report which user the provider's session belongs to")

// newSessionSweep asks the org which sessions match.
func (d *providerData) newSessionSweep(ctx context.Context, session *salesforce.Session, filter salesforce.AuthSessionFilter, includeOwn bool) (*sessionSweep, error) {
	if session.UserID == "" && !includeOwn {
		return nil, errUnknownUser
	}
	sessions, restricted, err := d.authSessions(ctx, session, filter)
	if err != nil {
		return nil, err
	}
	s := &sessionSweep{
		provider:   d,
		api:        d.api(),
		session:    session,
		filter:     filter,
		includeOwn: includeOwn,
		known:      make(map[string]bool),
		restricted: restricted,
	}
	s.take(sessions)
	s.Sweep = &sweep.Sweep[salesforce.AuthSession]{
		Explain:  explainAPIFailure,
		Key:      func(session salesforce.AuthSession) string { return session.ID },
		Words:    sweep.Words{Items: "sessions", Ended: "ended", AlreadyEnded: "had ended before"},
		Workers:  workersPerRequest * d.maxConcurrency,
		Expected: len(s.matched),
	}
	return s, nil
}

// authSessions returns the sessions that match a filter. They are restricted if,
// for all that is known, the user may see no other's.
func (d *providerData) authSessions(ctx context.Context, session *salesforce.Session, filter salesforce.AuthSessionFilter) (sessions []salesforce.AuthSession, restricted bool, err error) {
	limitGrowth(growthOfInventory)
	ctx = d.maskSecrets(ctx, session.AccessToken.Reveal())
	sessions, err = d.api().AuthSessions(ctx, filter)
	if err != nil || session.UserID == "" {
		return sessions, false, err
	}
	isOther := func(userID string) bool { return !salesforce.SameID(userID, session.UserID) }
	othersAsked := filter.UserIDs == nil || slices.ContainsFunc(filter.UserIDs, isOther)
	othersSeen := slices.ContainsFunc(sessions, func(s salesforce.AuthSession) bool { return isOther(s.UserID) })
	if !othersAsked || othersSeen {
		return sessions, false, nil
	}
	others, err := d.api().HasOtherAuthSessions(ctx, session.UserID)
	return sessions, !others, err
}

// take tells the sessions of a listing that are to be ended from those that are
// spared.
func (s *sessionSweep) take(sessions []salesforce.AuthSession) {
	s.matched, s.current, s.own = nil, 0, 0
	for _, session := range sessions {
		switch {
		case session.IsCurrent:
			s.current++
		case !s.includeOwn && salesforce.SameID(session.UserID, s.session.UserID):
			s.own++
		default:
			s.matched = append(s.matched, session)
			s.known[session.ID] = true
		}
	}
}

// run ends all that match. It lists again as long as anything moves, because
// users may have signed in meanwhile.
func (s *sessionSweep) run(ctx context.Context) error {
	s.End = func(_ context.Context, session salesforce.AuthSession) (sweep.Ending, error) {
		return s.end(ctx, session)
	}
	for {
		// The round goes on when ctx ends, so that the account has every session: see
		// halt.
		round, err := s.Run(context.WithoutCancel(ctx), func(yield func(salesforce.AuthSession, error) bool) {
			for _, session := range s.matched {
				if !yield(session, nil) {
					return
				}
			}
		})
		if err == nil {
			err = s.halt.reason()
		}
		if err != nil {
			return err
		}
		if round.Moved == 0 {
			s.listed = round.Listed
			return nil
		}
		sessions, err := s.api.AuthSessions(s.provider.maskSecrets(ctx, s.session.AccessToken.Reveal()), s.filter)
		if err != nil {
			return err
		}
		s.take(sessions)
	}
}

// end ends one session, unless the work was stopped. One that ended with its
// parent counts as ended by the sweep if the parent is part of it.
func (s *sessionSweep) end(ctx context.Context, session salesforce.AuthSession) (sweep.Ending, error) {
	if err := s.halt.check(ctx); err != nil {
		return 0, err
	}
	if err := s.provider.audit.open(); err != nil {
		return 0, err
	}
	ctx = s.provider.maskSecrets(ctx, s.session.AccessToken.Reveal())
	ended, err := s.api.EndSession(ctx, session.ID)
	line := auditLine{Time: s.provider.now().UTC(), Kind: "session", SessionID: session.ID, Host: hostOf(s.session.InstanceURL), Outcome: outcomeFailed}
	if err != nil {
		s.provider.audit.write(line)
		s.halt.consider(err)
		return 0, err
	}
	ending := sweep.Ended
	line.Outcome = "ended"
	if !ended && (session.ParentID == session.ID || !s.known[session.ParentID]) {
		ending, line.Outcome = sweep.AlreadyEnded, "already_ended"
	}
	s.provider.audit.write(line)
	if !s.provider.silent {
		tflog.Info(ctx, "End of a session", map[string]any{
			"session_id": session.ID,
			"user_id":    session.UserID,
			"host":       line.Host,
			"outcome":    line.Outcome,
		})
	}
	return ending, nil
}

// warnings are about sessions that the sweep leaves, or may not have seen.
func (s *sessionSweep) warnings() (diags diag.Diagnostics) {
	if s.current+s.own > 0 {
		diags.Append(sessionsSpared(s.current, s.own))
	}
	switch {
	case s.restricted:
		diags.Append(ownSessionsOnly(s.session.UserID))
	case s.Expected == 0 && s.current+s.own == 0:
		diags.Append(noSessionMatches())
	}
	return diags
}
