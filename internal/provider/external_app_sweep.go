package provider

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"
	"golang.org/x/sync/errgroup"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/sweep"
)

// An externalAppFilter says which tokens of an external client app are meant.
type externalAppFilter struct {
	app         string   // identifier or developer name
	userIDs     []string // those only; nil means all
	unusedSince *time.Time
}

// wants reports whether tokens of a user may be meant.
func (f externalAppFilter) wants(userID string) bool {
	return f.userIDs == nil || slices.ContainsFunc(f.userIDs, func(id string) bool { return salesforce.SameID(id, userID) })
}

// means reports whether a token of a user whom the filter wants is meant.
func (f externalAppFilter) means(token salesforce.AppToken) bool {
	return f.unusedSince == nil || token.LastUsed == nil || token.LastUsed.Before(*f.unusedSince)
}

// externalAppTokens are the tokens of an external client app, as the org lists
// them.
type externalAppTokens struct {
	app        *salesforce.ExternalClientApp // nil if it has no tokens at all
	byUser     [][]salesforce.AppToken       // that a filter means: for each user, those of one
	othersSeen bool                          // a user other than that of the session has given the app tokens
}

func (t externalAppTokens) all() []salesforce.AppToken { return slices.Concat(t.byUser...) }

// externalAppTokens lists the tokens that a filter means: the users of the app
// first, then side by side the tokens of each.
func (d *providerData) externalAppTokens(ctx context.Context, session *salesforce.Session, filter externalAppFilter) (tokens externalAppTokens, err error) {
	api, masked := d.api(), d.maskSecrets(ctx, session.AccessToken.Reveal())
	tokens.app, err = api.ExternalClientApp(masked, filter.app)
	if err != nil || tokens.app == nil {
		return tokens, err
	}
	users, err := api.AppUsers(masked, tokens.app)
	if err != nil {
		return tokens, err
	}
	tokens.othersSeen = slices.ContainsFunc(users, func(user salesforce.AppUser) bool { return !salesforce.SameID(user.ID, session.UserID) })
	users = slices.DeleteFunc(users, func(user salesforce.AppUser) bool { return !filter.wants(user.ID) })
	lists := make([][]salesforce.AppToken, len(users))
	listing, ctx := errgroup.WithContext(ctx)
	listing.SetLimit(workersPerRequest * d.maxConcurrency)
	for i, user := range users {
		listing.Go(func() error {
			list, err := api.AppTokens(d.maskSecrets(ctx, session.AccessToken.Reveal()), tokens.app, user.ID)
			lists[i] = slices.DeleteFunc(list, func(token salesforce.AppToken) bool { return !filter.means(token) })
			return err
		})
	}
	if err := listing.Wait(); err != nil {
		return externalAppTokens{}, err
	}
	tokens.byUser = slices.DeleteFunc(lists, func(list []salesforce.AppToken) bool { return len(list) == 0 })
	return tokens, nil
}

// An externalAppSweep revokes the tokens of an external client app with as few
// requests as its filter allows. What counts is not what the org answers to
// them, but what it lists afterwards.
type externalAppSweep struct {
	*sweep.Sweep[salesforce.AppToken]
	provider *providerData
	api      *salesforce.API
	session  *salesforce.Session
	filter   externalAppFilter
	tokens   externalAppTokens // by the latest listing
	halt     halt

	restricted   bool // for all that is known, the user may see no other's tokens
	listed       int  // tokens that the org lists though it has said that they are gone
	sessionEnded bool // by the sweep
}

// newExternalAppSweep asks the org which tokens match.
func (d *providerData) newExternalAppSweep(ctx context.Context, session *salesforce.Session, filter externalAppFilter) (*externalAppSweep, error) {
	tokens, err := d.externalAppTokens(ctx, session, filter)
	if err != nil {
		return nil, err
	}
	return &externalAppSweep{
		provider:   d,
		api:        d.api(),
		session:    session,
		filter:     filter,
		tokens:     tokens,
		restricted: d.seesOwnTokensOnly(ctx, session, filter, tokens),
		Sweep: &sweep.Sweep[salesforce.AppToken]{
			Explain:  explainAppFailure,
			Key:      func(token salesforce.AppToken) string { return token.ID },
			Words:    tokenWords,
			Workers:  workersPerRequest * d.maxConcurrency,
			Expected: len(tokens.all()),
		},
	}, nil
}

// seesOwnTokensOnly reports whether, for all that is known, the org keeps the
// tokens of other users to itself. It does not if it lists any in OauthToken, of
// whichever app.
func (d *providerData) seesOwnTokensOnly(ctx context.Context, session *salesforce.Session, filter externalAppFilter, tokens externalAppTokens) bool {
	othersWanted := filter.userIDs == nil || slices.ContainsFunc(filter.userIDs, func(id string) bool { return !salesforce.SameID(id, session.UserID) })
	if session.UserID == "" || tokens.app == nil || tokens.othersSeen || !othersWanted {
		return false
	}
	restricted, err := d.isRestricted(d.maskSecrets(ctx, session.AccessToken.Reveal()), session)
	return restricted || err != nil
}

// run revokes all that match. It lists again as long as anything moves, because
// users may have signed in meanwhile.
func (s *externalAppSweep) run(ctx context.Context) error {
	for {
		moved := 0
		s.listed = 0
		for _, groups := range s.parts() {
			round, err := s.runPart(ctx, groups)
			if err != nil {
				return err
			}
			moved += round.Moved
			s.listed += round.Listed
		}
		if err := s.halt.check(ctx); err != nil {
			return err
		}
		if moved == 0 || s.sessionEnded {
			return nil
		}
		tokens, err := s.provider.externalAppTokens(ctx, s.session, s.filter)
		if err != nil {
			return err
		}
		s.tokens = tokens
	}
}

// parts are the tokens to revoke, one part after the other, in groups that end
// together. The tokens of the session's own user come last, because one of them
// may be what the session was issued from, and would end it.
func (s *externalAppSweep) parts() (parts [2][][]salesforce.AppToken) {
	if s.wholeApp() {
		parts[0] = [][]salesforce.AppToken{s.tokens.all()}
		return parts
	}
	for _, group := range s.tokens.byUser {
		if s.own(group) {
			parts[1] = append(parts[1], group)
		} else {
			parts[0] = append(parts[0], group)
		}
	}
	return parts
}

// wholeApp reports whether one request ends all that match.
func (s *externalAppSweep) wholeApp() bool {
	return s.filter.userIDs == nil && s.filter.unusedSince == nil
}

// own reports whether tokens of the session's own user are among a group.
func (s *externalAppSweep) own(group []salesforce.AppToken) bool {
	return slices.ContainsFunc(group, func(token salesforce.AppToken) bool { return salesforce.SameID(token.UserID, s.session.UserID) })
}

// An appTokenOutcome is what became of a token: it is over, or err says why that
// is not known.
type appTokenOutcome struct {
	ending sweep.Ending
	err    error
}

// runPart has the sweep end tokens, each with its group.
func (s *externalAppSweep) runPart(ctx context.Context, groups [][]salesforce.AppToken) (sweep.Round, error) {
	outcomes := make(map[string]func() map[string]appTokenOutcome) // by the ids of tokens
	for _, group := range groups {
		revoked := sync.OnceValue(func() map[string]appTokenOutcome { return s.revoke(ctx, group) })
		for _, token := range group {
			outcomes[token.ID] = revoked
		}
	}
	s.End = func(_ context.Context, token salesforce.AppToken) (sweep.Ending, error) {
		outcome := outcomes[token.ID]()[token.ID]
		return outcome.ending, outcome.err
	}
	return s.Run(context.WithoutCancel(ctx), func(yield func(salesforce.AppToken, error) bool) { // See halt.
		for _, group := range groups {
			for _, token := range group {
				if !yield(token, nil) {
					return
				}
			}
		}
	})
}

// revoke ends a group of tokens, unless the work was halted, and returns what
// became of each, by its id.
func (s *externalAppSweep) revoke(ctx context.Context, group []salesforce.AppToken) map[string]appTokenOutcome {
	masked := s.provider.maskSecrets(ctx, s.session.AccessToken.Reveal()) // for this goroutine only: see appSweep.run
	outcomes := s.send(masked, group)
	tried := slices.DeleteFunc(slices.Clone(group), func(token salesforce.AppToken) bool {
		err := outcomes[token.ID].err
		return err != nil && explainAppFailure(err).NotTried
	})
	if len(tried) == 0 {
		return outcomes
	}
	left, err := s.left(ctx, group)
	if isSignInOver(err) && s.own(tried) {
		s.sessionEnded = true // There is nobody left to ask, so the answers have to do.
	} else {
		s.halt.consider(err)
		isLeft := make(map[string]bool)
		for _, token := range left {
			isLeft[token.ID] = true
		}
		for _, token := range tried {
			outcomes[token.ID] = outcomes[token.ID].after(err, isLeft[token.ID])
		}
	}
	for _, token := range tried {
		s.record(masked, token, outcomes[token.ID])
	}
	return outcomes
}

// after is the outcome once the org was asked what is left, which may have failed.
func (o appTokenOutcome) after(err error, isLeft bool) appTokenOutcome {
	switch {
	case o.err != nil && (err != nil || isLeft):
		return o
	case o.err != nil:
		return appTokenOutcome{ending: sweep.Ended}
	case err != nil:
		return appTokenOutcome{err: &unconfirmedError{err}}
	case isLeft:
		return appTokenOutcome{err: errStillListed}
	}
	return o
}

