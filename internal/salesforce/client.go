// Package salesforce is a client of the OAuth endpoints of a Salesforce org.
// It knows nothing of Terraform.
package salesforce

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-cleanhttp"
	"github.com/hashicorp/go-retryablehttp"
)

const (
	// DefaultRequestTimeout bounds one attempt of a request.
	DefaultRequestTimeout = 30 * time.Second

	// maxAnswer is how many bytes of an answer of an OAuth endpoint are read.
	// Salesforce's own are a few hundred bytes long.
	maxAnswer = 64 << 10

	// The back-off starts at the first and doubles up to the second.
	minBackoff = 500 * time.Millisecond
	maxBackoff = 30 * time.Second
)

// A Client sends requests to Salesforce. The zero value works and tries each
// request once. A Client may be used by several goroutines at a time.
type Client struct {
	// Transport carries the requests; nil means http.DefaultTransport.
	// NewTransport makes one that suits many requests to one host.
	Transport http.RoundTripper

	UserAgent      string
	MaxRetries     int           // how often a request that failed for now is sent again
	RequestTimeout time.Duration // of one attempt; 0 means DefaultRequestTimeout

	// OnAttempt, if set, is told of every attempt when it is over.
	OnAttempt func(context.Context, Attempt)

	// Gate, if set, is passed by every attempt, of whichever request.
	Gate *Gate
}

// An Attempt is one time that a request was sent. It holds no secret.
type Attempt struct {
	Method   string
	URL      string
	Number   int // from 1
	Status   int // 0 if there was no answer
	Duration time.Duration
	Error    string // why there was no answer, fit to be shown; else empty
}

// NewTransport returns a transport that has so many connections to a host at
// the most, and keeps them all: net/http by itself keeps two, and opens more
// than it has requests in flight. Further requests wait. It trusts roots, or the
// system's where nil.
func NewTransport(roots *x509.CertPool, connections int) *http.Transport {
	transport := cleanhttp.DefaultPooledTransport()
	transport.MaxIdleConns = 0 // of all hosts: no limit of its own
	transport.MaxConnsPerHost = connections
	transport.MaxIdleConnsPerHost = connections
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	return transport
}

// A call is one request with all its attempts. As the transport of its own
// http.Client it sees each of them.
type call struct {
	client     *Client
	http       *retryablehttp.Client
	limit      int64    // how many bytes of an answer are read
	secrets    []string // in the request; never to be shown, whatever the server says
	attempts   int
	unanswered bool // an attempt arrived, for all that is known, and got no answer
	status     int  // of the last attempt that was answered, or 0
	header     http.Header
	err        error // why the last attempt got no answer, or nil if it did; may hold secrets
}

// newCall prepares a request that is sent again as long as again says so.
func (c *Client) newCall(again func(*call) retryablehttp.CheckRetry) *call {
	call := &call{client: c, limit: maxAnswer}
	call.http = &retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: call, CheckRedirect: stay},
		RetryMax:     c.MaxRetries,
		RetryWaitMin: minBackoff,
		RetryWaitMax: maxBackoff,
		CheckRetry:   again(call),
		Backoff:      backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	return call
}

// stay has an http.Client return a redirect instead of following it.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// post sends a form, again and again as long as that may help, and returns the
// last answer, whatever its status. No answer is an *UnansweredError.
func (c *Client) post(ctx context.Context, url string, form url.Values) (*answer, error) {
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, url, []byte(form.Encode()))
	if err != nil {
		return nil, errors.New("the URL of the request is malformed")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.newCall(whileItMayHelp).do(req)
}

// get is post for a request that only asks, with a session.
func (c *Client) get(ctx context.Context, url, accessToken string, limit int64) (*answer, error) {
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, errors.New("the URL of the request is malformed")
	}
	req.Header.Set("Authorization", "Bearer "+accessToken)
	req.Header.Set("Accept", "application/json")
	call := c.newCall(whileItMayHelp)
	call.limit = limit
	return call.do(req)
}

func (c *call) do(req *retryablehttp.Request) (*answer, error) {
	resp, err := c.http.Do(req)
	if resp == nil || err != nil {
		return nil, c.unansweredError(req.Context())
	}
	defer resp.Body.Close()
	return c.answer(resp)
}

// An answer is the last word of a server, read to its end.
type answer struct {
	call   *call
	status int
	header http.Header
	body   []byte // nil if there was more of it than the limit
}

// answer takes the body from memory, where RoundTrip has put it.
func (c *call) answer(resp *http.Response) (*answer, error) {
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > c.limit {
		body = nil
	}
	return &answer{c, resp.StatusCode, resp.Header, body}, nil
}

