// Package parent notices that the process that started this one has ended.
package parent

// Wait returns nil when the process that started this one has ended: at once
// on Windows, within 200 milliseconds on Unix. An error means that this process
// cannot watch its parent; it does not mean that the parent has ended.
//
// The parent is remembered when this package is initialized, so Wait also
// notices a parent that ended between then and the call.
func Wait() error {
	return wait()
}
