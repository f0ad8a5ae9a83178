// Package sweep ends many things side by side, such as tokens or sessions, and
// accounts for every one of them. It knows neither what they are nor how one is
// ended.
package sweep

import (
	"context"
	"crypto/sha256"
	"iter"
	"maps"
	"sync"
	"time"
)

const (
	// readAhead is how many items wait for a worker at most: a page of them, so
	// that the next page is fetched while the workers are busy.
	readAhead = 500

	// reportInterval is how often a sweep reports its progress.
	reportInterval = 10 * time.Second
)

// A Sweep ends items of one kind. Its exported fields are set before the first
// Run; all but Expected are required.
type Sweep[T any] struct {
	// End ends one item. It is called by several goroutines at a time.
	End func(context.Context, T) (Ending, error)

	// Explain says what an error of End means.
	Explain func(error) Failure

	// Key tells items apart. Only its SHA-256 is kept, so it may be a secret.
	Key func(T) string

	Words    Words
	Workers  int // how many items are worked on at a time
	Expected int // how many items there are, for reports; 0 if that is not known

	mu          sync.Mutex
	runs        int // how many there were
	results     map[[sha256.Size]byte]result
	examples    map[string]error // of failures, by reason
	interrupted bool             // the last Run has not seen all items
}

// An Ending says how an item came to its end.
type Ending int

const (
	Ended        Ending = iota + 1 // by the sweep
	AlreadyEnded                   // before, or by somebody else
)

// A Failure says why an item is not known to be ended.
type Failure struct {
	Reason   string // without what differs from item to item: failures are counted by it
	Retry    bool   // it may succeed in another Run
	NotTried bool   // nothing was done: the item is as it was
}

// Words are what a sweep calls its items and their ends, such as "tokens",
// "revoked" and "already invalid".
type Words struct{ Items, Ended, AlreadyEnded string }

// A result is what is known of an item that was seen. The zero value is that of
// one in hand.
type result struct {
	ending  Ending  // if it is over
	failure Failure // if it is not
	settled bool
	run     int // the latest Run that it was handed in to
}

// A Round is what one Run comes to.
type Round struct {
	Number int // of the Run, from 1
	Moved  int // items that came to their end in it
	Listed int // items that were over before, and were handed in all the same
}

// Run ends items as they come. One that fails does not stop the others. One that
// is in hand, or settled for good by an earlier Run, is not tried again. It
// ends early with the error of items, or of ctx, when no call of End is under way
// any more.
func (s *Sweep[T]) Run(ctx context.Context, items iter.Seq2[T, error]) (Round, error) {
	s.mu.Lock()
	s.runs++
	round := Round{Number: s.runs}
	s.mu.Unlock()
	waiting := make(chan T, readAhead)
	var workers sync.WaitGroup
	for range s.Workers {
		workers.Go(func() {
			for item := range waiting {
				if s.end(ctx, item) {
					s.mu.Lock()
					round.Moved++
					s.mu.Unlock()
				}
			}
		})
	}
	listed, err := s.feed(ctx, waiting, items)
	close(waiting)
	workers.Wait()
	round.Listed = listed
	if err == nil && s.Account().Left() > 0 {
		err = ctx.Err() // which may be what they failed of
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.interrupted = err != nil
	return round, err
}

func (s *Sweep[T]) feed(ctx context.Context, waiting chan<- T, items iter.Seq2[T, error]) (listed int, err error) {
	for item, err := range items {
		if err != nil {
			return listed, err
		}
		isNew, isOver := s.take(item)
		if isOver {
			listed++
		}
		if !isNew {
			continue
		}
		select {
		case waiting <- item:
		case <-ctx.Done():
			s.settle(item, result{failure: Failure{NotTried: true}})
			return listed, ctx.Err()
		}
	}
	return listed, ctx.Err()
}

// take reports whether an item is to be tried, and has it in hand then, and
// whether it is over.
func (s *Sweep[T]) take(item T) (isNew, isOver bool) {
	key := sha256.Sum256([]byte(s.Key(item)))
	s.mu.Lock()
	defer s.mu.Unlock()
	known, seen := s.results[key]
	if seen && (!known.settled || !known.failure.Retry && !known.failure.NotTried) {
		known.run = s.runs
		s.results[key] = known
		return false, known.ending != 0
	}
	if s.results == nil {
		s.results = make(map[[sha256.Size]byte]result)
	}
	s.results[key] = result{run: s.runs}
	return true, false
}

// Relisted says that the last Run was handed all that is left of the items of the
// Runs from the given one on. Those that failed and were not among them are taken
// out of the account: they are gone, or came again under another key.
func (s *Sweep[T]) Relisted(since int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.results, func(_ [sha256.Size]byte, r result) bool {
		return r.ending == 0 && since <= r.run && r.run < s.runs
	})
}

// Seen reports whether an item was handed in before.
func (s *Sweep[T]) Seen(item T) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, seen := s.results[sha256.Sum256([]byte(s.Key(item)))]
	return seen
}

// end reports whether the item is over now.
func (s *Sweep[T]) end(ctx context.Context, item T) bool {
	if ctx.Err() != nil {
		s.settle(item, result{failure: Failure{NotTried: true}})
		return false
	}
	ending, err := s.End(ctx, item)
	if err == nil {
		s.settle(item, result{ending: ending})
		return true
	}
	failure := s.Explain(err)
	s.settle(item, result{failure: failure})
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.examples == nil {
		s.examples = make(map[string]error)
	}
	if s.examples[failure.Reason] == nil {
		s.examples[failure.Reason] = err
	}
	return false
}

func (s *Sweep[T]) settle(item T, r result) {
	r.settled = true
	key := sha256.Sum256([]byte(s.Key(item)))
	s.mu.Lock()
	defer s.mu.Unlock()
	r.run = s.runs
	s.results[key] = r
}

// Report has report told of the progress at steady intervals until the function
// that it returns is called.
func (s *Sweep[T]) Report(report func(progress string)) (stop func()) {
	ticker := time.NewTicker(reportInterval)
	done := make(chan struct{})
	var reporter sync.WaitGroup
	reporter.Go(func() {
		for {
			select {
			case <-ticker.C:
				report(s.Progress())
			case <-done:
				return
			}
		}
	})
	return func() {
		ticker.Stop()
		close(done)
		reporter.Wait()
	}
}
