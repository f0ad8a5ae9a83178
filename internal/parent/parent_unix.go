//go:build unix

package parent

import (
	"os"
	"time"
)

// interval is how often the parent's process ID is read.
const interval = 200 * time.Millisecond

// original is the process ID of the parent. Another process adopts this one
// when its parent ends, so a change is the sign. The ID 1 is not: in a container
// it may be the parent's own.
var original = os.Getppid()

func wait() error {
	for os.Getppid() == original {
		time.Sleep(interval)
	}
	return nil
}
