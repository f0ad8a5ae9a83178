package sweep_test

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/sweep"
)

func TestLeft(t *testing.T) {
	t.Parallel()
	a := sweep.Account{Ended: 1, AlreadyEnded: 2, Failed: 4, NotTried: 8}
	if a.Tried() != 7 || a.Left() != 12 {
		t.Errorf("%d were tried and %d are left; want 7 and 12", a.Tried(), a.Left())
	}
}

func TestReasonsByFrequency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const items = "abbcccddddeeeeeffffff"
		s := newSweep(&trade{answer: func(item string, _ int) (sweep.Ending, error) {
			n, _ := strconv.Atoi(item)
			return 0, errors.New(items[n : n+1])
		}}, 1)
		var taken int
		if _, err := s.Run(t.Context(), named(len(items), &taken)); err != nil {
			t.Error(err)
		}
		if got, want := strings.Join(s.Account().Reasons, " "), "6 × f 5 × e 4 × d 3 × c 2 × b 1 × a"; got != want {
			t.Errorf("the reasons are %s; want %s", got, want)
		}
	})
}

// The example is of the most frequent reason, also where nothing was tried.
func TestExampleOfNotTried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rare, frequent := errors.New("a rare reason"), errors.New("the frequent reason")
		s := newSweep(&trade{answer: func(item string, _ int) (sweep.Ending, error) {
			if item == "0" {
				return 0, rare
			}
			return 0, frequent
		}}, 1)
		s.Explain = func(err error) sweep.Failure { return sweep.Failure{Reason: err.Error(), NotTried: true} }
		var taken int
		if _, err := s.Run(t.Context(), named(3, &taken)); err != nil {
			t.Error(err)
		}
		if a := s.Account(); a.NotTried != 3 || !errors.Is(a.Example, frequent) {
			t.Errorf("the account is %s, with the example %v", a, a.Example)
		}
	})
}

// An interruption that comes when all is done takes nothing back.
func TestInterruptedWhenDone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		s := newSweep(&trade{answer: func(string, int) (sweep.Ending, error) {
			interrupt()
			return sweep.Ended, nil
		}}, 1)
		var taken int
		if _, err := s.Run(ctx, named(1, &taken)); err != nil {
			t.Errorf("the error is %v", err)
		}
	})
}

// Failures do not hide why there are no more items.
func TestItemsBreakOffAfterFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSweep(&trade{answer: func(string, int) (sweep.Ending, error) { return 0, errRefused }}, 1)
		var items iter.Seq2[string, error] = func(yield func(string, error) bool) {
			_ = yield("a", nil) && yield("", errBusy)
		}
		if _, err := s.Run(t.Context(), items); !errors.Is(err, errBusy) {
			t.Errorf("the error is %v", err)
		}
	})
}
