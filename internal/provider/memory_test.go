package provider

import (
	"runtime/debug"
	"testing"
)

func TestCollectSeldom(t *testing.T) {
	const before = 123
	defer debug.SetGCPercent(debug.SetGCPercent(before))
	defer allowedGrowth.Store(0)
	for _, test := range []struct {
		name, variable, value string
		seldom, bulk          int
	}{
		{"nothing is set", "GOGC", "", growthOfSingleTokens, growthOfSweep},
		{"GOGC is set", "GOGC", "50", before, before},
		{"GOMEMLIMIT is set", "GOMEMLIMIT", "1GiB", before, before},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("GOGC", "")
			t.Setenv("GOMEMLIMIT", "")
			t.Setenv(test.variable, test.value)
			debug.SetGCPercent(before)
			allowedGrowth.Store(0)
			CollectSeldom()
			if got := debug.SetGCPercent(test.seldom); got != test.seldom {
				t.Errorf("the heap may grow by %d %%; want %d %%", got, test.seldom)
			}
			new(providerData).api()
			limitGrowth(growthOfSingleTokens) // It is no more than before.
			if got := debug.SetGCPercent(before); got != test.bulk {
				t.Errorf("with bulk work, the heap may grow by %d %%; want %d %%", got, test.bulk)
			}
		})
	}
}
