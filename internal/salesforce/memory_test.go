package salesforce_test

import (
	"context"
	"net"
	"testing"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// A memoryNetwork connects a client with an HTTP server in the same process. In
// a bubble of synctest, which a real connection cannot be part of, the waits
// between attempts take no time, and exactly as long as they should.
type memoryNetwork struct {
	dialed chan net.Conn
	closed chan struct{}
}

// startOrgInMemory is startOrg and newClient in a bubble.
func startOrgInMemory(t *testing.T, maxRetries int) (*fake.Server, *salesforce.Client) {
	t.Helper()
	network := &memoryNetwork{dialed: make(chan net.Conn), closed: make(chan struct{})}
	server := fake.Serve(fake.NewOrg(fake.Config{Site: "/partners"}), network)
	t.Cleanup(server.Close)
	transport := salesforce.NewTransport(nil, 12)
	transport.DialContext = network.dial
	t.Cleanup(transport.CloseIdleConnections)
	return server, &salesforce.Client{Transport: transport, MaxRetries: maxRetries, UserAgent: "test/1.0"}
}

func (n *memoryNetwork) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case n.dialed <- server:
		return client, nil
	case <-n.closed:
		return nil, &net.OpError{Op: "dial", Net: "memory", Err: net.ErrClosed}
	}
}

// Accept implements net.Listener.
func (n *memoryNetwork) Accept() (net.Conn, error) {
	select {
	case conn := <-n.dialed:
		return conn, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener. It is called once.
func (n *memoryNetwork) Close() error {
	close(n.closed)
	return nil
}

// Addr implements net.Listener.
func (n *memoryNetwork) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }
