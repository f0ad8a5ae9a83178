package salesforce

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	// maxAnswer is how many bytes of an answer of an OAuth endpoint are read.
	// Salesforce's own are a few hundred bytes long.
	maxAnswer = 64 << 10

	// The back-off starts at the first, doubles up to the second, and is longer
	// or shorter by up to a half at random, so that many clients do not come
	// back as one.
	minBackoff = 500 * time.Millisecond
	maxBackoff = 20 * time.Second
)

// A request is what is sent, the same in each attempt.
type request struct {
	method  string
	url     string
	body    Secret   // a form; the zero value for none
	session Secret   // for the Authorization header; the zero value for none
	secrets []Secret // in all of these, as a server might repeat them
	limit   int64    // how many bytes of the answer are read

	// mints says that an answer may bring a new token. Such a request is not
	// sent again once it may have arrived, and an attempt is not broken off when
	// the run is interrupted: a token that nobody holds could not be revoked.
	mints bool
}

// postForm is a request that sends a form to an OAuth endpoint.
func postForm(target string, form url.Values) *request {
	r := &request{method: http.MethodPost, url: target, body: NewSecret(form.Encode()), limit: maxAnswer}
	for _, name := range []string{"token", "client_secret", "refresh_token", "assertion"} {
		for _, value := range form[name] {
			r.secrets = append(r.secrets, NewSecret(value))
		}
	}
	return r
}

// getJSON is a request that asks the REST API, with a session.
func getJSON(target string, session Secret, limit int64) *request {
	return &request{method: http.MethodGet, url: target, session: session, secrets: []Secret{session}, limit: limit}
}

// send sends a request, again and again as long as that may help, and returns
// the last answer, whatever its status. No answer is an *UnansweredError. All
// waits end with ctx, and none counts as an attempt's time.
func (c *Client) send(ctx context.Context, r *request) (*answer, error) {
	backOff := backoff.ExponentialBackOff{InitialInterval: minBackoff, MaxInterval: maxBackoff, Multiplier: 2, RandomizationFactor: 0.5}
	last := &answer{request: r}
	for {
		if err := c.Gate.enter(ctx); err != nil {
			return nil, last.unansweredError(err)
		}
		last = c.attempt(ctx, last)
		c.Gate.leave()

		wait, asked := last.retryAfter()
		if asked {
			c.Gate.pause(wait)
		}
		if !last.worthAnother() || last.attempts > c.MaxRetries {
			return last.orError(ctx)
		}
		deadline, bounded := ctx.Deadline()
		if asked && bounded && time.Until(deadline) <= wait {
			return last.orError(ctx) // It says more than waiting in vain would.
		}
		if !asked {
			wait = backOff.NextBackOff()
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, last.unansweredError(err)
		}
	}
}

// An answer is what one attempt has brought. Without a status there is none.
type answer struct {
	request *request

	status int
	header http.Header
	body   []byte // what was read of it
	err    error  // why there is no answer, or why it is not whole; may hold secrets

	connected bool // so the org may have received the request, and repeat it
	sent      bool // whole, for certain

	// Of all attempts, this one included.
	attempts   int
	arrived    bool // the org may have received one
	unanswered bool // one was sent whole, and got no answer at all
	lastStatus int  // of the latest that was answered, or 0
}

// attempt sends the request of the previous answer once more, and reads what
// comes back to the end, or to the limit.
func (c *Client) attempt(ctx context.Context, previous *answer) *answer {
	r := previous.request
	a := &answer{request: r, attempts: previous.attempts + 1, arrived: previous.arrived, unanswered: previous.unanswered, lastStatus: previous.lastStatus}
	start := time.Now()
	c.exchange(ctx, a)
	a.arrived = a.arrived || a.connected
	if a.status == 0 {
		a.unanswered = a.unanswered || a.sent
	} else {
		a.lastStatus = a.status
	}
	if c.OnAttempt != nil {
		attempt := Attempt{Method: r.method, URL: r.url, Number: a.attempts, Status: a.status, Duration: time.Since(start)}
		if a.err != nil {
			attempt.Error = a.reason()
		}
		c.OnAttempt(ctx, attempt)
	}
	return a
}

