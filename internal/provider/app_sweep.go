package provider

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/sweep"
)

const (
	// sweepTimeout bounds work on many tokens, unless a resource's timeouts do.
	sweepTimeout = 20 * time.Minute

	// workersPerRequest is how many workers there are for each request that the
	// gate lets in: one makes the next request ready while another's is sent.
	workersPerRequest = 2
)

// A tokenSweep revokes many tokens side by side.
type tokenSweep struct {
	*sweep.Sweep[salesforce.Secret]
	revocationURL string
}

func (d *providerData) newTokenSweep(revocationURL string, expected int) tokenSweep {
	return tokenSweep{revocationURL: revocationURL, Sweep: &sweep.Sweep[salesforce.Secret]{
		End: func(ctx context.Context, token salesforce.Secret) (sweep.Ending, error) {
			outcome, err := d.revoke(ctx, d.bulk, revocationURL, token.Reveal())
			if outcome == salesforce.AlreadyInvalid {
				return sweep.AlreadyEnded, err
			}
			return sweep.Ended, err
		},
		Explain:  explainFailure,
		Key:      salesforce.Secret.Reveal,
		Words:    sweep.Words{Items: "tokens", Ended: "revoked", AlreadyEnded: "already invalid"},
		Workers:  workersPerRequest * d.maxConcurrency,
		Expected: expected,
	}}
}

// explainFailure says what an error of the client means for a sweep.
func explainFailure(err error) sweep.Failure {
	var response *salesforce.ResponseError
	var unanswered *salesforce.UnansweredError
	switch {
	case errors.As(err, &response):
		general := salesforce.ResponseError{Status: response.Status, Code: response.Code}
		return sweep.Failure{
			Reason: strings.TrimPrefix(general.Error(), "the server answered "),
			Retry:  response.Temporary() || response.BrokenOff,
		}
	case errors.As(err, &unanswered):
		return sweep.Failure{Reason: unanswered.Reason, Retry: true, NotTried: unanswered.Attempts == 0}
	}
	return sweep.Failure{Reason: err.Error()}
}

// An appSweep is a sweep of tokens that the org lists.
type appSweep struct {
	tokenSweep
	provider *providerData
	tokens   *salesforce.OauthTokens
	session  *salesforce.Session
	filter   salesforce.OauthTokenFilter

	own          int  // of the expected tokens, those of the session's own user
	restricted   bool // for all that is known, the user may see no other's tokens
	listed       int  // tokens that the org lists though it says that they are dead
	sessionEnded bool // by the sweep
}

// newAppSweep asks the org how many tokens match.
func (d *providerData) newAppSweep(ctx context.Context, filter salesforce.OauthTokenFilter) (*appSweep, error) {
	session, err := d.querySession(ctx, nil)
	if err != nil {
		return nil, err
	}
	s := &appSweep{tokens: d.oauthTokens(), session: session, filter: filter}
	expected, err := s.tokens.Count(ctx, filter)
	if err != nil {
		return nil, err
	}
	if mine, possible := filter.Only(session.UserID); possible && expected > 0 {
		if s.own, err = s.tokens.Count(ctx, mine); err != nil {
			return nil, err
		}
	}
	if s.own == expected {
		if s.restricted, err = d.isRestricted(ctx, session); err != nil {
			return nil, err
		}
	}
	// The session's host is the org that lists the tokens: another, such as a
	// login host, may not know them.
	s.tokenSweep = d.newTokenSweep(salesforce.RevocationURL(session.InstanceURL, ""), expected)
	s.provider = d
	return s, nil
}

// isRestricted reports whether the org lists no token of any other user, of
// whichever app: then the session's user may lack the permission to see them.
func (d *providerData) isRestricted(ctx context.Context, session *salesforce.Session) (bool, error) {
	others, err := d.oauthTokens().Count(ctx, salesforce.OauthTokenFilter{NotUserID: session.UserID})
	return others == 0 && session.UserID != "", err
}

// run revokes all that match. The tokens of the session's own user come last,
// because one of them may be what the session was issued from, and would end it.
func (s *appSweep) run(ctx context.Context) error {
	// A context that masks is for one goroutine: tflog writes to what it holds.
	listing := maskSecrets(ctx, s.session.AccessToken.Reveal())
	if others, possible := s.filter.Except(s.session.UserID); possible {
		for window := s.tokens.First(others); window != nil; {
			round, err := s.Run(ctx, s.comingUp(listing, window))
			if err != nil {
				return err
			}
			if round.Moved > 0 {
				continue // See what is left, now that no request is under way.
			}
			s.listed += round.Listed
			window = window.Next()
		}
	}
	if mine, possible := s.filter.Only(s.session.UserID); possible {
		return s.runOwn(ctx, listing, mine)
	}
	return nil
}

// comingUp yields what the org lists in a window, again and again as long as
// anything new comes up there in place of what was revoked.
func (s *appSweep) comingUp(listing context.Context, window *salesforce.Window) iter.Seq2[salesforce.Secret, error] {
	return func(yield func(salesforce.Secret, error) bool) {
		for isNew := true; isNew; {
			isNew = false
			for token, err := range deleteTokens(window.Rows(listing)) {
				if err == nil && !s.Seen(token) {
					isNew = true
				}
				if !yield(token, err) || err != nil {
					return
				}
			}
		}
	}
}

// runOwn reads all the tokens before it revokes the first: there may be no
// session to ask with afterwards. A user has a handful for an app, since the
// org ends the oldest of more than five.
func (s *appSweep) runOwn(ctx, listing context.Context, mine salesforce.OauthTokenFilter) error {
	tokens := *s.tokens
	for first := true; ; first = false {
		var own []salesforce.Secret
		for token, err := range deleteTokens(tokens.All(listing, mine)) {
			if !first && salesforce.IsSessionRefused(err) {
				s.sessionEnded = true
				return nil
			}
			if err != nil {
				return err
			}
			own = append(own, token)
		}
		round, err := s.Run(ctx, func(yield func(salesforce.Secret, error) bool) {
			for _, token := range own {
				if !yield(token, nil) {
					return
				}
			}
		})
		if err != nil {
			return err
		}
		if round.Moved == 0 {
			s.listed += round.Listed
			return nil
		}
		// Another session must not be asked for from here on: if this one was
		// ended with the token that it was issued from, that one is dead too.
		tokens.Session = func(context.Context, *salesforce.Session) (*salesforce.Session, error) {
			return s.provider.querySession(ctx, nil)
		}
	}
}

func deleteTokens(rows iter.Seq2[salesforce.OauthToken, error]) iter.Seq2[salesforce.Secret, error] {
	return func(yield func(salesforce.Secret, error) bool) {
		for row, err := range rows {
			if !yield(row.DeleteToken, err) {
				return
			}
		}
	}
}

// warnings are about what the org may have kept to itself.
func (s *appSweep) warnings() (diags diag.Diagnostics) {
	_, othersAsked := s.filter.Except(s.session.UserID)
	if s.Expected == 0 {
		diags.Append(matchesNothing())
	} else if othersAsked && s.restricted {
		diags.Append(ownTokensOnly(s.session.UserID))
	}
	return diags
}
