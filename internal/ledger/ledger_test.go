package ledger_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/ledger"
)

// An org counts how often each token is revoked, and fails as often as told.
type org struct {
	mu      sync.Mutex
	minted  int
	revoked map[string]int
	fail    int
	latency time.Duration
}

func (o *org) mint(id string) func(context.Context) (ledger.Token, error) {
	return func(context.Context) (ledger.Token, error) {
		time.Sleep(o.latency) // A sign-in that has begun is not broken off.
		o.mu.Lock()
		o.minted++
		o.mu.Unlock()
		return ledger.Token{ID: id, Revoke: func(ctx context.Context) error {
			if err := pause(ctx, o.latency); err != nil {
				return err
			}
			o.mu.Lock()
			defer o.mu.Unlock()
			if o.fail > 0 {
				o.fail--
				return errors.New("busy")
			}
			if o.revoked == nil {
				o.revoked = make(map[string]int)
			}
			o.revoked[id]++
			return nil
		}}, nil
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (o *org) assertRevoked(t *testing.T, token string, times int) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.revoked[token] != times {
		t.Errorf("token %s was revoked %d times; want %d", token, o.revoked[token], times)
	}
}

func mustMint(t *testing.T, l *ledger.Ledger, o *org, token string) {
	t.Helper()
	if err := l.Mint(t.Context(), o.mint(token)); err != nil {
		t.Fatal(err)
	}
}

func TestRelease(t *testing.T) {
	t.Parallel()
	var l ledger.Ledger
	var o org
	mustMint(t, &l, &o, "a")
	mustMint(t, &l, &o, "b")
	for range 2 { // The second time there is nothing left to do.
		if err := l.Release(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	o.assertRevoked(t, "a", 1)
	o.assertRevoked(t, "b", 0)
	if err := l.Empty(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.assertRevoked(t, "a", 1)
	o.assertRevoked(t, "b", 1)
}

func TestLastHolderRevokes(t *testing.T) {
	t.Parallel()
	var l ledger.Ledger
	var o org
	mustMint(t, &l, &o, "shared")
	mustMint(t, &l, &o, "shared")
	for times := range 2 {
		o.assertRevoked(t, "shared", 0)
		if err := l.Release(t.Context(), "shared"); err != nil {
			t.Fatal(err)
		}
		o.assertRevoked(t, "shared", times)
	}
}

// What was revoked once does not shield a token that the org hands out anew.
func TestMintAfterRelease(t *testing.T) {
	t.Parallel()
	var l ledger.Ledger
	var o org
	for times := range 2 {
		mustMint(t, &l, &o, "a")
		if err := l.Release(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		o.assertRevoked(t, "a", times+1)
	}
}

// Who keeps a token keeps it for all, whoever is handed it before or later.
func TestKeep(t *testing.T) {
	t.Parallel()
	var l ledger.Ledger
	var o org
	mustMint(t, &l, &o, "a")
	mustMint(t, &l, &o, "a")
	l.Keep("a")
	mustMint(t, &l, &o, "a")
	if err := errors.Join(l.Release(t.Context(), "a"), l.Release(t.Context(), "a"), l.Empty(t.Context())); err != nil {
		t.Fatal(err)
	}
	o.assertRevoked(t, "a", 0)
}

// The ledger holds what it is going to revoke, and nothing else.
func TestHolds(t *testing.T) {
	t.Parallel()
	var l ledger.Ledger
	var o org
	mustMint(t, &l, &o, "released")
	mustMint(t, &l, &o, "kept")
	if !l.Holds("released") || !l.Holds("kept") || l.Holds("unknown") {
		t.Error("the ledger holds something other than the tokens that were minted")
	}
	l.Keep("kept")
	if err := l.Release(t.Context(), "released"); err != nil {
		t.Fatal(err)
	}
	if l.Holds("released") || l.Holds("kept") {
		t.Error("the ledger holds a token that it will not revoke")
	}
}

func TestFailedReleaseIsTriedAgain(t *testing.T) {
	t.Parallel()
	l, o := ledger.Ledger{}, org{fail: 1}
	mustMint(t, &l, &o, "a")
	if err := l.Release(t.Context(), "a"); err == nil {
		t.Error("a failed revocation is no error")
	}
	if err := l.Empty(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.assertRevoked(t, "a", 1)
}

func TestFailedMint(t *testing.T) {
	t.Parallel()
	var l ledger.Ledger
	want := errors.New("refused")
	err := l.Mint(t.Context(), func(context.Context) (ledger.Token, error) { return ledger.Token{}, want })
	if !errors.Is(err, want) {
		t.Errorf("error is %v; want %v", err, want)
	}
	if err := l.Empty(t.Context()); err != nil {
		t.Errorf("Empty of nothing: %v", err)
	}
}

// Each takes a second, and so do all of them.
func TestEmptyWorksSideBySide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, o := ledger.Ledger{}, org{latency: time.Second}
		for _, token := range strings.Split("abcdefghij", "") {
			mustMint(t, &l, &o, token)
		}
		start := time.Now()
		if err := l.Empty(t.Context()); err != nil {
			t.Fatal(err)
		}
		if elapsed := time.Since(start); elapsed != time.Second {
			t.Errorf("took %s; want 1s", elapsed)
		}
		o.assertRevoked(t, "a", 1)
		o.assertRevoked(t, "j", 1)
	})
}

func TestEmptyInVain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, o := ledger.Ledger{}, org{latency: time.Second}
		mustMint(t, &l, &o, "a")
		o.latency = time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := l.Empty(ctx)
		if err == nil || !strings.Contains(err.Error(), "1 tokens may still be valid") {
			t.Errorf("error is %v", err)
		}
	})
}

