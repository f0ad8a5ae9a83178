package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
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

func newTestSweep(r *revoker, concurrency int) *sweep {
	client := &salesforce.Client{Transport: r, MaxRetries: 4, Gate: salesforce.NewPausingGate(concurrency)}
	return newSweep(&providerData{bulk: client, maxConcurrency: concurrency}, "https://a.example/services/oauth2/revoke", 0)
}

// named yields n tokens, and counts how many were taken.
func named(n int, taken *int) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i := range n {
			*taken = i + 1
			if !yield(fmt.Sprintf("token-%d", i), nil) {
				return
			}
		}
	}
}

func TestSweep(t *testing.T) {
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
		s := newTestSweep(org, 8)
		start := time.Now()
		var taken int
		result, err := s.run(t.Context(), named(80, &taken))
		if err != nil || result.moved != 77 {
			t.Errorf("run = %+v, %v; want 77 moved", result, err)
		}
		if got := time.Since(start); got != time.Second {
			t.Errorf("80 requests of 100ms, 8 at a time, took %s; want 1s", got)
		}
		if org.most != 8 {
			t.Errorf("%d requests were in flight; want 8", org.most)
		}
		want := "75 revoked, 2 already invalid, 3 may be alive: 2 × 404 Not Found, 1 × 403 Forbidden, forbidden"
		if got := s.tally().String(); got != want {
			t.Errorf("the tally is %q; want %q", got, want)
		}

		// What is settled is not tried again, by success or by failure.
		result, err = s.run(t.Context(), named(81, &taken))
		if err != nil || result != (pass{moved: 1, listed: 77}) {
			t.Errorf("the second run = %+v, %v", result, err)
		}
		if org.attempts["token-7"] != 1 || org.attempts["token-1"] != 1 {
			t.Error("a settled token was tried again")
		}
	})
}

// A 429 in the middle holds all workers back, and nothing is lost by it.
func TestSweepSlowsDown(t *testing.T) {
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
		var taken int
		result, err := s.run(t.Context(), named(200, &taken))
		if err != nil || result.moved != 200 {
			t.Errorf("run = %+v, %v; want all 200 moved", result, err)
		}
		if late > 0 {
			t.Errorf("%d requests came while the org wanted to be left alone", late)
		}
		if got := time.Since(start); got < 60*time.Second || got > 64*time.Second {
			t.Errorf("the sweep took %s; want the pause and the work", got)
		}
	})
}

// What failed for now is tried again in the next run, not in the same one.
func TestSweepTriesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := &revoker{answer: func(token string, attempt int) *http.Response {
			if token == "token-1" && attempt <= 5 {
				return reply(500, "")
			}
			return nil
		}}
		s := newTestSweep(org, 2)
		var taken int
		if result, _ := s.run(t.Context(), named(2, &taken)); result.moved != 1 || s.tally().failed != 1 {
			t.Errorf("the first run = %+v, %s", result, s.tally())
		}
		if result, _ := s.run(t.Context(), named(2, &taken)); result.moved != 1 || s.tally().failed != 0 || s.tally().tokens != 2 {
			t.Errorf("the second run = %+v, %s", result, s.tally())
		}
	})
}

// An interrupted sweep ends at once, holds no more than a page of work, and
// leaves no request behind.
func TestSweepIsInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := &revoker{}
		s := newTestSweep(org, 4)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(1050*time.Millisecond, cancel)
		start := time.Now()
		var taken int
		result, err := s.run(ctx, named(100_000, &taken))
		if !errors.Is(err, context.Canceled) || result.moved != 40 {
			t.Errorf("run = %+v, %v; want 40 moved, and canceled", result, err)
		}
		if got := time.Since(start); got != 1050*time.Millisecond {
			t.Errorf("it ended after %s; want at once", got)
		}
		if org.inFlight != 0 {
			t.Errorf("%d requests are under way", org.inFlight)
		}
		if ahead := taken - 40; ahead > readAhead+8+2 {
			t.Errorf("%d tokens were read ahead; want about %d at most", ahead, readAhead)
		}
		if got := s.tally().String(); got != "40 revoked, 8 may be alive: 8 × the run was interrupted" {
			t.Errorf("the tally is %q", got)
		}
	})
}

// A listing that breaks off ends the sweep, after what was listed was revoked.
func TestSweepOfBrokenListing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTestSweep(&revoker{}, 2)
		broken := errors.New("broken")
		result, err := s.run(t.Context(), func(yield func(string, error) bool) {
			_ = yield("a", nil) && yield("b", nil) && yield("c", nil) && yield("", broken)
		})
		if !errors.Is(err, broken) || result.moved != 3 {
			t.Errorf("run = %+v, %v", result, err)
		}
	})
}

// However different the failures are, the account stays short.
func TestTallyIsShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTestSweep(&revoker{answer: func(token string, _ int) *http.Response {
			return reply(400, "error="+strings.Replace(token, "token", "kind", 1))
		}}, 4)
		var taken int
		if _, err := s.run(t.Context(), named(500, &taken)); err != nil {
			t.Error(err)
		}
		got := s.tally().String()
		if !strings.HasSuffix(got, ", 494 × other reasons") || strings.Count(got, "×") != reasonsShown+1 {
			t.Errorf("the tally is %q", got)
		}
	})
}

func TestSweepReports(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTestSweep(&revoker{}, 1)
		s.expected = 250
		var reports []string
		stop := s.reporting(func(progress string) { reports = append(reports, progress) })
		var taken int
		_, err := s.run(t.Context(), named(250, &taken)) // for 25 s
		stop()
		time.Sleep(time.Minute)
		if err != nil || len(reports) != 2 || !strings.HasPrefix(reports[1], "199 of 250 tokens: 199 revoked") && !strings.HasPrefix(reports[1], "200 of 250") {
			t.Errorf("%v; the reports are %q; want two, at 10 and 20 seconds", err, reports)
		}
	})
}

// The org of a resource is told by its id, or else by its address.
func TestIsOf(t *testing.T) {
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
		model := appTokenRevocationModel{OrganizationID: types.StringValue(test.id), InstanceURL: types.StringValue(test.url)}
		if got := model.isOf(&test.session); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
