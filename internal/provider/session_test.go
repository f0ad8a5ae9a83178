package provider

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/ledger"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// slowSignIn is an org whose token endpoint takes its time.
func slowSignIn(latency time.Duration) (*salesforcetest.Org, *providerData) {
	org, data := slowOrg()
	org.ScriptAlways(salesforcetest.TokenPath, salesforcetest.Delay(latency))
	return org, data
}

// Who waits for another's sign-in waits no longer than their own time, and what
// is minted after that is revoked.
func TestQuerySessionIsBoundedByItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org, data := slowSignIn(10 * time.Second)
		start := time.Now()
		var callers sync.WaitGroup
		for _, limit := range []time.Duration{time.Second, 2 * time.Second, 3 * time.Second} {
			callers.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				if _, err := data.querySession(ctx, nil); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != limit {
					t.Errorf("after %s of %s: %v", time.Since(start), limit, err)
				}
			})
			synctest.Wait()
		}
		callers.Wait()
		time.Sleep(time.Minute)
		for i, token := range org.Tokens() {
			if token.Alive {
				t.Errorf("token %d of %d is valid, though nobody was handed it", i+1, len(org.Tokens()))
			}
		}
	})
}

// A run that is interrupted mints no token for those who wait.
func TestQuerySessionOfInterruptedRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org, data := slowSignIn(3 * time.Second)
		ctx, interrupt := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		for range 9 {
			callers.Go(func() {
				if _, err := data.querySession(ctx, nil); !errors.Is(err, context.Canceled) {
					t.Errorf("error is %v", err)
				}
			})
		}
		synctest.Wait()
		interrupt()
		callers.Wait()
		// The engine may send a call, and stop the run before it comes.
		if _, err := data.querySession(t.Context(), nil); !errors.Is(err, context.Canceled) {
			t.Errorf("a call that comes later ends with %v", err)
		}
		if tokens := org.Tokens(); len(tokens) != 1 || tokens[0].Alive {
			t.Errorf("%d tokens were minted; want the one that was under way, revoked", len(tokens))
		}
	})
}

// The revocation of a minted token has a time limit of its own.
func TestLedgerTokenIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org, data := slowOrg()
		session, err := data.querySession(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		data.last = &salesforce.Client{RequestTimeout: time.Hour, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})}
		start := time.Now()
		if err := data.release(t.Context(), session.AccessToken); err == nil || time.Since(start) != revocationTimeout {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
		data.last = data.client
		if err := data.ledger.Empty(t.Context()); err != nil || org.Tokens()[0].Alive {
			t.Errorf("what failed is not tried again: %v", err)
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A refresh token that nobody asked for is revoked with the session.
func TestMintedRefreshTokenIsRevoked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org, data := slowOrg()
		refresh := org.IssueRefreshToken()
		access := org.IssueAccessTokenFrom(refresh)
		org.Script(salesforcetest.TokenPath, salesforcetest.Status(200, nil, `{"access_token":"`+access+`","refresh_token":"`+refresh+`"}`))
		session, err := data.mint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := data.release(t.Context(), session.AccessToken); err != nil || org.Alive(refresh) || org.Alive(access) {
			t.Errorf("the refresh token is valid: %t, the access token: %t, %v", org.Alive(refresh), org.Alive(access), err)
		}
	})
}

// What is said of a failed sign-in fits what is known of the token.
func TestExplainSignIn(t *testing.T) {
	t.Parallel()
	const none, maybe = "No token was issued.", "may have issued a token that the provider never received"
	for _, test := range []struct {
		err           error
		means, remedy string
	}{
		{&salesforce.ResponseError{Status: 400, Code: "invalid_grant", Description: "no client credentials user enabled"}, none, "run-as user"},
		{&salesforce.ResponseError{Status: 401}, none, "credentials"},
		{&salesforce.ResponseError{Status: 429}, none, "run again later"},
		{&salesforce.ResponseError{Status: 503}, maybe, "run again later"},
		{&salesforce.ResponseError{Status: 200, BrokenOff: true}, maybe, "broke before the answer was complete"},
		{&salesforce.RedirectError{Status: 302}, none, "set instance_url"},
		{&salesforce.UnexpectedAnswerError{}, maybe, "proxy"},
		{&salesforce.UnansweredError{Attempts: 1, Arrived: true}, maybe, "Run again later"},
		{&salesforce.UnansweredError{Attempts: 1}, none, "certificate"},
		{&ledger.UnderWayError{Cause: context.DeadlineExceeded}, "it is revoked then", "timeouts"},
		{&ledger.UnderWayError{Cause: context.Canceled}, "it is revoked then", "Run again"},
		{context.DeadlineExceeded, none, "timeouts"},
		{context.Canceled, none, "Run again"},
		{ledger.ErrEmptying, none, "Run again"},
		{&ledger.LateError{Cause: context.Canceled}, "No token is left.", "Run again"},
		{&ledger.LateError{Cause: context.Canceled, Failure: &salesforce.UnansweredError{Arrived: true}}, "The token may still be valid.", "Run again"},
		{errors.New("the private key is encrypted"), none, "Correct"},
	} {
		meaning, remedy := causes{signInCauses}.explain(test.err, values{"minted": minted(test.err)})
		if !strings.Contains(meaning, test.means) || !strings.Contains(remedy, test.remedy) {
			t.Errorf("%v: %q %q; want %q and %q", test.err, meaning, remedy, test.means, test.remedy)
		}
	}
}

// A client whose gate is closed, and one whose time is up before its attempt,
// say so; neither speaks of certificates.
func TestExplainWhatWasNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org, data := slowOrg()
		org.Script(salesforcetest.RevokePath, salesforcetest.Status(429, http.Header{"Retry-After": {"60"}}, ""))
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		for _, says := range []string{"The org may be overloaded", "accepts requests again"} {
			_, err := data.bulk.Revoke(ctx, data.revocationURL, "a-token")
			meaning, remedy := tokenNotRevoked.causes.explain(err, atCreate.values(err))
			if !strings.Contains(remedy, says) || strings.Contains(remedy, "certificate") || !strings.Contains(meaning, "valid") {
				t.Errorf("%v: %q %q; want %q", err, meaning, remedy, says)
			}
		}
		if n := len(org.Requests()); n != 1 {
			t.Errorf("%d requests arrived; want 1", n)
		}
	})
}
