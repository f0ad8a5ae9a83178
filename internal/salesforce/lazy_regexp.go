package salesforce

import (
	"regexp"
	"sync"
)

// lazyRegexp returns a regular expression that is compiled when it is first
// asked for: an engine starts a provider several times in a run, and most starts
// need none. It panics then if the expression is malformed.
func lazyRegexp(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