// RoundTrip makes one attempt and reads its answer to the end, or to the
// limit: an answer that breaks off is none.
func (c *call) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := c.client.Gate.enter(req.Context()); err != nil {
		c.err = err
		return nil, err
	}
	defer c.client.Gate.leave()
	c.attempts++
	start := time.Now()
	var sent atomic.Bool
	req = req.Clone(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		WroteRequest: func(info httptrace.WroteRequestInfo) { sent.Store(info.Err == nil) },
	}))
	req.Header.Set("User-Agent", c.client.UserAgent)

	resp, err := c.read(req)
	attempt := Attempt{Method: req.Method, URL: req.URL.String(), Number: c.attempts, Duration: time.Since(start)}
	if c.err = err; err != nil {
		attempt.Error = clean(err.Error(), c.secrets...)
		c.unanswered = c.unanswered || sent.Load()
	} else {
		attempt.Status = resp.StatusCode
		c.status, c.header = resp.StatusCode, resp.Header
		if wait, ok := retryAfter(resp.Header); ok && retryable(resp.StatusCode) {
			c.client.Gate.pause(wait)
		}
	}
	if c.client.OnAttempt != nil {
		c.client.OnAttempt(req.Context(), attempt)
	}
	return resp, err
}

// read bounds an attempt in time by itself rather than through http.Client,
// whose clock would run while the attempt waits at the gate.
func (c *call) read(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), cmp.Or(c.client.RequestTimeout, DefaultRequestTimeout))
	defer cancel()
	req = req.WithContext(ctx)
	if err := c.learnSecrets(req); err != nil {
		return nil, err
	}
	transport := c.client.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.limit+1))
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// learnSecrets takes note of what a request holds that must not be shown. It
// looks at what is really sent: a library may have made it.
func (c *call) learnSecrets(req *http.Request) error {
	c.secrets = nil
	if session, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer "); ok {
		c.secrets = append(c.secrets, session)
	}
	if req.Body == nil {
		return nil
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return err
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return errors.New("the request holds no form")
	}
	for _, name := range []string{"token", "client_secret", "refresh_token", "assertion"} {
		c.secrets = append(c.secrets, form[name]...)
	}
	return nil
}

// unansweredError puts the end of a call that got no answer into words that
// hold nothing but what may be shown.
func (c *call) unansweredError(ctx context.Context) *UnansweredError {
	result := &UnansweredError{Attempts: c.attempts, Arrived: c.unanswered, cause: ctx.Err()}
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(result.cause, context.Canceled):
		result.Reason = "the run was interrupted"
	case result.cause != nil:
		result.Reason = "the time for this operation is up"
	case errors.As(c.err, &timeout) && timeout.Timeout():
		result.Reason = "the last attempt timed out"
	case c.err != nil:
		var network *net.OpError
		if errors.As(c.err, &network) {
			network.Source = nil // The port here tells nobody anything, and is another each time.
		}
		result.Reason = clean(c.err.Error(), c.secrets...)
	}
	if c.status != 0 {
		result.Reason += "; an earlier attempt was answered " + statusText(c.status)
	}
	return result
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

// whileItMayHelp has a request sent again that failed for now. Sending it twice
// must do no harm.
func whileItMayHelp(*call) retryablehttp.CheckRetry {
	return func(ctx context.Context, resp *http.Response, err error) (bool, error) {
		if errors.Is(err, errPaused) {
			return false, nil
		}
		if err != nil {
			return retryablehttp.DefaultRetryPolicy(ctx, resp, err)
		}
		deadline, bounded := ctx.Deadline()
		if wait, ok := retryAfter(resp.Header); ok && bounded && time.Until(deadline) < wait {
			return false, nil // The answer says more than waiting in vain would.
		}
		return retryable(resp.StatusCode), nil
	}
}

// whileItCannotHaveArrived has a request sent again only if the org cannot have
// seen it yet.
func whileItCannotHaveArrived(c *call) retryablehttp.CheckRetry {
	return func(ctx context.Context, resp *http.Response, err error) (bool, error) {
		if err == nil || c.unanswered {
			return false, nil
		}
		return retryablehttp.DefaultRetryPolicy(ctx, resp, err)
	}
}

// backoff waits as long as the server asks for; else twice as long each time,
// less up to a half at random, so that many clients do not come back as one.
func backoff(shortest, longest time.Duration, attempt int, resp *http.Response) time.Duration {
	if resp != nil {
		if wait, ok := retryAfter(resp.Header); ok {
			return wait
		}
	}
	wait := retryablehttp.DefaultBackoff(shortest, longest, attempt, nil)
	return wait - rand.N(wait/2)
}

// retryAfter reads the Retry-After header (RFC 9110, section 10.2.3): seconds
// or a date. A date in the past means at once.
func retryAfter(header http.Header) (time.Duration, bool) {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(date)), true
	}
	return 0, false
}
