package provider

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

const (
	// sweepTimeout bounds work on many tokens, unless a resource's timeouts do.
	sweepTimeout = 20 * time.Minute

	// reportInterval is how often such work says how far it is.
	reportInterval = 10 * time.Second

	// readAhead is how many tokens wait for a worker at most: a page of them,
	// so that the next page is fetched while the workers are busy.
	readAhead = 500

	// workersPerRequest is how many workers there are for each request that the
	// gate lets in: one makes the next request ready while another's is sent.
	workersPerRequest = 2

	// reasonsShown is how many kinds of failure are told apart.
	reasonsShown = 6
)

// A sweep revokes many tokens side by side and keeps account of them.
type sweep struct {
	provider      *providerData
	revocationURL string
	expected      int // tokens, for reports

	mu    sync.Mutex
	fates map[[sha256.Size]byte]fate // of tokens, by their SHA-256
	whys  map[string]error           // an example for each reason of a failure
}

// A fate is what became of a token. The zero value is that of one in hand.
type fate struct {
	outcome salesforce.Outcome // if it was a success
	reason  string             // if it was a failure
	again   bool               // a failure for now: it may be tried again
}

func newSweep(provider *providerData, revocationURL string, expected int) *sweep {
	return &sweep{
		provider:      provider,
		revocationURL: revocationURL,
		expected:      expected,
		fates:         make(map[[sha256.Size]byte]fate),
		whys:          make(map[string]error),
	}
}

// A pass is what one run over tokens comes to.
type pass struct {
	moved  int // tokens that were revoked or found invalid in it
	listed int // tokens that had been so before, and were handed in all the same
}

// run revokes tokens as they come, as many at a time as the gate lets in. One
// that fails does not stop the others; one that is settled or in hand is not
// tried again. It ends early with the error of tokens, or of ctx, when no request is
// under way any more.
func (s *sweep) run(ctx context.Context, tokens iter.Seq2[string, error]) (pass, error) {
	var result pass
	waiting := make(chan string, readAhead)
	var workers sync.WaitGroup
	for range workersPerRequest * s.provider.maxConcurrency {
		workers.Go(func() {
			for token := range waiting {
				if ctx.Err() == nil && s.revoke(ctx, token) {
					s.mu.Lock()
					result.moved++
					s.mu.Unlock()
				}
			}
		})
	}
	listed, err := s.feed(ctx, waiting, tokens)
	close(waiting)
	workers.Wait()
	result.listed = listed
	return result, err
}

func (s *sweep) feed(ctx context.Context, waiting chan<- string, tokens iter.Seq2[string, error]) (listed int, err error) {
	for token, err := range tokens {
		if err != nil {
			return listed, err
		}
		if known, isKnown := s.fate(token); isKnown && !known.again {
			if known.outcome != "" {
				listed++
			}
			continue
		}
		s.settle(token, fate{})
		select {
		case waiting <- token:
		case <-ctx.Done():
			return listed, ctx.Err()
		}
	}
	return listed, ctx.Err()
}

// revoke reports whether the token is dead now.
func (s *sweep) revoke(ctx context.Context, token string) bool {
	ctx = maskSecrets(ctx, token, url.QueryEscape(token))
	outcome, err := s.provider.bulk.Revoke(ctx, s.revocationURL, token)
	if err == nil {
		s.settle(token, fate{outcome: outcome})
		return true
	}
	f := fate{reason: reason(err), again: temporary(err)}
	s.settle(token, f)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.whys[f.reason] == nil {
		s.whys[f.reason] = err
	}
	return false
}

func (s *sweep) fate(token string) (f fate, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, known = s.fates[sha256.Sum256([]byte(token))]
	return f, known
}

func (s *sweep) settle(token string, f fate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fates[sha256.Sum256([]byte(token))] = f
}

// temporary reports whether a revocation may succeed later in the same sweep.
func temporary(err error) bool {
	var response *salesforce.ResponseError
	var unanswered *salesforce.UnansweredError
	return errors.As(err, &response) && response.Temporary() || errors.As(err, &unanswered)
}

// reason is an error without what differs from token to token.
func reason(err error) string {
	var response *salesforce.ResponseError
	var unanswered *salesforce.UnansweredError
	switch {
	case errors.As(err, &response):
		general := salesforce.ResponseError{Status: response.Status, Code: response.Code}
		return strings.TrimPrefix(general.Error(), "the server answered ")
	case errors.As(err, &unanswered):
		return unanswered.Reason
	}
	return err.Error()
}

