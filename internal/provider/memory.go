package provider

import (
	"os"
	"runtime/debug"
	"sync/atomic"
)

// How much the heap may grow until garbage is collected, in per cent of what was
// in use after the last time. Go's own is 100.
const (
	growthOfSingleTokens = 400 // a megabyte is in use
	growthOfSweep        = 150
	growthOfInventory    = 60 // all of the rows are
)

// allowedGrowth is the current one of these, or 0 if the collector is left alone.
var allowedGrowth atomic.Int32

// CollectSeldom makes Go collect garbage less often than by default, unless GOGC
// or GOMEMLIMIT is set. With one resource for each token almost everything is
// garbage: this costs about 10 MB, and saves a tenth of the provider's CPU time.
func CollectSeldom() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(growthOfSingleTokens)
		allowedGrowth.Store(growthOfSingleTokens)
	}
}

// limitGrowth has garbage collected more often from now on, because much will be
// in use that is none. It changes nothing unless CollectSeldom did.
func limitGrowth(growth int32) {
	for {
		current := allowedGrowth.Load()
		if current <= growth {
			return
		}
		if allowedGrowth.CompareAndSwap(current, growth) {
			debug.SetGCPercent(int(growth))
			return
		}
	}
}