// send sends what ends a group: a request for all of it or, if not all tokens of
// its user match, one for each. The outcomes are as the org answers.
func (s *externalAppSweep) send(ctx context.Context, group []salesforce.AppToken) map[string]appTokenOutcome {
	outcomes := make(map[string]appTokenOutcome)
	try := func(end func() (bool, error)) (outcome appTokenOutcome) {
		if outcome.err = s.halt.check(ctx); outcome.err == nil {
			outcome.err = s.provider.audit.open()
		}
		if outcome.err != nil {
			return outcome
		}
		ended, err := end()
		s.halt.consider(err)
		switch {
		case err != nil:
			return appTokenOutcome{err: err}
		case ended:
			return appTokenOutcome{ending: sweep.Ended}
		}
		return appTokenOutcome{ending: sweep.AlreadyEnded}
	}
	if s.filter.unusedSince != nil {
		for _, token := range group {
			outcomes[token.ID] = try(func() (bool, error) { return s.api.EndAppToken(ctx, token.ID) })
		}
		return outcomes
	}
	outcome := try(func() (bool, error) {
		if s.wholeApp() {
			return true, s.api.EndAppTokens(ctx, s.tokens.app)
		}
		return true, s.api.EndAppTokensOf(ctx, s.tokens.app, group[0].UserID)
	})
	for _, token := range group {
		outcomes[token.ID] = outcome
	}
	return outcomes
}

// left lists the tokens of a group again. An org may not know a user any more who
// has no tokens; that they are not among the users of the app is what tells.
func (s *externalAppSweep) left(ctx context.Context, group []salesforce.AppToken) ([]salesforce.AppToken, error) {
	filter := s.filter
	if !s.wholeApp() {
		user := group[0].UserID
		tokens, err := s.api.AppTokens(s.provider.maskSecrets(ctx, s.session.AccessToken.Reveal()), s.tokens.app, user)
		var response *salesforce.ResponseError
		if !errors.As(err, &response) || response.Status != http.StatusNotFound {
			return tokens, err
		}
		filter.userIDs = []string{user}
	}
	tokens, err := s.provider.externalAppTokens(ctx, s.session, filter)
	return tokens.all(), err
}

// record writes what became of a token to the audit file and, if it is over, to
// the log.
func (s *externalAppSweep) record(ctx context.Context, token salesforce.AppToken, outcome appTokenOutcome) {
	line := auditLine{
		Time:    s.provider.now().UTC(),
		Kind:    string(salesforce.RefreshToken),
		SHA256:  appTokenSHA256(token),
		Host:    hostOf(s.session.InstanceURL),
		Outcome: outcomeFailed,
	}
	switch {
	case outcome.err != nil:
	case outcome.ending == sweep.AlreadyEnded:
		line.Outcome = string(salesforce.AlreadyInvalid)
	default:
		line.Outcome = string(salesforce.Revoked)
	}
	s.provider.audit.write(line)
	if outcome.err == nil {
		tflog.Info(ctx, "Revocation of a token", map[string]any{"token_sha256": line.SHA256, "user_id": token.UserID, "host": line.Host, "outcome": line.Outcome})
	}
}

// appTokenSHA256 tells tokens of external client apps apart, in the audit file
// and in the data source: neither the token nor its hash is known.
func appTokenSHA256(token salesforce.AppToken) string {
	return salesforce.InspectToken(token.ID).SHA256
}

// errStillListed says that a token may be valid though the org has accepted its
// revocation.
var errStillListed = errors.New("the org accepted the request, but still lists the token")

// An unconfirmedError says that the org has accepted a revocation, and that
// nobody could ask whether the token is gone.
type unconfirmedError struct{ cause error }

func (e *unconfirmedError) Error() string {
	return "the org accepted the request, but did not list the tokens again: " + e.cause.Error()
}

func (e *unconfirmedError) Unwrap() error { return e.cause }

// explainAppFailure says what an error of externalAppSweep.revoke means. All may
// succeed in another round, which there is only as long as anything moves.
func explainAppFailure(err error) sweep.Failure {
	var unconfirmed *unconfirmedError
	if errors.As(err, &unconfirmed) {
		return sweep.Failure{Reason: "accepted by the org, but not confirmed: " + explainFailure(unconfirmed.cause).Reason, Retry: true}
	}
	failure := explainAPIFailure(err)
	failure.Retry = true
	return failure
}

// isSignInOver reports whether an error says that the provider's session is over,
// and that there is no other one.
func isSignInOver(err error) bool {
	var signIn signInError
	if !errors.As(err, &signIn) {
		return salesforce.IsSessionRefused(err)
	}
	var response *salesforce.ResponseError
	return errors.As(signIn.error, &response) && response.Code == "invalid_grant"
}

func (s *externalAppSweep) org() *salesforce.Session { return s.session }

func (s *externalAppSweep) expected() int { return s.Expected }

func (s *externalAppSweep) failure(err error, when moment) diag.Diagnostic {
	return notSwept("Revoking the tokens of the external client app "+s.filter.app+" at "+s.session.InstanceURL, s.Account(), err, when)
}

func (s *externalAppSweep) notes() diag.Diagnostics { return sweepNotes(s.listed, s.sessionEnded) }

func (s *externalAppSweep) warnings() (diags diag.Diagnostics) {
	switch {
	case s.tokens.app == nil && s.Expected == 0:
		diags.Append(appWithoutTokens(s.filter.app))
	case s.Expected == 0:
		diags.Append(matchesNothing())
	case s.restricted:
		diags.Append(ownAppTokensOnly(s.session.UserID))
	}
	return diags
}
