package sweep

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// reasonsShown is how many reasons of failures are told apart.
const reasonsShown = 6

// An Account says what became of the items of a sweep, of each one once.
type Account struct {
	Ended        int
	AlreadyEnded int
	Failed       int // tried, and not known to be over
	NotTried     int

	Reasons []string // of the failures, each with its count, the most frequent first
	Example error    // one of the most frequent, or of those that kept items from being tried; nil if there is none

	words Words
}

// Account returns the account as it is by now. While a Run goes on, items in
// hand are not in it. After one that ended early, items that were expected and
// not seen count as not tried.
func (s *Sweep[T]) Account() Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := Account{words: s.Words}
	counts := make(map[string]int)
	notTried := make(map[string]int)
	for _, r := range s.results {
		if !r.settled {
			continue
		}
		switch r.ending {
		case Ended:
			a.Ended++
		case AlreadyEnded:
			a.AlreadyEnded++
		default:
			if r.failure.NotTried {
				a.NotTried++
				notTried[r.failure.Reason]++
			} else {
				a.Failed++
				counts[r.failure.Reason]++
			}
		}
	}
	if s.interrupted {
		a.NotTried = max(a.NotTried, s.Expected-a.Tried())
	}
	reasons := byFrequency(counts)
	others := a.Failed
	for _, reason := range reasons[:min(len(reasons), reasonsShown)] {
		a.Reasons = append(a.Reasons, fmt.Sprintf("%d × %s", counts[reason], reason))
		others -= counts[reason]
	}
	if others > 0 {
		a.Reasons = append(a.Reasons, fmt.Sprintf("%d × other reasons", others))
	}
	for _, reason := range append(reasons, byFrequency(notTried)...) {
		if a.Example == nil {
			a.Example = s.examples[reason]
		}
	}
	return a
}

func byFrequency(counts map[string]int) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], strings.Compare(a, b))
	})
}

// Tried is how many items were tried.
func (a Account) Tried() int { return a.Ended + a.AlreadyEnded + a.Failed }

// Left is how many items may not be over.
func (a Account) Left() int { return a.Failed + a.NotTried }

func (a Account) String() string {
	s := fmt.Sprintf("%d %s", a.Ended, a.words.Ended)
	if a.AlreadyEnded > 0 {
		s += fmt.Sprintf(", %d %s", a.AlreadyEnded, a.words.AlreadyEnded)
	}
	if a.Failed > 0 {
		s += fmt.Sprintf(", %d may still be valid (%s)", a.Failed, strings.Join(a.Reasons, ", "))
	}
	if a.NotTried > 0 {
		s += fmt.Sprintf(", %d not tried", a.NotTried)
	}
	return s
}

// Progress says how far the sweep is.
func (s *Sweep[T]) Progress() string {
	a := s.Account()
	return fmt.Sprintf("%d of %d %s: %s", a.Tried(), max(a.Tried(), s.Expected), s.Words.Items, a)
}
