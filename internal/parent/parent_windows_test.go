package parent

import (
	"errors"
	"testing"

	"golang.org/x/sys/windows"
)

// A parent that cannot be watched is not one that has ended.
func TestWaitWithoutHandle(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]process{
		"no parent": open(0),
		"unknown":   open(-1),
		"no handle": {},
	} {
		if p.wait() == nil {
			t.Errorf("%s: wait reports that the parent ended", name)
		}
	}
	denied := process{err: windows.ERROR_ACCESS_DENIED}
	if err := denied.wait(); !errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		t.Errorf("access denied: wait returns %v", err)
	}
}

// A parent has ended if no process has its ID.
func TestWaitForUnusedID(t *testing.T) {
	t.Parallel()
	const unused = 0x7ffffffc // IDs are given from the bottom
	if err := open(unused).wait(); err != nil {
		t.Error(err)
	}
}
