package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/sweep"
)

// A trade ends items in fake time, each in 100 ms; answer may say otherwise.
type trade struct {
	answer func(item string, attempt int) (sweep.Ending, error)

	mu       sync.Mutex
	attempts map[string]int
	inFlight int
	most     int // that were in flight at a time
}

var (
	errRefused = errors.New("refused")
	errBusy    = errors.New("busy")
	errNever   = errors.New("never sent")
)

func (w *trade) end(ctx context.Context, item string) (sweep.Ending, error) {
	w.mu.Lock()
	if w.attempts == nil {
		w.attempts = make(map[string]int)
	}
	w.attempts[item]++
	attempt := w.attempts[item]
	w.inFlight++
	w.most = max(w.most, w.inFlight)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.inFlight--
	}()
	select {
	case <-time.After(100 * time.Millisecond):
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	if w.answer != nil {
		return w.answer(item, attempt)
	}
	return sweep.Ended, nil
}

func newSweep(w *trade, workers int) *sweep.Sweep[string] {
	return &sweep.Sweep[string]{
		End: w.end,
		Explain: func(err error) sweep.Failure {
			return sweep.Failure{Reason: err.Error(), Retry: errors.Is(err, errBusy), NotTried: errors.Is(err, errNever)}
		},
		Key:     func(item string) string { return item },
		Words:   sweep.Words{Items: "things", Ended: "ended", AlreadyEnded: "over before"},
		Workers: workers,
	}
}

// named yields n items, and counts how many were taken.
func named(n int, taken *int) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i := range n {
			*taken = i + 1
			if !yield(fmt.Sprint(i), nil) {
				return
			}
		}
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &trade{answer: func(item string, _ int) (sweep.Ending, error) {
			switch item {
			case "3", "5":
				return sweep.AlreadyEnded, nil
			case "7":
				return 0, errors.New("odd")
			case "8", "9":
				return 0, errRefused
			}
			return sweep.Ended, nil
		}}
		s := newSweep(w, 8)
		s.Expected = 80
		start := time.Now()
		var taken int
		round, err := s.Run(t.Context(), named(80, &taken))
		if err != nil || round != (sweep.Round{Number: 1, Moved: 77}) {
			t.Errorf("Run = %+v, %v; want 77 moved", round, err)
		}
		if got := time.Since(start); got != time.Second || w.most != 8 {
			t.Errorf("80 items, 8 at a time, took %s with %d at a time; want 1s", got, w.most)
		}
		a := s.Account()
		if got, want := a.String(), "75 ended, 2 over before, 3 may still be valid (2 × refused, 1 × odd)"; got != want {
			t.Errorf("the account is %q; want %q", got, want)
		}
		if a.Tried() != 80 || a.Left() != 3 || !errors.Is(a.Example, errRefused) {
			t.Errorf("%d tried, %d left, for example %v", a.Tried(), a.Left(), a.Example)
		}

		// What is settled is not tried again, by success or by failure.
		round, err = s.Run(t.Context(), named(81, &taken))
		if err != nil || round != (sweep.Round{Number: 2, Moved: 1, Listed: 77}) {
			t.Errorf("the second Run = %+v, %v", round, err)
		}
		for item, attempts := range w.attempts {
			if attempts != 1 {
				t.Errorf("item %s was tried %d times", item, attempts)
			}
		}
		if !s.Seen("80") || s.Seen("81") {
			t.Error("it does not know what it has seen")
		}
	})
}

// An item that is listed again while it is in hand is one item.
func TestItemInHandIsNotTakenTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &trade{}
		s := newSweep(w, 2)
		round, err := s.Run(t.Context(), func(yield func(string, error) bool) {
			for range 3 {
				yield("a", nil)
			}
		})
		if err != nil || round != (sweep.Round{Number: 1, Moved: 1}) || w.attempts["a"] != 1 {
			t.Errorf("Run = %+v, %v after %d attempts", round, err, w.attempts["a"])
		}
	})
}

// What failed for now is tried again in the next Run, not in the same one.
func TestRunTriesAgain(t *testing.T) {
	t.Parallel()
	for _, failure := range []error{errBusy, errNever} {
		synctest.Test(t, func(t *testing.T) {
			s := newSweep(&trade{answer: func(item string, attempt int) (sweep.Ending, error) {
				if item == "1" && attempt == 1 {
					return 0, failure
				}
				return sweep.Ended, nil
			}}, 2)
			var taken int
			if round, err := s.Run(t.Context(), named(2, &taken)); err != nil || round.Moved != 1 || s.Account().Left() != 1 || !errors.Is(s.Account().Example, failure) {
				t.Errorf("the first Run = %+v, %v: %s", round, err, s.Account())
			}
			if round, err := s.Run(t.Context(), named(2, &taken)); err != nil || round.Moved != 1 || s.Account().Left() != 0 || s.Account().Tried() != 2 {
				t.Errorf("the second Run = %+v, %v: %s", round, err, s.Account())
			}
		})
	}
}

