// Package ledger keeps account of the tokens that this process has minted and
// not yet revoked, so that none outlives it.
package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
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

// A LateError says that a token arrived for a caller who is gone.
type LateError struct {
	Cause   error // ErrEmptying, or that of the caller's context
	Failure error // why the token is not revoked yet; nil if it is
}

func (e *LateError) Error() string {
	if e.Failure == nil {
		return fmt.Sprintf("%v, and the token that was being minted was revoked", e.Cause)
	}
	return fmt.Sprintf("%v, and the token that was being minted is not revoked yet: %v", e.Cause, e.Failure)
}

// Unwrap returns the cause: the failure is that of another request.
func (e *LateError) Unwrap() error { return e.Cause }

// Mint runs mint and enters the token that it returns, with the caller as a
// holder. It does not begin once ctx is over or Empty was called, and returns
// the error of ctx, or ErrEmptying.
//
// When the deadline of ctx passes, Mint returns. When ctx is canceled, it waits
// for mint all the same: a run that is interrupted has the time that a sign-in
// takes, and a process that ends has not. Either way the token is revoked when
// it arrives. If it did while Mint waited, the error is a *LateError.
func (l *Ledger) Mint(ctx context.Context, mint func(context.Context) (Token, error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !l.begin() {
		return ErrEmptying
	}
	waiting, cancel := withDeadlineOf(ctx)
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
		return waiting.Err()
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

// withDeadlineOf returns a context with the deadline of ctx, which an
// interruption does not end.
func withDeadlineOf(ctx context.Context) (context.Context, context.CancelFunc) {
	free := context.WithoutCancel(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(free, deadline)
	}
	return context.WithCancel(free)
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
