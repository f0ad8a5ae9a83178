package provider

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/sweep"
)

// A halt keeps a sweep from sending more requests once the org would refuse them
// all. The sweep itself runs to its end, so that it accounts for every item: the
// rest is not tried.
type halt struct{ cause atomic.Pointer[error] }

// check returns why nothing more is to be sent: ctx is over, or what consider
// was told. explainAPIFailure knows the error as one of an item not tried.
func (h *halt) check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		h.cause.CompareAndSwap(nil, &err)
	}
	return h.reason()
}

// consider halts the sweep if what ended a request would end every other, too.
func (h *halt) consider(err error) {
	if affectsAll(err) {
		h.cause.CompareAndSwap(nil, &err)
	}
}

// reason is why the sweep was halted, or nil.
func (h *halt) reason() error {
	if cause := h.cause.Load(); cause != nil {
		return *cause
	}
	return nil
}

// affectsAll reports whether what ended a request would end every other, too:
// the org accepts no more requests, or the provider has no session for them.
func affectsAll(err error) bool {
	var response *salesforce.ResponseError
	var signIn signInError
	return salesforce.IsSessionRefused(err) || errors.As(err, &signIn) ||
		errors.As(err, &response) && response.Code == "REQUEST_LIMIT_EXCEEDED"
}

// explainAPIFailure says what an error of a request with a session of the org,
// or of halt, means for a sweep.
func explainAPIFailure(err error) sweep.Failure {
	failure := explainFailure(err)
	var unaudited *auditError
	var unanswered *salesforce.UnansweredError
	over := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	if affectsAll(err) || errors.As(err, &unaudited) || over && !errors.As(err, &unanswered) { // Nothing was sent, or nothing was done.
		failure.NotTried = true
	}
	return failure
}
