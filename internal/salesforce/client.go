// Package salesforce is a client of the OAuth endpoints and the REST API of a
// Salesforce org. It knows nothing of Terraform.
package salesforce

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"time"

	"github.com/hashicorp/go-cleanhttp"
)

// DefaultRequestTimeout bounds one attempt of a request.
const DefaultRequestTimeout = 30 * time.Second

// A Client sends requests to Salesforce; see send. The zero value works and
// tries each request once. A Client may be used by several goroutines at a time.
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
	Error    string // why there was no answer, or why it broke off, fit to be shown; else empty
}

// NewTransport returns a transport that opens at most this number of connections
// to a host, and keeps them. The default of net/http keeps two, and opens more
// than there are requests in flight. 0 means no limit. The time that a request
// waits for a connection counts as its own, so use a Gate with the same number of
// slots. The transport trusts roots; if nil, the system's.
func NewTransport(roots *x509.CertPool, connections int) *http.Transport {
	transport := cleanhttp.DefaultPooledTransport()
	transport.MaxIdleConns = 0 // of all hosts: no limit of its own
	transport.MaxConnsPerHost = connections
	transport.MaxIdleConnsPerHost = connections
	transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	return transport
}
