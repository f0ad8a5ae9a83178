package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/sweep"
)

// A revoker is the revoke endpoint of an org, in fake time. Each request takes
// 100 ms; answer may say something else than that the token is revoked.
type revoker struct {
	answer func(token string, attempt int) *http.Response

	mu       sync.Mutex
	attempts map[string]int // by token
	inFlight int
	most     int // that were in flight at a time
}

func (r *revoker) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	token := form.Get("token")
	r.mu.Lock()
	if r.attempts == nil {
		r.attempts = make(map[string]int)
	}
	r.attempts[token]++
	attempt := r.attempts[token]
	r.inFlight++
	r.most = max(r.most, r.inFlight)
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.inFlight--
	}()
	select {
	case <-time.After(100 * time.Millisecond):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	if r.answer != nil {
		if resp := r.answer(token, attempt); resp != nil {
			return resp, nil
		}
	}
	return reply(200, ""), nil
}

func reply(status int, body string, headers ...string) *http.Response {
	resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	for i := 0; i < len(headers); i += 2 {
		resp.Header.Set(headers[i], headers[i+1])
	}
	return resp
}

func newTestSweep(r *revoker, concurrency int) tokenSweep {
	client := &salesforce.Client{Transport: r, MaxRetries: 4, Gate: salesforce.NewPausingGate(concurrency)}
	data := &providerData{bulk: client, maxConcurrency: concurrency, now: time.Now}
	return data.newTokenSweep("https://a.example/services/oauth2/revoke", 0)
}

// named yields n tokens.
func named(n int) func(func(sweptToken, error) bool) {
	return func(yield func(sweptToken, error) bool) {
		for i := range n {
			if !yield(sweptToken{Secret: salesforce.NewSecret(fmt.Sprintf("token-%d", i))}, nil) {
				return
			}
		}
	}
}

func TestTokenSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := &revoker{answer: func(token string, _ int) *http.Response {
			switch token {
			case "token-3", "token-5":
				return reply(400, "error=invalid_token")
			case "token-7":
				return reply(403, "error=forbidden&error_description="+token)
			case "token-8", "token-9":
				return reply(404, "Bad_Id")
			}
			return nil
		}}
		tokens := newTestSweep(org, 8)
		start := time.Now()
		round, err := tokens.Run(t.Context(), named(80))
		if err != nil || round.Moved != 77 {
			t.Errorf("Run = %+v, %v; want 77 moved", round, err)
		}
		if got := time.Since(start); got != time.Second {
			t.Errorf("80 requests of 100ms, 8 at a time, took %s; want 1s", got)
		}
		if org.most != 8 {
			t.Errorf("%d requests were in flight; want 8", org.most)
		}
		want := "75 revoked, 2 already invalid, 3 may still be valid (2 × 404 Not Found, 1 × 403 Forbidden, forbidden)"
		if got := tokens.Account().String(); got != want {
			t.Errorf("the account is %q; want %q", got, want)
		}
	})
}

// A 429 in the middle holds all workers back, and nothing is lost by it.
func TestTokenSweepSlowsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var late int
		var mu sync.Mutex
		org := &revoker{}
		org.answer = func(token string, attempt int) *http.Response {
			mu.Lock()
			defer mu.Unlock()
			since := time.Since(start)
			if token == "token-20" && attempt == 1 {
				return reply(503, "", "Retry-After", "60")
			}
			if since > 500*time.Millisecond && since < 60*time.Second {
				late++
			}
			return nil
		}
		s := newTestSweep(org, 8)
		round, err := s.Run(t.Context(), named(200))
		if err != nil || round.Moved != 200 {
			t.Errorf("Run = %+v, %v; want all 200 moved", round, err)
		}
		if late > 0 {
			t.Errorf("%d requests came while the org rate-limited", late)
		}
		if got := time.Since(start); got < 60*time.Second || got > 64*time.Second {
			t.Errorf("the sweep took %s; want the pause and the work", got)
		}
	})
}

// What an error of the client means for the account.
func TestExplainFailure(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want sweep.Failure
	}{
		{&salesforce.ResponseError{Status: 503, Description: "x", Attempts: 5}, sweep.Failure{Reason: "503 Service Unavailable", Retry: true}},
		{&salesforce.ResponseError{Status: 400, BrokenOff: true}, sweep.Failure{Reason: "400 Bad Request", Retry: true}},
		{&salesforce.ResponseError{Status: 403, Code: "x"}, sweep.Failure{Reason: "403 Forbidden, x"}},
		{&salesforce.UnansweredError{Attempts: 1, Reason: "gone"}, sweep.Failure{Reason: "gone", Retry: true}},
		{&salesforce.UnansweredError{Reason: "interrupted"}, sweep.Failure{Reason: "interrupted", Retry: true, NotTried: true}},
		{errors.New("other"), sweep.Failure{Reason: "other"}},
	} {
		if got := explainFailure(test.err); got != test.want {
			t.Errorf("explainFailure(%#v) = %+v; want %+v", test.err, got, test.want)
		}
	}
}

// Tokens that an org which rate-limits kept from being sent are not tried, and
// that is an error, too.
func TestTokenSweepOfPausedOrg(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := &revoker{answer: func(string, int) *http.Response { return reply(503, "", "Retry-After", "60") }}
		tokens := newTestSweep(org, 1)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		_, err := tokens.Run(ctx, named(3))
		account := tokens.Account()
		if err != nil || account.Failed != 1 || account.NotTried != 2 || account.Left() != 3 {
			t.Errorf("%v, the account is %s", err, account)
		}
		detail := tokens.failure(nil, atInvoke).Detail()
		if !strings.Contains(detail, "0 revoked, 1 may still be valid (1 × 503 Service Unavailable), 2 not tried") {
			t.Errorf("the error is %q", detail)
		}
	})
}

// The org of a resource is told by its id, or else by its address.
func TestIsOrg(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		id, url string // in the state
		session salesforce.Session
		want    bool
	}{
		"same id":              {"00D5g0000000001EAA", "https://a.example", salesforce.Session{OrganizationID: "00D5g0000000001", InstanceURL: "https://b.example"}, true},
		"another id":           {"00D5g0000000001EAA", "https://a.example", salesforce.Session{OrganizationID: "00D5g0000000002EAA", InstanceURL: "https://a.example"}, false},
		"no id, same address":  {"", "https://a.example", salesforce.Session{OrganizationID: "00D5g0000000002EAA", InstanceURL: "https://a.example"}, true},
		"no id, other address": {"00D5g0000000001EAA", "https://a.example", salesforce.Session{InstanceURL: "https://b.example"}, false},
	} {
		if got := isOrg(&test.session, types.StringValue(test.id), types.StringValue(test.url)); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
