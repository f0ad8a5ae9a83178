// Package ledger keeps account of the tokens that this process has minted and
// not yet revoked, so that none outlives it.
package ledger

import (
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
	minting sync.WaitGroup

	mu      sync.Mutex
	entries map[string]*entry // by the token's ID
}

type entry struct {
	token   Token
	holders int           // how many were handed the token and have not released it
	turn    chan struct{} // holds one while the token is being revoked
	revoked bool          // by whoever had the turn
}

// Mint runs mint and enters the token that it returns, with the caller as a
// holder. An end of ctx does not reach mint: a request for a token that is
// broken off may leave a token behind that nobody knows. Mint returns at once
// then, and the token is revoked when it arrives.
func (l *Ledger) Mint(ctx context.Context, mint func(context.Context) (Token, error)) error {
	minted := make(chan error)
	l.minting.Go(func() {
		token, err := mint(context.WithoutCancel(ctx))
		if err == nil {
			l.enter(token)
		}
		select {
		case minted <- err:
		case <-ctx.Done(): // Nobody waits for the token any more.
			if err == nil {
				// Should this fail, the token stays for Empty.
				_ = l.Release(context.WithoutCancel(ctx), token.ID)
			}
		}
	})
	select {
	case err := <-minted:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *Ledger) enter(token Token) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.entries == nil {
		l.entries = make(map[string]*entry)
	}
	e := l.entries[token.ID]
	if e == nil {
		e = &entry{token: token, turn: make(chan struct{}, 1)}
		l.entries[token.ID] = e
	}
	e.holders++
}

// Release says that a holder needs the token no more. The last holder's
// release revokes it. If that fails, the token stays in the ledger, and Empty
// tries again. A token that is not in the ledger is revoked already.
func (l *Ledger) Release(ctx context.Context, id string) error {
	l.mu.Lock()
	e := l.entries[id]
	if e != nil && e.holders > 0 {
		e.holders--
	}
	last := e != nil && e.holders == 0
	l.mu.Unlock()
	if !last {
		return nil
	}
	return l.revoke(ctx, e)
}

// Keep takes a token out of the ledger: it is to outlive the process, whoever
// else holds it.
func (l *Ledger) Keep(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.entries, id)
}

// Empty waits for tokens that are being minted, then revokes all that is left,
// side by side. The error says how many tokens may be alive.
func (l *Ledger) Empty(ctx context.Context) error {
	minted := make(chan struct{})
	go func() {
		l.minting.Wait()
		close(minted)
	}()
	var unknown error
	select {
	case <-minted:
	case <-ctx.Done():
		unknown = errors.New("a token that was being minted may be alive")
	}

	l.mu.Lock()
	var left []*entry
	for _, e := range l.entries {
		left = append(left, e)
	}
	l.mu.Unlock()
	failures := make(chan error, len(left))
	for _, e := range left {
		go func() { failures <- l.revoke(ctx, e) }()
	}
	var failed []error
	for range left {
		if err := <-failures; err != nil {
			failed = append(failed, err)
		}
	}
	if failed != nil {
		unknown = errors.Join(unknown, fmt.Errorf("%d of %d tokens may be alive: %w", len(failed), len(left), errors.Join(failed...)))
	}
	return unknown
}

// revoke ends a token and strikes it out. Whoever asks while another does so
// already waits for the outcome.
func (l *Ledger) revoke(ctx context.Context, e *entry) error {
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if e.revoked {
		return nil
	}
	if err := e.token.Revoke(ctx); err != nil {
		return err
	}
	e.revoked = true
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.entries, e.token.ID)
	return nil
}
