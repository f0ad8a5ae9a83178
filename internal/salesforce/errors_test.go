package salesforce

import (
	"testing"
	"time"
)

func TestErrors(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"the server answered 403 Forbidden":                                                             &ResponseError{Status: 403, Attempts: 1},
		"the server answered 599":                                                                       &ResponseError{Status: 599},
		"the server answered 400 Bad Request, invalid_grant: no":                                        &ResponseError{Status: 400, Code: "invalid_grant", Description: "no"},
		"the server answered 200 OK, but the answer broke off":                                          &ResponseError{Status: 200, BrokenOff: true},
		"the server answered 503 Service Unavailable (after 2 attempts)":                                &ResponseError{Status: 503, Attempts: 2},
		"the server answered 420, and rate-limits requests for 1m0s":                                    &ResponseError{Status: 420, RetryAfter: time.Minute},
		"the server answered 307 Temporary Redirect and redirects to a.b":                               &RedirectError{Status: 307, Host: "a.b"},
		"the server answered 302 Found and redirects without naming a host":                             &RedirectError{Status: 302},
		"no final answer after 1 attempt: EOF":                                                          &UnansweredError{Attempts: 1, Reason: "EOF"},
		"no final answer after 2 attempts: EOF":                                                         &UnansweredError{Attempts: 2, Reason: "EOF"},
		"nothing was sent: the run was interrupted":                                                     &UnansweredError{Reason: "the run was interrupted"},
		"the org still accepted the token when it was asked for the last of 3 times":                    &StillAcceptedError{Asked: 3},
		"the server answered 200 OK with something that Salesforce does not send there":                 &UnexpectedAnswerError{},
		"the server answered 200 OK with content of type text/html that Salesforce does not send there": &UnexpectedAnswerError{ContentType: "text/html"},
	} {
		if got := err.Error(); got != want {
			t.Errorf("%#v says %q; want %q", err, got, want)
		}
	}
}

func TestResponseErrorIsTemporary(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{200: false, 400: false, 401: false, 403: false, 404: false, 420: true, 429: true, 500: true, 501: false, 502: true, 503: true, 504: true, 505: false} {
		if got := (&ResponseError{Status: status}).Temporary(); got != want {
			t.Errorf("%d is temporary: %t; want %t", status, got, want)
		}
	}
}
