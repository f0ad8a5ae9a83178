package salesforce

import (
	"context"
	"errors"
	"sync"
	"time"
)

// A Gate is what bulk work shares so that it is one guest to the org, not many:
// it lets so many requests in at a time, and none while the org, in an answer
// to any of them, has asked to be left alone. It stands before every attempt,
// not around whole calls, because the calls retry by themselves. A nil Gate is
// always open.
type Gate struct {
	slots chan struct{}

	mu    sync.Mutex
	opens time.Time // when the org may be asked again
}

// NewGate returns a gate that lets n requests in at a time.
func NewGate(n int) *Gate { return &Gate{slots: make(chan struct{}, n)} }

// errPaused says that waiting at the gate is vain.
var errPaused = errors.New("the org asked to be left alone for longer than this operation may take")

// enter waits for a slot and for the end of the pause, and returns nil, or the
// error of ctx, or errPaused. Who was let in has to leave.
func (g *Gate) enter(ctx context.Context) error {
	if g == nil {
		return nil
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
			return errPaused
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// pause closes the gate for a while, at least. A shorter pause does not end a
// longer one.
func (g *Gate) pause(wait time.Duration) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if opens := time.Now().Add(wait); opens.After(g.opens) {
		g.opens = opens
	}
}
