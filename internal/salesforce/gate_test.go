package salesforce

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestGateLetsSoManyIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := NewGate(2)
		start := time.Now()
		var guests sync.WaitGroup
		for range 6 {
			guests.Go(func() {
				if err := gate.enter(t.Context()); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Second)
				gate.leave()
			})
		}
		guests.Wait()
		if got := time.Since(start); got != 3*time.Second {
			t.Errorf("6 guests of a second each took %s by twos; want 3s", got)
		}
	})
}

func TestGatePause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := NewPausingGate(9)
		start := time.Now()
		gate.pause(10 * time.Second)
		gate.pause(time.Second) // does not shorten it
		time.AfterFunc(5*time.Second, func() { gate.pause(10 * time.Second) })
		if err := gate.enter(t.Context()); err != nil {
			t.Error(err)
		}
		if got := time.Since(start); got != 15*time.Second {
			t.Errorf("the gate opened after %s; want 15s, because the pause was prolonged", got)
		}
	})
}

func TestGateGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := NewPausingGate(1)
		gate.pause(time.Minute)
		start := time.Now()
		short, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if err := gate.enter(short); !errors.Is(err, ErrPaused) || time.Since(start) != 0 {
			t.Errorf("waiting in vain ended with %v after %s; want ErrPaused at once", err, time.Since(start))
		}
		interrupted, interrupt := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, interrupt)
		if err := gate.enter(interrupted); !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
			t.Errorf("an interrupted wait for the pause ended with %v after %s", err, time.Since(start))
		}
		time.Sleep(time.Minute)
		if err := gate.enter(t.Context()); err != nil {
			t.Errorf("those who gave up kept a slot: %v", err)
		}
		full, interrupt := context.WithTimeout(t.Context(), time.Second)
		defer interrupt()
		if err := gate.enter(full); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a wait for a slot ended with %v", err)
		}
	})
}

func TestNoGate(t *testing.T) {
	t.Parallel()
	var gate *Gate
	gate.pause(time.Hour)
	if err := gate.enter(t.Context()); err != nil {
		t.Error(err)
	}
	gate.leave()
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// busyOrg answers each request after 100 ms, and the first, sooner, by a wish
// for a minute of peace. It keeps the times at which requests came.
func busyOrg(came *[]time.Time) roundTripper {
	var mu sync.Mutex
	return func(*http.Request) (*http.Response, error) {
		mu.Lock()
		*came = append(*came, time.Now())
		first := len(*came) == 1
		mu.Unlock()
		resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(""))}
		if first {
			resp.StatusCode = http.StatusTooManyRequests
			resp.Header.Set("Retry-After", "60")
			time.Sleep(50 * time.Millisecond)
			return resp, nil
		}
		time.Sleep(100 * time.Millisecond)
		return resp, nil
	}
}

// What the org says to one request holds for all that pass the same gate. The
// wait is no part of an attempt's time.
func TestGateHoldsRequestsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var came []time.Time
		client := &Client{Transport: busyOrg(&came), MaxRetries: 1, RequestTimeout: time.Second, Gate: NewPausingGate(3)}
		start := time.Now()
		var workers sync.WaitGroup
		for range 20 {
			workers.Go(func() {
				if outcome, err := client.Revoke(t.Context(), "https://a.example/revoke", "token"); outcome != Revoked || err != nil {
					t.Errorf("Revoke = %q, %v", outcome, err)
				}
			})
		}
		workers.Wait()
		if len(came) != 21 {
			t.Errorf("%d requests came; want 21", len(came))
		}
		for i, at := range came {
			if i >= 3 && at.Sub(start) < time.Minute {
				t.Errorf("request %d came after %s, in the minute of peace", i, at.Sub(start))
			}
		}
	})
}

func TestGateDoesNotWaitInVain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var came []time.Time
		client := &Client{Transport: busyOrg(&came), MaxRetries: 4, Gate: NewPausingGate(1)}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var response *ResponseError
		if _, err := client.Revoke(ctx, "https://a.example/revoke", "token"); !errors.As(err, &response) || response.RetryAfter != time.Minute {
			t.Errorf("the first call ended with %v", err)
		}
		start := time.Now()
		var unanswered *UnansweredError
		_, err := client.Revoke(ctx, "https://a.example/revoke", "token")
		if !errors.As(err, &unanswered) || unanswered.Arrived || unanswered.Attempts != 0 || unanswered.Reason != ErrPaused.Error() {
			t.Errorf("the second call ended with %v", err)
		}
		if time.Since(start) != 0 || len(came) != 1 {
			t.Errorf("the second call took %s, and %d requests came", time.Since(start), len(came))
		}
	})
}
