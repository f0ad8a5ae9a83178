package parent

import (
	"testing"

	"golang.org/x/sys/windows"
)

// A parent that cannot be watched is not one that has ended.
func TestWaitWithoutHandle(t *testing.T) {
	for name, p := range map[string]process{
		"no parent":     open(0),
		"unknown":       open(-1),
		"access denied": {err: windows.ERROR_ACCESS_DENIED},
		"no handle":     {},
	} {
		if err := p.wait(); err == nil {
			t.Errorf("%s: Wait tells that the parent ended", name)
		}
	}
}
