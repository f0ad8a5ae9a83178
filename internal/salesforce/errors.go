package salesforce

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// A ResponseError says that the org answered, but not with what was asked for.
type ResponseError struct {
	Status      int           // of HTTP
	Code        string        // the OAuth error, such as unsupported_token_type, or the REST API's errorCode; may be empty
	Description string        // the OAuth error_description, or the REST API's message; may be empty
	Attempts    int           // how often the request was sent
	RetryAfter  time.Duration // how long the org rate-limits; 0 if it did not say
	BrokenOff   bool          // the rest of the answer is missing
}

func (e *ResponseError) Error() string {
	var s strings.Builder
	fmt.Fprintf(&s, "the server answered %s", statusText(e.Status))
	if e.Code != "" {
		fmt.Fprintf(&s, ", %s", e.Code)
	}
	if e.Description != "" {
		fmt.Fprintf(&s, ": %s", e.Description)
	}
	if e.BrokenOff {
		s.WriteString(", but the answer broke off")
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&s, " (after %d attempts)", e.Attempts)
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&s, ", and rate-limits requests for %s", e.RetryAfter.Round(time.Second))
	}
	return s.String()
}

// Temporary reports whether the same request may succeed later.
func (e *ResponseError) Temporary() bool { return retryable(e.Status) }

// A RedirectError says that the org pointed elsewhere. The client never
// follows: a token must not travel to a host that nobody configured.
type RedirectError struct {
	Status int
	Host   string // of the target; empty if the answer named none
}

func (e *RedirectError) Error() string {
	target := "without naming a host"
	if e.Host != "" {
		target = "to " + e.Host
	}
	return fmt.Sprintf("the server answered %s and redirects %s", statusText(e.Status), target)
}

// An UnexpectedAnswerError says that an answer had the status of success, yet
// cannot come from the endpoint that was asked: a login page, say, or a proxy's.
type UnexpectedAnswerError struct {
	ContentType string // as the server gave it; may be empty
}

func (e *UnexpectedAnswerError) Error() string {
	content := "something"
	if e.ContentType != "" {
		content = "content of type " + e.ContentType
	}
	return "the server answered 200 OK with " + content + " that Salesforce does not send there"
}

// An UnansweredError says that the org gave no answer, or none but "later"
// until the time was up. It is context.Canceled, context.DeadlineExceeded or
// ErrPaused to errors.Is where that is what ended the call.
type UnansweredError struct {
	Attempts int    // how often the request was sent, or tried to be
	Arrived  bool   // the org may have received a request, and carried it out
	Reason   string // what the network said, fit to be shown

	cause error // a context's error, ErrPaused, or nil: others may quote what the server sent
}

func (e *UnansweredError) Error() string {
	if e.Attempts == 0 {
		return "nothing was sent: " + e.Reason
	}
	attempts := "1 attempt"
	if e.Attempts != 1 {
		attempts = fmt.Sprintf("%d attempts", e.Attempts)
	}
	return fmt.Sprintf("no final answer after %s: %s", attempts, e.Reason)
}

func (e *UnansweredError) Unwrap() error { return e.cause }

// An IncompleteError says that the org counts more than it lists.
type IncompleteError struct {
	What            string // such as tokens
	Listed, Counted int
}

func (e *IncompleteError) Error() string {
	return fmt.Sprintf("the org lists %d of the %d %s that it counts", e.Listed, e.Counted, e.What)
}

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}
