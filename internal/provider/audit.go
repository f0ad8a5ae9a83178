package provider

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"
)

// An auditFile is appended to, one line for each token or session that was to
// be ended. A nil pointer is none: nothing is written then.
type auditFile struct {
	path string

	mu      sync.Mutex
	file    *os.File // nil before the first line
	failure error    // of a line that was not written; nothing more is sent then
}

// An auditLine is a line of the file, in JSON. It holds no secret.
type auditLine struct {
	Time      time.Time `json:"time"`
	Kind      string    `json:"kind"`                 // of token, as in token_kind, or session
	SHA256    string    `json:"sha256,omitempty"`     // of a token, in hexadecimal
	SessionID string    `json:"session_id,omitempty"` // of a session, which is no secret
	Host      string    `json:"host"`
	Outcome   string    `json:"outcome"` // as in status, or failed
}

// outcomeFailed says of an attempt to end something that it may still be valid.
const outcomeFailed = "failed"

// An auditError says that nothing was sent, because it could not be recorded.
type auditError struct {
	path  string
	cause error
}

func (e *auditError) Error() string {
	return fmt.Sprintf("nothing was sent, because the audit file %s cannot be written: %s", e.path, e.cause)
}

// open makes sure that lines can be written, before anything is sent that they
// are about. The error is an *auditError.
func (a *auditFile) open() error {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failure == nil && a.file == nil {
		a.file, a.failure = os.OpenFile(a.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	}
	if a.failure != nil {
		return &auditError{a.path, a.failure}
	}
	return nil
}

// write appends a line in one piece, so that several processes may share the
// file. What fails is kept for failed.
func (a *auditFile) write(line auditLine) {
	if a.open() != nil || a == nil {
		return
	}
	content, err := json.Marshal(line)
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil {
		_, err = a.file.Write(append(content, '\n'))
	}
	if err != nil {
		a.failure = err
	}
}

// failed returns why a line was not written, as an *auditError, or nil.
func (a *auditFile) failed() error {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failure == nil {
		return nil
	}
	return &auditError{a.path, a.failure}
}