// exchange is the part of an attempt that has a time limit.
func (c *Client) exchange(ctx context.Context, a *answer) {
	if a.request.mints {
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.RequestTimeout, DefaultRequestTimeout))
	defer cancel()

	// The transport's goroutines may call these at any time.
	var connected, sent atomic.Bool
	var interim atomic.Int64 // the status of the latest 1xx
	defer func() { a.connected, a.sent = connected.Load(), sent.Load() }()
	req, err := a.request.http(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { connected.Store(true) },
		WroteRequest: func(info httptrace.WroteRequestInfo) { sent.Store(info.Err == nil) },
		Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
			interim.Store(int64(code))
			return nil
		},
	}))
	if err != nil {
		a.err = err
		return
	}
	req.Header.Set("User-Agent", c.UserAgent)

	transport := c.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	// Not through an http.Client, which would follow redirects.
	resp, err := transport.RoundTrip(req)
	if err != nil {
		a.err = err
		a.status = int(interim.Load())
		return
	}
	defer resp.Body.Close()
	a.status, a.header = resp.StatusCode, resp.Header
	if a.status == http.StatusSwitchingProtocols {
		return // The body is the connection, which no time limit reaches any more.
	}
	if resp.Body == http.NoBody {
		return
	}
	a.body, a.err = io.ReadAll(io.LimitReader(resp.Body, a.request.limit+1))
	if int64(len(a.body)) > a.request.limit {
		a.err = errTooLong
	}
}

// errTooLong says that there was more of an answer than the limit.
var errTooLong = errors.New("the answer is longer than any of Salesforce's")

func (r *request) http(ctx context.Context) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, strings.NewReader(r.body.Reveal()))
	if err != nil {
		return nil, errors.New("the URL of the request is malformed")
	}
	if !r.body.IsEmpty() {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if !r.session.IsEmpty() {
		req.Header.Set("Authorization", "Bearer "+r.session.Reveal())
		req.Header.Set("Accept", "application/json")
	}
	return req, nil
}

// worthAnother reports whether another attempt may bring a better answer, and
// does no harm.
func (a *answer) worthAnother() bool {
	var untrusted *tls.CertificateVerificationError
	if errors.As(a.err, &untrusted) {
		return false
	}
	if a.request.mints {
		return a.status == 0 && !a.connected
	}
	if a.status == 0 || retryable(a.status) {
		return true
	}
	// Only the body tells what these two mean.
	return a.brokenOff() && (a.status == http.StatusOK || a.status == http.StatusBadRequest)
}

// brokenOff reports whether a part of the answer is missing that the org has sent.
func (a *answer) brokenOff() bool {
	return a.status != 0 && a.err != nil && !errors.Is(a.err, errTooLong)
}

// retryable reports whether a status says "later" rather than "no". Salesforce
// sends 420 where others send 429.
func retryable(status int) bool {
	switch status {
	case 420, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// retryAfter returns how long the org rate-limits, and whether it does. The
// header has seconds or a date (RFC 9110, section 10.2.3). A date in the past
// means at once.
func (a *answer) retryAfter() (time.Duration, bool) {
	if !retryable(a.status) {
		return 0, false
	}
	value := strings.TrimSpace(a.header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(date)), true
	}
	return 0, false
}

// sleep waits as long as it is told, or returns the error of ctx before.
func sleep(ctx context.Context, wait time.Duration) error {
	select {
	case <-time.After(wait):
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// orError returns the answer if there is one, else an *UnansweredError.
func (a *answer) orError(ctx context.Context) (*answer, error) {
	if a.status == 0 {
		return nil, a.unansweredError(ctx.Err())
	}
	return a, nil
}

// unansweredError says that a call ended without an answer, because of cause,
// if that is not nil, else because of the last attempt. It holds nothing but
// what may be shown.
func (a *answer) unansweredError(cause error) *UnansweredError {
	result := &UnansweredError{Attempts: a.attempts, Arrived: a.arrived, cause: cause}
	switch {
	case errors.Is(cause, context.Canceled):
		result.Reason = "the run was interrupted"
	case errors.Is(cause, context.DeadlineExceeded):
		result.Reason = "the time for this operation is up"
	case cause != nil:
		result.Reason = cause.Error()
	default:
		result.Reason = a.reason()
	}
	if a.lastStatus != 0 {
		result.Reason += "; an earlier attempt was answered " + statusText(a.lastStatus)
	}
	return result
}

// reason says why the attempt got no answer, or why that is not whole.
func (a *answer) reason() string {
	var timeout interface{ Timeout() bool }
	if errors.As(a.err, &timeout) && timeout.Timeout() {
		return "the last attempt timed out"
	}
	var network *net.OpError
	if errors.As(a.err, &network) {
		network.Source = nil // The port here tells nobody anything, and is another each time.
	}
	if !a.connected {
		return clean(a.err.Error()) // Nobody can have repeated a secret yet, but a host's name may hold one's letters.
	}
	return a.clean(a.err.Error())
}

// clean makes what the server says fit to be shown.
func (a *answer) clean(text string) string {
	secrets := make([]string, len(a.request.secrets))
	for i, secret := range a.request.secrets {
		secrets[i] = secret.Reveal()
	}
	return clean(text, secrets...)
}