// A caller whose time is up goes, and the token that arrives later is revoked.
func TestMintBeyondDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, o := ledger.Ledger{}, org{latency: time.Minute}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if err := l.Mint(ctx, o.mint("a")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v", err)
		}
		if elapsed := time.Since(start); elapsed != time.Second {
			t.Errorf("returned after %s; want 1s", elapsed)
		}
		time.Sleep(3 * time.Minute) // of the bubble's clock
		o.assertRevoked(t, "a", 1)
	})
}

// An interrupted caller waits a while for the token, which is revoked before
// Mint returns. If it comes later, or the deadline is sooner, the caller goes.
func TestMintInterrupted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ latency, limit, want time.Duration }{
		{latency: 3 * time.Second, want: 6 * time.Second}, // for two requests
		{latency: 3 * time.Second, limit: time.Hour, want: 6 * time.Second},
		{latency: time.Minute, want: 6 * time.Second}, // 1 s before it is interrupted, and 5 s after
		{latency: time.Minute, limit: time.Hour, want: 6 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			l, o := ledger.Ledger{}, org{latency: test.latency}
			ctx, interrupt := context.WithCancel(t.Context())
			if test.limit > 0 {
				ctx, interrupt = context.WithTimeout(t.Context(), test.limit)
			}
			time.AfterFunc(time.Second, interrupt)
			start := time.Now()
			err := l.Mint(ctx, o.mint("a"))
			var late *ledger.LateError
			var underWay *ledger.UnderWayError
			if isLate := test.latency < time.Minute; !errors.Is(err, context.Canceled) || errors.As(err, &late) != isLate || errors.As(err, &underWay) == isLate {
				t.Errorf("%+v: error is %T %v", test, err, err)
			} else if isLate && !strings.HasSuffix(err.Error(), "was revoked") {
				t.Errorf("%+v: error is %v", test, err)
			}
			if elapsed := time.Since(start); elapsed != test.want {
				t.Errorf("%+v: returned after %s", test, elapsed)
			}
			time.Sleep(3 * test.latency)
			o.assertRevoked(t, "a", 1)
		})
	}
}

// A token that arrives too late and cannot be revoked is not forgotten.
func TestMintInterruptedInVain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, o := ledger.Ledger{}, org{latency: time.Second, fail: 1}
		ctx, interrupt := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, interrupt)
		var late *ledger.LateError
		if err := l.Mint(ctx, o.mint("a")); !errors.As(err, &late) || late.Failure == nil || !strings.HasSuffix(err.Error(), "is not revoked yet: busy") {
			t.Errorf("error is %v", err)
		}
		if err := l.Empty(t.Context()); err != nil {
			t.Error(err)
		}
		o.assertRevoked(t, "a", 1)
	})
}

func TestMintOfInterruptedRun(t *testing.T) {
	t.Parallel()
	var l ledger.Ledger
	var o org
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	if err := l.Mint(ctx, o.mint("a")); !errors.Is(err, context.Canceled) || o.minted != 0 {
		t.Errorf("a run that was interrupted mints %d tokens: %v", o.minted, err)
	}
}

func TestMintAfterEmpty(t *testing.T) {
	t.Parallel()
	var l ledger.Ledger
	var o org
	if err := l.Empty(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := l.Mint(t.Context(), o.mint("a")); !errors.Is(err, ledger.ErrEmptying) || o.minted != 0 {
		t.Errorf("a ledger that was emptied mints %d tokens: %v", o.minted, err)
	}
}

// What is known does not wait for what is being minted.
func TestEmptyRevokesKnownTokensAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, o := ledger.Ledger{}, org{latency: time.Second}
		mustMint(t, &l, &o, "known")
		late := org{latency: time.Hour}
		go func() { _ = l.Mint(t.Context(), late.mint("late")) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		emptied := make(chan error)
		go func() { emptied <- l.Empty(ctx) }()
		time.Sleep(time.Second)
		synctest.Wait()
		o.assertRevoked(t, "known", 1)
		if err := <-emptied; err == nil || !strings.Contains(err.Error(), "being minted") {
			t.Errorf("error is %v", err)
		}
		time.Sleep(3 * time.Hour)
		late.assertRevoked(t, "late", 1) // whoever has given up meanwhile
	})
}

// Many sign-ins are under way, at all stages, while the ledger is emptied twice.
func TestMintBesideEmpty(t *testing.T) {
	t.Parallel()
	for range 50 {
		var l ledger.Ledger
		var o org
		var all sync.WaitGroup
		for i := range 20 {
			id := string(rune('a' + i))
			all.Go(func() {
				if err := l.Mint(t.Context(), o.mint(id)); err == nil && i%2 == 0 {
					_ = l.Release(t.Context(), id)
				}
			})
		}
		for range 2 {
			all.Go(func() {
				if err := l.Empty(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if o.minted != len(o.revoked) {
			t.Errorf("%d tokens were minted and %d revoked", o.minted, len(o.revoked))
		}
	}
}

// A token that is being minted when the process ends is waited for.
func TestEmptyWaitsForMint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, o := ledger.Ledger{}, org{latency: time.Second}
		go func() { _ = l.Mint(t.Context(), o.mint("a")) }()
		synctest.Wait()
		if err := l.Empty(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.assertRevoked(t, "a", 1)
	})
}

func TestEmptyTellsOfUnfinishedMint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, o := ledger.Ledger{}, org{latency: time.Hour}
		go func() { _ = l.Mint(t.Context(), o.mint("a")) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := l.Empty(ctx); err == nil || !strings.Contains(err.Error(), "being minted") {
			t.Errorf("error is %v", err)
		}
		time.Sleep(2 * time.Hour)
	})
}

// Two who revoke the same token send one request.
func TestReleaseWhileEmptying(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, o := ledger.Ledger{}, org{latency: time.Second}
		mustMint(t, &l, &o, "a")
		released := make(chan error)
		go func() { released <- l.Release(t.Context(), "a") }()
		synctest.Wait()
		if err := l.Empty(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-released; err != nil {
			t.Error(err)
		}
		o.assertRevoked(t, "a", 1)
	})
}
