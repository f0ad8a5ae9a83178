package salesforce

import (
	"context"
	"errors"
	"sync"
	"time"
)

// A Gate has so many slots for the attempts of a client. It may also pause, so
// that bulk work is one guest to the org, not many: while the org, in an answer
// to any request, rate-limits, no other is sent. It stands before every attempt,
// not around whole calls, because a call waits between its attempts. A nil Gate
// is always open.
type Gate struct {
	slots  chan struct{}
	pauses bool

	mu    sync.Mutex
	opens time.Time // when the org may be asked again
}

// NewGate returns a gate that lets n requests in at a time, and does not pause.
func NewGate(n int) *Gate { return &Gate{slots: make(chan struct{}, n)} }

// NewPausingGate returns a gate that also pauses.
func NewPausingGate(n int) *Gate { return &Gate{slots: make(chan struct{}, n), pauses: true} }

// ErrPaused says that it is useless to wait at the gate.
var ErrPaused = errors.New("the org rate-limits requests for longer than this operation may take")

// enter waits for a slot and for the end of the pause, and returns nil, or the
// error of ctx, or ErrPaused. Who was let in has to leave. With nil, ctx is not
// over: nothing more is sent for a run that was interrupted.
func (g *Gate) enter(ctx context.Context) error {
	if g == nil {
		return ctx.Err()
	}
	select {
	case g.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := g.waitOpen(ctx); err != nil {
		g.leave()
		return err
	}
	return nil
}

func (g *Gate) leave() {
	if g != nil {
		<-g.slots
	}
}

// waitOpen looks again after a wait, since the pause may have been prolonged.
func (g *Gate) waitOpen(ctx context.Context) error {
	for {
		g.mu.Lock()
		opens := g.opens
		g.mu.Unlock()
		wait := time.Until(opens)
		if wait <= 0 {
			return ctx.Err()
		}
		if deadline, bounded := ctx.Deadline(); bounded && deadline.Before(opens) {
			return ErrPaused
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// pause closes a gate that pauses for a while, at least. A shorter pause does
// not end a longer one.
func (g *Gate) pause(wait time.Duration) {
	if g == nil || !g.pauses {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if opens := time.Now().Add(wait); opens.After(g.opens) {
		g.opens = opens
	}
}
