package salesforcetest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// A Fault is what happens to a request instead of, or before, next, which is
// the org as it behaves. See [Org.Script].
type Fault func(next http.Handler) http.Handler

// Pass is no fault: the org behaves. It skips a turn in a script.
func Pass() Fault {
	return func(next http.Handler) http.Handler { return next }
}

// Status answers with a status, headers (may be nil) and a body. Nothing is
// done.
func Status(code int, header http.Header, body string) Fault {
	return answer(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
	})
}

// OAuthError answers with an OAuth error in Salesforce's form encoding, the way
// the revoke endpoint does.
func OAuthError(code int, err, description string) Fault {
	return answer(func(w http.ResponseWriter, _ *http.Request) { writeFormError(w, code, err, description) })
}

// JSONError answers with an OAuth error in JSON, the way the token endpoint
// does.
func JSONError(code int, err, description string) Fault {
	return answer(func(w http.ResponseWriter, _ *http.Request) { writeJSONError(w, code, err, description) })
}

// Redirect answers with a redirect status and a Location. Nothing is done.
func Redirect(code int, location string) Fault {
	return Status(code, http.Header{"Location": {location}}, "")
}

// HTML answers 200 with a page, as a proxy's or a login page. Nothing is done.
func HTML() Fault {
	return answer(func(w http.ResponseWriter, _ *http.Request) { writePage(w, http.StatusOK, "Login") })
}

// Flood answers 200 with a body of that many bytes. Nothing is done.
func Flood(bytes int) Fault {
	return answer(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		chunk := []byte(strings.Repeat("x", 32<<10))
		for left := bytes; left > 0; left -= len(chunk) {
			if _, err := w.Write(chunk[:min(left, len(chunk))]); err != nil {
				return // The client has heard enough.
			}
		}
	})
}

// Echo answers with a form-encoded error whose description repeats every secret
// of the request, raw and percent-encoded: both forms are found in the body as
// it is and in the description once decoded. Nothing is done.
func Echo(code int) Fault {
	return answer(func(w http.ResponseWriter, r *http.Request) {
		var secrets []string
		for _, name := range []string{"token", "refresh_token", "assertion", "client_secret"} {
			secrets = append(secrets, r.Form[name]...)
		}
		if session := bearer(r); session != "" {
			secrets = append(secrets, session)
		}
		var description strings.Builder
		for _, secret := range secrets {
			escaped := url.QueryEscape(secret)
			fmt.Fprintf(&description, "%s %s %s ", secret, escaped, url.QueryEscape(escaped))
		}
		w.Header().Set("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
		w.WriteHeader(code)
		_, _ = fmt.Fprint(w, "error=server_error&error_description=cannot handle ", description.String())
	})
}

// Delay has the org behave after d, or at once if the client goes.
func Delay(d time.Duration) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			wait(r.Context(), d)
			next.ServeHTTP(w, r)
		})
	}
}

// Hang answers nothing until the client goes or the server closes. Nothing is
// done.
func Hang() Fault {
	return answer(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		drop()
	})
}

// A Hold keeps requests in the org until a test lets them go. A test can then
// do anything to the client at a moment that it has chosen:
//
//	hold := salesforcetest.NewHold()
//	org.Script(salesforcetest.TokenPath, hold.Fault())
//	// Start a client that signs in.
//	<-hold.Arrived()
//	// Kill the client.
//	hold.Release()
type Hold struct {
	arrived  chan struct{}
	released chan struct{} // closed by Release

	mu   sync.Mutex // guards held against a new request while Release waits
	held sync.WaitGroup
}

// NewHold makes a Hold that holds nothing yet.
func NewHold() *Hold {
	return &Hold{arrived: make(chan struct{}), released: make(chan struct{})}
}

// Fault holds each request that meets it, of which there may be any number.
// After Release the org does what the request asks for, even if the client has
// gone meanwhile. Nothing is done if the server closes first.
func (h *Hold) Fault() Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if h.enter() {
				defer h.held.Done()
				closing := serverClosing(r.Context())
				arrived := h.arrived
				for held := true; held; {
					select {
					case arrived <- struct{}{}:
						arrived = nil
					case <-h.released:
						held = false
					case <-closing:
						drop()
					}
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}

// enter reports whether a request is to be held.
func (h *Hold) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-h.released:
		return false
	default:
		h.held.Add(1)
		return true
	}
}

// Arrived yields one value for each request that is held. Nobody has to receive
// them.
func (h *Hold) Arrived() <-chan struct{} { return h.arrived }

// Release lets go what is held, and holds nothing from now on. It returns when
// the org has done what the held requests ask for. It may be called more than
// once.
func (h *Hold) Release() {
	h.mu.Lock()
	select {
	case <-h.released:
	default:
		close(h.released)
	}
	h.mu.Unlock()
	h.held.Wait()
}

// DropBefore closes the connection without an answer. Nothing is done.
func DropBefore() Fault {
	return answer(func(http.ResponseWriter, *http.Request) { drop() })
}

// DropAfter has the org do what the request asks for, a token is revoked, and
// then closes the connection without an answer.
func DropAfter() Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(discard{}, r)
			drop()
		})
	}
}

// discard is a response that nobody gets.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

func answer(f http.HandlerFunc) Fault {
	return func(http.Handler) http.Handler { return f }
}

// drop has net/http close the connection and log nothing.
func drop() { panic(http.ErrAbortHandler) }

func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
