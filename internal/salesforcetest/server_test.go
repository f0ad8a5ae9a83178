package salesforcetest

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"strings"
	"testing"
)

func TestTLSServer(t *testing.T) {
	t.Parallel()
	server := NewTLSServer(NewOrg(Config{}))
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	if !strings.HasPrefix(server.URL, "https://127.0.0.1:") || !roots.AppendCertsFromPEM(server.CACertPEM()) {
		t.Fatalf("%s with CA %s", server.URL, server.CACertPEM())
	}
	for _, name := range []string{"127.0.0.1", "localhost", "::1"} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: name, MinVersion: tls.VersionTLS12}}
		t.Cleanup(transport.CloseIdleConnections)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+DataPath, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatalf("as %s: %v", name, err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
	}

	token := server.Org.IssueAccessToken()
	if resp, err := try(t.Context(), http.MethodPost, server.URL+RevokePath, "", map[string][]string{"token": {token}}); err == nil {
		t.Errorf("a client that does not trust the CA was answered %d", resp.status)
	}
	if plain := start(t, Config{}); plain.CACertPEM() != nil {
		t.Error("plain HTTP has a CA")
	}
}

func TestConnections(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	for _, keepAlive := range []bool{true, false} {
		transport := &http.Transport{DisableKeepAlives: !keepAlive}
		t.Cleanup(transport.CloseIdleConnections)
		for range 3 {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL+DataPath, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := transport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			if err := resp.Body.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if n := server.Connections(); n != 1+3 {
		t.Errorf("Connections() = %d, want 4", n)
	}
}

func TestCloseTwice(t *testing.T) {
	t.Parallel()
	server := NewServer(NewOrg(Config{}))
	server.Close()
	server.Close()
	if resp, err := try(t.Context(), http.MethodGet, server.URL+DataPath, "", nil); err == nil {
		t.Errorf("a closed server answered %d", resp.status)
	}
}

// BenchmarkRevoke revokes one token per iteration over HTTP, 64 at a time.
func BenchmarkRevoke(b *testing.B) {
	server := NewServer(NewOrg(Config{}))
	b.Cleanup(server.Close)
	server.Org.AddOauthTokens("Vendor", b.N)
	tokens := make(chan string, b.N)
	for _, token := range server.Org.Tokens() {
		tokens <- token.DeleteToken
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	b.Cleanup(transport.CloseIdleConnections)
	b.SetParallelism(64)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL+RevokePath, strings.NewReader("token="+<-tokens))
			if err != nil {
				b.Error(err)
				return
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			resp, err := transport.RoundTrip(req)
			if err != nil {
				b.Error(err)
				return
			}
			if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
				b.Errorf("status %d: %v", resp.StatusCode, err)
			}
		}
	})
}