// A tally is the account of a sweep. Tokens that were in hand when it ended
// early are not in it: nothing was sent for them.
type tally struct {
	tokens, revoked, alreadyInvalid, failed int

	reasons []string // of the failures, each with its count, the most frequent first
	why     error    // an example of the most frequent
}

func (s *sweep) tally() tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	var t tally
	counts := make(map[string]int)
	for _, f := range s.fates {
		switch {
		case f.outcome == salesforce.Revoked:
			t.revoked++
		case f.outcome == salesforce.AlreadyInvalid:
			t.alreadyInvalid++
		case f.reason != "":
			t.failed++
			counts[f.reason]++
		}
	}
	t.tokens = t.revoked + t.alreadyInvalid + t.failed
	kinds := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], strings.Compare(a, b))
	})
	others := t.failed
	for _, kind := range kinds[:min(len(kinds), reasonsShown)] {
		t.reasons = append(t.reasons, fmt.Sprintf("%d × %s", counts[kind], kind))
		others -= counts[kind]
	}
	if others > 0 {
		t.reasons = append(t.reasons, fmt.Sprintf("%d × other reasons", others))
	}
	if len(kinds) > 0 {
		t.why = s.whys[kinds[0]]
	}
	return t
}

func (t tally) String() string {
	s := fmt.Sprintf("%d revoked", t.revoked)
	if t.alreadyInvalid > 0 {
		s += fmt.Sprintf(", %d already invalid", t.alreadyInvalid)
	}
	if t.failed > 0 {
		s += fmt.Sprintf(", %d may be alive: %s", t.failed, strings.Join(t.reasons, ", "))
	}
	return s
}

// progress says how far the sweep is.
func (s *sweep) progress() string {
	t := s.tally()
	return fmt.Sprintf("%d of %d tokens: %s", t.tokens, max(t.tokens, s.expected), t)
}

// reporting has report told of the progress at steady intervals until the
// function that it returns is called.
func (s *sweep) reporting(report func(string)) (stop func()) {
	ticker := time.NewTicker(reportInterval)
	done := make(chan struct{})
	var reporter sync.WaitGroup
	reporter.Go(func() {
		for {
			select {
			case <-ticker.C:
				report(s.progress())
			case <-done:
				return
			}
		}
	})
	return func() {
		ticker.Stop()
		close(done)
		reporter.Wait()
	}
}

// An appSweep is a sweep of tokens that the org lists.
type appSweep struct {
	*sweep
	tokens  *salesforce.OauthTokens
	session *salesforce.Session
	filter  salesforce.OauthTokenFilter

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
	s.sweep = newSweep(d, salesforce.RevocationURL(session.InstanceURL, ""), expected)
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
			pass, err := s.sweep.run(ctx, s.comingUp(listing, window))
			if err != nil {
				return err
			}
			if pass.moved > 0 {
				continue // See what is left, now that no request is under way.
			}
			s.listed += pass.listed
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
func (s *appSweep) comingUp(listing context.Context, window *salesforce.Window) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for isNew := true; isNew; {
			isNew = false
			for token, err := range deleteTokens(window.Rows(listing)) {
				if _, known := s.fate(token); !known && err == nil {
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
		var own []string
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
		pass, err := s.sweep.run(ctx, func(yield func(string, error) bool) {
			for _, token := range own {
				if !yield(token, nil) {
					return
				}
			}
		})
		if err != nil {
			return err
		}
		if pass.moved == 0 {
			s.listed += pass.listed
			return nil
		}
		// Another session must not be asked for from here on: if this one was
		// ended with the token that it was issued from, that one is dead too.
		tokens.Session = func(context.Context, *salesforce.Session) (*salesforce.Session, error) {
			return s.provider.querySession(ctx, nil)
		}
	}
}

func deleteTokens(rows iter.Seq2[salesforce.OauthToken, error]) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for row, err := range rows {
			if !yield(row.DeleteToken.Reveal(), err) {
				return
			}
		}
	}
}

// warnings are about what the org may have kept to itself.
func (s *appSweep) warnings() (diags diag.Diagnostics) {
	_, othersAsked := s.filter.Except(s.session.UserID)
	if s.expected == 0 {
		diags.Append(matchesNothing())
	} else if othersAsked && s.restricted {
		diags.Append(ownTokensOnly(s.session.UserID))
	}
	return diags
}
