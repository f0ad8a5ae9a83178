package salesforcetest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"
)

// A Server serves an [Org] on a port of this machine.
type Server struct {
	URL string // scheme, host and port, without a slash at the end
	Org *Org

	http        *http.Server
	cancel      context.CancelFunc
	done        chan struct{} // closed when nothing is accepted any more
	caCert      []byte
	connections atomic.Int64
}

// NewServer serves org over plain HTTP on a free port of 127.0.0.1. It panics
// if there is none.
func NewServer(org *Org) *Server {
	return Serve(org, listen())
}

// NewTLSServer serves org over HTTPS on a free port of 127.0.0.1; see
// [ServeTLS]. It panics if there is none.
func NewTLSServer(org *Org) *Server {
	return ServeTLS(org, listen())
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("salesforcetest: %v", err))
	}
	return listener
}

// Serve serves org over plain HTTP on a listener, which it closes in the end.
func Serve(org *Org, listener net.Listener) *Server {
	s := &Server{URL: "http://" + listener.Addr().String()}
	s.start(org, listener)
	return s
}

// ServeTLS serves org over HTTPS (HTTP/1.1) on a listener, which it closes in
// the end. The certificate is for 127.0.0.1, ::1, localhost and, for
// clients that use a proxy, example.my.salesforce.com; the CA behind it is made
// on the spot and serves for 30 days, see [Server.CACertPEM].
func ServeTLS(org *Org, listener net.Listener) *Server {
	certificate, ca := newCertificate()
	s := &Server{URL: "https://" + listener.Addr().String(), caCert: ca}
	s.start(org, tls.NewListener(listener, &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{certificate},
	}))
	return s
}

func (s *Server) start(org *Org, listener net.Listener) {
	ctx, cancel := context.WithCancel(context.Background())
	ctx = context.WithValue(ctx, closingKey{}, ctx.Done())
	s.Org = org
	s.cancel = cancel
	s.done = make(chan struct{})
	s.http = &http.Server{
		Handler:           org,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0), // clients that go are no news
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				s.connections.Add(1)
			}
		},
	}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(listener) // returns when Close is called
	}()
}

// closingKey is where the context of a request has the channel that
// serverClosing returns.
type closingKey struct{}

// serverClosing returns a channel that is closed when the server of a request
// closes. The context of the request ends when its client goes, too.
func serverClosing(ctx context.Context) <-chan struct{} {
	closing, _ := ctx.Value(closingKey{}).(<-chan struct{}) // nil without a Server
	return closing
}

// Close stops the server and drops its connections, and with them the requests
// of a scripted [Hang] or [Hold]. It may be called more than once.
func (s *Server) Close() {
	s.cancel()
	_ = s.http.Close() // The listener's error is of no use to anybody.
	<-s.done
}

// CACertPEM returns the certificate of the CA that a client of [NewTLSServer]
// must trust, in PEM, or nil for plain HTTP.
func (s *Server) CACertPEM() []byte {
	return slices.Clone(s.caCert)
}

// Connections returns how many connections clients have opened so far.
func (s *Server) Connections() int {
	return int(s.connections.Load())
}

// newCertificate returns a server certificate and, in PEM, that of its CA.
func newCertificate() (certificate tls.Certificate, ca []byte) {
	now := time.Now()
	issuer := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "Simulated Salesforce CA"},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.AddDate(0, 0, 30),
		KeyUsage:              x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: "localhost"},
		NotBefore:    issuer.NotBefore,
		NotAfter:     issuer.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		DNSNames:     []string{"localhost", "example.my.salesforce.com"},
	}
	issuerKey, leafKey := newKey(), newKey()
	issuerDER := sign(issuer, issuer, issuerKey, issuerKey)
	leafDER := sign(leaf, issuer, leafKey, issuerKey)
	return tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: leafKey},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issuerDER})
}

// newKey and sign fail only where the templates above are wrong.

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

func sign(certificate, issuer *x509.Certificate, key, issuerKey *ecdsa.PrivateKey) []byte {
	der, err := x509.CreateCertificate(rand.Reader, certificate, issuer, &key.PublicKey, issuerKey)
	if err != nil {
		panic(err)
	}
	return der
}
