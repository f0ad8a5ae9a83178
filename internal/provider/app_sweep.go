package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/sweep"
)

// An appRevocation revokes the tokens of an app that the org lists, whichever way
// it lists them.
type appRevocation interface {
	org() *salesforce.Session
	expected() int // how many tokens match
	run(context.Context) error

	// While it runs, and afterwards.
	Account() sweep.Account
	Progress() string
	Report(func(progress string)) (stop func())

	failure(err error, when moment) diag.Diagnostic // that tokens are left; err is what ended run, or nil
	notes() diag.Diagnostics                        // about what run has met
	warnings() diag.Diagnostics                     // about what the org may have kept to itself
}

var (
	_ appRevocation = (*appSweep)(nil)
	_ appRevocation = (*externalAppSweep)(nil)
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
	*sweep.Sweep[sweptToken]
	revocationURL string
}

// A sweptToken is what revokes a token: the token itself, or its delete token.
type sweptToken struct {
	salesforce.Secret
	row string // tells those apart that have none
}

func (t sweptToken) key() string {
	if t.IsEmpty() {
		return "row " + t.row // No token has a blank.
	}
	return t.Reveal()
}

func (d *providerData) newTokenSweep(revocationURL string, expected int) tokenSweep {
	return tokenSweep{revocationURL: revocationURL, Sweep: &sweep.Sweep[sweptToken]{
		End: func(ctx context.Context, token sweptToken) (sweep.Ending, error) {
			if token.IsEmpty() {
				return 0, errNoDeleteToken
			}
			outcome, err := d.revoke(ctx, d.bulk, revocationURL, token.Reveal())
			if outcome == salesforce.AlreadyInvalid {
				return sweep.AlreadyEnded, err
			}
			return sweep.Ended, err
		},
		Explain:  explainFailure,
		Key:      sweptToken.key,
		Words:    tokenWords,
		Workers:  workersPerRequest * d.maxConcurrency,
		Expected: expected,
	}}
}

var tokenWords = sweep.Words{Items: "tokens", Ended: "revoked", AlreadyEnded: "already invalid"}

// failure reports that tokens are left. err is what ended the sweep early, or nil.
func (s tokenSweep) failure(err error, when moment) diag.Diagnostic {
	return notSwept("POST "+s.revocationURL, s.Account(), err, when)
}

// errNoDeleteToken says that a token is valid, and that a sweep cannot revoke it.
var errNoDeleteToken = errors.New("the org lists no delete token")

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

// An appSweep is a sweep of tokens that the org lists in OauthToken.
type appSweep struct {
	tokenSweep
	provider *providerData
	api      *salesforce.API
	session  *salesforce.Session
	filter   salesforce.OauthTokenFilter

	own          int  // of the expected tokens, those of the session's own user
	restricted   bool // the org lists no other user's tokens, of any app
	listed       int  // tokens that the org still lists although it reported them as invalid
	sessionEnded bool // by the sweep
}

