package parent

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// original is the parent. While its handle is open, Windows gives its process ID
// to no other process.
//
// If the parent ended before the handle was opened, another process may have
// its ID already, and the end of that one is what wait reports. Creation times
// could tell the two apart, but only while nobody sets the clock back, and a
// parent must not be taken for gone because of that.
var original = open(os.Getppid())

// A process is a handle on a process, or the reason why there is none.
type process struct {
	handle windows.Handle
	err    error
}

func open(pid int) process {
	if pid <= 0 {
		return process{err: errors.New("this process does not know its parent")}
	}
	handle, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	return process{handle, err}
}

func (p process) wait() error {
	if errors.Is(p.err, windows.ERROR_INVALID_PARAMETER) {
		return nil // no process has this ID any more
	}
	if p.err != nil {
		return fmt.Errorf("opening the parent process: %w", p.err)
	}
	if _, err := windows.WaitForSingleObject(p.handle, windows.INFINITE); err != nil {
		return fmt.Errorf("waiting for the parent process: %w", err)
	}
	return nil
}

func wait() error {
	return original.wait()
}
