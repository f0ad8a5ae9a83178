package provider

import (
	"sync"
	"time"
)

// A runRecord remembers what the provider did to tokens in this run, so that
// no resource calls a token active that another one has revoked. The zero value
// is ready.
type runRecord struct {
	mu      sync.Mutex
	revoked map[recordKey]time.Time
	armed   map[recordKey]bool
}

// A recordKey is a token at an address: another org may answer for a token that
// it does not know as if it had revoked it.
type recordKey struct{ revocationURL, tokenSHA256 string }

// revoke records that a token was revoked.
func (r *runRecord) revoke(key recordKey, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.revoked == nil {
		r.revoked = make(map[recordKey]time.Time)
	}
	r.revoked[key] = at
}

// arm records that a resource keeps a token for a destroy, unless the token was
// revoked before. Then it returns when.
func (r *runRecord) arm(key recordKey) (revokedAt time.Time, revoked bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, revoked := r.revoked[key]; revoked {
		return at, true
	}
	if r.armed == nil {
		r.armed = make(map[recordKey]bool)
	}
	r.armed[key] = true
	return time.Time{}, false
}

// isArmed reports whether a resource was created in this run that keeps the
// token for a destroy.
func (r *runRecord) isArmed(key recordKey) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.armed[key]
}