// newAppSweep asks the org how many tokens match.
func (d *providerData) newAppSweep(ctx context.Context, session *salesforce.Session, filter salesforce.OauthTokenFilter) (*appSweep, error) {
	s := &appSweep{api: d.api(), session: session, filter: filter}
	expected, err := s.api.CountOauthTokens(ctx, filter)
	if err != nil {
		return nil, err
	}
	if mine, possible := filter.Only(session.UserID); possible && expected > 0 {
		if s.own, err = s.api.CountOauthTokens(ctx, mine); err != nil {
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
	if session.UserID == "" {
		return false, nil
	}
	others, err := d.api().HasOauthTokens(ctx, salesforce.OauthTokenFilter{NotUserID: session.UserID})
	return !others, err
}

// run revokes all that match. The tokens of the session's own user come last,
// because one of them may be what the session was issued from, and would end it.
func (s *appSweep) run(ctx context.Context) error {
	// A context that masks is for one goroutine: tflog writes to what it holds.
	listing := s.provider.maskSecrets(ctx, s.session.AccessToken.Reveal())
	if others, possible := s.filter.Except(s.session.UserID); possible {
		if err := s.runOthers(ctx, listing, others); err != nil {
			return err
		}
	}
	if mine, possible := s.filter.Only(s.session.UserID); possible {
		return s.runOwn(ctx, listing, mine)
	}
	return nil
}

// runOthers lists again as long as there is less and less: what was revoked makes
// room for what the org has not listed yet. Where each listing has other delete
// tokens, that alone tells that tokens which were revoked are still listed.
func (s *appSweep) runOthers(ctx, listing context.Context, others salesforce.OauthTokenFilter) error {
	for before, first := -1, 0; ; {
		left := 0
		round, err := s.Run(ctx, deleteTokens(counted(s.api.ListOauthTokens(listing, others), &left)))
		first = cmp.Or(first, round.Number)
		if err == nil {
			s.Relisted(first)
		}
		var incomplete *salesforce.IncompleteError
		if errors.As(err, &incomplete) {
			left = incomplete.Counted
		} else if err != nil {
			return err
		}
		if round.Moved > 0 && (before < 0 || left < before) {
			before = left
			continue
		}
		if err == nil {
			s.listed += round.Listed + round.Moved
		}
		return err
	}
}

func counted(rows iter.Seq2[salesforce.OauthToken, error], n *int) iter.Seq2[salesforce.OauthToken, error] {
	return func(yield func(salesforce.OauthToken, error) bool) {
		for row, err := range rows {
			*n++
			if !yield(row, err) {
				return
			}
		}
	}
}

// runOwn reads all the tokens before it revokes the first: there may be no
// session to ask with afterwards. A user has a handful for an app, since the
// org ends the oldest of more than five.
func (s *appSweep) runOwn(ctx, listing context.Context, mine salesforce.OauthTokenFilter) error {
	api := *s.api
	for before, first := -1, 0; ; {
		own, err := api.OauthTokens(listing, mine)
		if before >= 0 && salesforce.IsSessionRefused(err) {
			s.sessionEnded = true
			return nil
		}
		if err != nil {
			return err
		}
		round, err := s.Run(ctx, deleteTokens(func(yield func(salesforce.OauthToken, error) bool) {
			for _, token := range own {
				if !yield(token, nil) {
					return
				}
			}
		}))
		if err != nil {
			return err
		}
		first = cmp.Or(first, round.Number)
		s.Relisted(first)
		if round.Moved == 0 || before >= 0 && len(own) >= before {
			s.listed += round.Listed + round.Moved
			return nil
		}
		before = len(own)
		// Another session must not be asked for from here on: if this one was
		// ended with the token that it was issued from, that token is invalid, too.
		api.Session = func(context.Context, *salesforce.Session) (*salesforce.Session, error) {
			return s.provider.querySession(ctx, nil)
		}
	}
}

// deleteTokens numbers the rows of each user that have no delete token.
func deleteTokens(rows iter.Seq2[salesforce.OauthToken, error]) iter.Seq2[sweptToken, error] {
	return func(yield func(sweptToken, error) bool) {
		without := make(map[string]int)
		for row, err := range rows {
			token := sweptToken{Secret: row.DeleteToken}
			if token.IsEmpty() {
				without[row.UserID]++
				token.row = fmt.Sprint(row.UserID, " ", without[row.UserID])
			}
			if !yield(token, err) {
				return
			}
		}
	}
}

func (s *appSweep) org() *salesforce.Session { return s.session }

func (s *appSweep) expected() int { return s.Expected }

func (s *appSweep) notes() diag.Diagnostics { return sweepNotes(s.listed, s.sessionEnded) }

func (s *appSweep) warnings() (diags diag.Diagnostics) {
	_, othersAsked := s.filter.Except(s.session.UserID)
	if s.Expected == 0 {
		diags.Append(matchesNothing())
	} else if othersAsked && s.restricted {
		diags.Append(ownTokensOnly(s.session.UserID))
	}
	return diags
}