// An interrupted Run ends at once, has read no more than a page ahead, leaves
// nothing under way, and accounts for every item.
func TestRunIsInterrupted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		items, expected int
		want            string
	}{
		{100_000, 100_000, "40 ended, 4 may still be valid (4 × context canceled), 99956 not tried"},
		{100_000, 0, "40 ended, 4 may still be valid (4 × context canceled), 501 not tried"},
		{500, 500, "40 ended, 4 may still be valid (4 × context canceled), 456 not tried"},
		{45, 45, "40 ended, 4 may still be valid (4 × context canceled), 1 not tried"},
		{44, 44, "40 ended, 4 may still be valid (4 × context canceled)"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &trade{}
			s := newSweep(w, 4)
			s.Expected = test.expected
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(1050*time.Millisecond, cancel)
			start := time.Now()
			var taken int
			round, err := s.Run(ctx, named(test.items, &taken))
			if !errors.Is(err, context.Canceled) || round.Moved != 40 {
				t.Errorf("Run = %+v, %v; want 40 moved, and canceled", round, err)
			}
			if got := time.Since(start); got != 1050*time.Millisecond || w.inFlight != 0 {
				t.Errorf("it ended after %s with %d under way; want at once", got, w.inFlight)
			}
			if taken > 600 {
				t.Errorf("%d items were read ahead", taken-40)
			}
			if got := s.Account().String(); got != test.want {
				t.Errorf("of %d, the account is %q; want %q", test.items, got, test.want)
			}
		})
	}
}

// A listing that breaks off ends the Run, after what was listed was ended.
func TestRunOfBrokenListing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSweep(&trade{}, 2)
		s.Expected = 7
		broken := errors.New("broken")
		round, err := s.Run(t.Context(), func(yield func(string, error) bool) {
			_ = yield("a", nil) && yield("b", nil) && yield("c", nil) && yield("", broken)
		})
		if !errors.Is(err, broken) || round.Moved != 3 {
			t.Errorf("Run = %+v, %v", round, err)
		}
		if got, want := s.Account().String(), "3 ended, 4 not tried"; got != want {
			t.Errorf("the account is %q; want %q", got, want)
		}
		if _, err := s.Run(t.Context(), func(func(string, error) bool) {}); err != nil || s.Account().NotTried != 0 {
			t.Errorf("after a Run that came to its end, the account is %q", s.Account())
		}
	})
}

// However different the failures are, the account stays short.
func TestAccountIsShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSweep(&trade{answer: func(item string, _ int) (sweep.Ending, error) { return 0, errors.New("reason " + item) }}, 4)
		var taken int
		if _, err := s.Run(t.Context(), named(500, &taken)); err != nil {
			t.Error(err)
		}
		got := s.Account().String()
		if !strings.HasSuffix(got, ", 494 × other reasons)") || strings.Count(got, "×") != 7 {
			t.Errorf("the account is %q", got)
		}
	})
}

func TestReport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSweep(&trade{}, 1)
		s.Expected = 250
		var reports []string
		stop := s.Report(func(progress string) { reports = append(reports, progress) })
		var taken int
		_, err := s.Run(t.Context(), named(250, &taken)) // for 25 s
		stop()
		time.Sleep(time.Minute)
		if err != nil || len(reports) != 2 || !strings.HasPrefix(reports[1], "199 of 250 things: 199 ended") && !strings.HasPrefix(reports[1], "200 of 250") {
			t.Errorf("%v; the reports are %q; want two, at 10 and 20 seconds", err, reports)
		}
	})
}

// An item that failed, and is not among those of a later Run of all that is left,
// is not in the account any more; those of other Runs are.
func TestRelisted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSweep(&trade{answer: func(item string, _ int) (sweep.Ending, error) {
			if item > "b" {
				return 0, errors.New("stuck")
			}
			return sweep.Ended, nil
		}}, 4)
		var last sweep.Round
		for i, items := range [][]string{{"a", "m"}, {"b", "n", "o"}, {"o", "p"}} {
			var err error
			last, err = s.Run(t.Context(), func(yield func(string, error) bool) {
				for _, item := range items {
					if !yield(item, nil) {
						return
					}
				}
			})
			if err != nil || last.Number != i+1 {
				t.Fatal(last, err)
			}
		}
		if got, want := s.Account().String(), "2 ended, 4 may still be valid (4 × stuck)"; got != want {
			t.Errorf("the account is %q; want %q", got, want)
		}
		s.Relisted(last.Number - 1)
		if got, want := s.Account().String(), "2 ended, 3 may still be valid (3 × stuck)"; got != want {
			t.Errorf("the account is %q; want %q", got, want)
		}
		if s.Seen("n") || !s.Seen("m") {
			t.Error("the items that are left are those of another Run")
		}
	})
}
