// Package ledger keeps account of the tokens that this process has minted and
// not yet revoked, so that none outlives it.
package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// A Token stands for one that was minted.
type Token struct {
	ID     string                      // tells tokens apart: the same token has the same ID
	Revoke func(context.Context) error // ends it
}

// A Ledger holds tokens from the moment in which they are minted until they
// are revoked. The zero value is empty and ready. It may be used by several
// goroutines at a time.
type Ledger struct {
	mu       sync.Mutex
	entries  map[string]*entry   // by the token's ID
	kept     map[string]struct{} // IDs of tokens that are to outlive the process
	emptying bool                // from the first Empty on

	minting sync.WaitGroup // under way; nothing is added once emptying has begun
}

type entry struct {
	token   Token
	holders int           // how many were handed the token and have not released it
	turn    chan struct{} // holds one while the token is being revoked
	revoked bool          // by whoever had the turn
	failure error         // why it was not revoked when that was tried last
}

// ErrEmptying says that nothing is minted any more, because the process ends.
var ErrEmptying = errors.New("the provider is shutting down")

// An UnderWayError says that a token was still being minted when its caller went.
type UnderWayError struct {
	Cause error // that of the caller's context
}

func (e *UnderWayError) Error() string { return "the run ended while a token was being minted" }

// Unwrap returns the cause.
func (e *UnderWayError) Unwrap() error { return e.Cause }

// A LateError says that a token arrived for a caller who is gone.
type LateError struct {
	Cause   error // ErrEmptying, or that of the caller's context
	Failure error // why the token is not revoked yet; nil if it is
}

func (e *LateError) Error() string {
	if e.Failure == nil {
		return "the run ended meanwhile, and the token that it was minting was revoked"
	}
	return fmt.Sprintf("the run ended meanwhile, and the token that it was minting is not revoked yet: %v", e.Failure)
}

// Unwrap returns the cause: the failure is that of another request.
func (e *LateError) Unwrap() error { return e.Cause }

// Mint runs mint and enters the token that it returns, with the caller as a
// holder. It does not begin once ctx is over or Empty was called, and returns
// the error of ctx, or ErrEmptying.
//
// When the deadline of ctx passes, Mint returns an *UnderWayError. When ctx is
// canceled, it waits for mint a little longer, because a run that was interrupted
// has more time than a process that ends. Either way the token is revoked when
// it arrives. If that is before Mint returns, the error is a *LateError.
func (l *Ledger) Mint(ctx context.Context, mint func(context.Context) (Token, error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !l.begin() {
		return ErrEmptying
	}
	waiting, cancel := patient(ctx)
	defer cancel()
	var token Token
	minted := make(chan error)
	go func() {
		defer l.minting.Done()
		var err error
		if token, err = mint(ctx); err == nil {
			err = l.arrive(ctx, token)
		}
		select {
		case minted <- err:
		case <-waiting.Done():
			if err == nil {
				// Should this fail, the token stays for Empty.
				_ = l.Release(context.WithoutCancel(ctx), token.ID)
			}
		}
	}()
	select {
	case err := <-minted:
		if err == nil && ctx.Err() != nil {
			err = &LateError{ctx.Err(), l.Release(context.WithoutCancel(ctx), token.ID)}
		}
		return err
	case <-waiting.Done():
		return &UnderWayError{ctx.Err()}
	}
}

// begin reports whether a token may be minted. If so, minting is to be told
// when that is done.
func (l *Ledger) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.emptying {
		l.minting.Add(1)
	}
	return !l.emptying
}

// patient returns a context with the deadline of ctx, which a cancellation ends
// only after 5 seconds: as long as an interrupted run waits for a sign-in that is
// under way.
func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	free, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			cancel()
			return
		}
		timer := time.AfterFunc(5*time.Second, cancel)
		context.AfterFunc(free, func() { timer.Stop() })
	})
	return free, func() {
		stop()
		cancel()
	}
}

// arrive enters a token. One that comes when Empty has looked already is
// revoked here.
func (l *Ledger) arrive(ctx context.Context, token Token) error {
	if late := l.enter(token); !late {
		return nil
	}
	return &LateError{ErrEmptying, l.Release(context.WithoutCancel(ctx), token.ID)}
}

func (l *Ledger) enter(token Token) (late bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, kept := l.kept[token.ID]; kept {
		return false
	}
	if l.entries == nil {
		l.entries = make(map[string]*entry)
	}
	e := l.entries[token.ID]
	if e == nil {
		e = &entry{token: token, turn: make(chan struct{}, 1)}
		l.entries[token.ID] = e
	}
	e.holders++
	return l.emptying
}

// Release says that a holder needs the token no more. The last holder's
// release revokes it. If that fails, the token stays in the ledger, and Empty
// tries again. A token that is not in the ledger is revoked already, or kept.
func (l *Ledger) Release(ctx context.Context, id string) error {
	l.mu.Lock()
	e := l.entries[id]
	if e == nil {
		l.mu.Unlock()
		return nil
	}
	e.holders--
	last := e.holders <= 0
	l.mu.Unlock()
	if !last {
		return nil
	}
	return l.revoke(ctx, e)
}

// Keep takes a token out of the ledger for good: it is to outlive the process,
// whoever else holds it or is handed it later.
func (l *Ledger) Keep(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept == nil {
		l.kept = make(map[string]struct{})
	}
	l.kept[id] = struct{}{}
	delete(l.entries, id)
}

// Holds reports whether a token is in the ledger, which is going to revoke it.
func (l *Ledger) Holds(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, held := l.entries[id]
	return held
}

// Empty revokes all tokens, side by side: those that are known at once, and
// those that are being minted as they arrive. From now on no other is minted.
// The error says how many tokens may still be valid.
func (l *Ledger) Empty(ctx context.Context) error {
	l.mu.Lock()
	l.emptying = true
	var known []*entry
	for _, e := range l.entries {
		known = append(known, e)
	}
	l.mu.Unlock()

	var revoking sync.WaitGroup
	for _, e := range known {
		revoking.Go(func() { _ = l.revoke(ctx, e) }) // The entry keeps the error.
	}
	minted := make(chan struct{})
	go func() {
		l.minting.Wait()
		close(minted)
	}()
	var unknown error
	select {
	case <-minted:
	case <-ctx.Done():
		unknown = errors.New("a token that was being minted may still be valid")
	}
	revoking.Wait()
	return errors.Join(unknown, l.Left())
}

// Left returns an error that says how many tokens are in the ledger, or nil if
// there is none.
func (l *Ledger) Left() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var failures []error
	for _, e := range l.entries {
		failures = append(failures, cmp.Or(e.failure, errNotYet))
	}
	if failures == nil {
		return nil
	}
	return fmt.Errorf("%d tokens may still be valid: %w", len(failures), errors.Join(failures...))
}

var errNotYet = errors.New("not revoked yet")

// revoke ends a token and strikes it out. Whoever asks while another does so
// already waits for the outcome.
func (l *Ledger) revoke(ctx context.Context, e *entry) error {
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return l.failed(e, ctx.Err())
	}
	if e.revoked {
		return nil
	}
	if err := e.token.Revoke(ctx); err != nil {
		return l.failed(e, err)
	}
	e.revoked = true
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.entries, e.token.ID)
	return nil
}

// failed takes note of why a token was not revoked.
func (l *Ledger) failed(e *entry, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.failure = err
	return err
}
