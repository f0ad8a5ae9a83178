package provider_test

import (
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// Every request goes through the proxy that HTTPS_PROXY names, which sees the
// name of the org and nothing else.
func TestProxy(t *testing.T) {
	t.Parallel()
	org := fake.NewOrg(fake.Config{})
	server := httptest.NewTLSServer(org) // its certificate is for example.com
	t.Cleanup(server.Close)
	proxy := &tunnel{to: server.Listener.Addr().String()}
	proxyServer := httptest.NewServer(proxy)
	t.Cleanup(proxyServer.Close)

	access := org.IssueAccessToken()
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	workspace := newWorkspace(t, fmt.Sprintf("resource \"salesforce_token_revocation\" \"test\" {\n  token = %q\n}\n", access))
	mustRun(t, workspace, []string{
		"HTTPS_PROXY=" + proxyServer.URL, "https_proxy=", "NO_PROXY=", "no_proxy=",
		"SALESFORCE_INSTANCE_URL=https://example.com",
		"SALESFORCE_CA_CERT_PEM=" + string(certificate),
	}, "apply", "-auto-approve")
	assertOrg(t, org, 1, map[string]bool{access: false})
	proxy.mu.Lock()
	defer proxy.mu.Unlock()
	if got := fmt.Sprint(proxy.seen); got != "[CONNECT example.com:443]" {
		t.Errorf("the proxy has seen %s", got)
	}
}

// tunnel is a proxy that leads every connection to one address.
type tunnel struct {
	to string

	mu   sync.Mutex
	seen []string
}

func (p *tunnel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.seen = append(p.seen, r.Method+" "+r.Host)
	p.mu.Unlock()
	upstream, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", p.to)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer upstream.Close()
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		_, _ = io.Copy(upstream, client)
		_ = upstream.Close()
	}()
	_, _ = io.Copy(client, upstream)
}
