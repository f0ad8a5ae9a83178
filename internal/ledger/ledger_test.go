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
	revoked map[string]int
	fail    int
	latency time.Duration
}

func (o *org) mint(id string) func(context.Context) (ledger.Token, error) {
	return func(ctx context.Context) (ledger.Token, error) {
		if err := pause(ctx, o.latency); err != nil {
			return ledger.Token{}, err
		}
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

func TestKeep(t *testing.T) {
	t.Parallel()
	var l ledger.Ledger
	var o org
	mustMint(t, &l, &o, "a")
	l.Keep("a")
	if err := errors.Join(l.Release(t.Context(), "a"), l.Empty(t.Context())); err != nil {
		t.Fatal(err)
	}
	o.assertRevoked(t, "a", 0)
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
		if err == nil || !strings.Contains(err.Error(), "1 of 1 tokens may be alive") {
			t.Errorf("error is %v", err)
		}
	})
}

// An interrupted caller goes at once, and the token that arrives later dies.
func TestMintInterrupted(t *testing.T) {
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
