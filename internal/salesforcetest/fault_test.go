package salesforcetest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault  Fault
		status int // 0: no answer
		header string
		want   string // in the body
		alive  bool   // the token, afterwards
	}{
		"pass":        {fault: Pass(), status: 200},
		"delay":       {fault: Delay(time.Millisecond), status: 200},
		"status":      {fault: Status(503, http.Header{"Retry-After": {"7"}}, "busy"), status: 503, header: "Retry-After: 7", want: "busy", alive: true},
		"redirect":    {fault: Redirect(307, "https://example.com/"), status: 307, header: "Location: https://example.com/", alive: true},
		"HTML":        {fault: HTML(), status: 200, header: "Content-Type: text/html;charset=UTF-8", want: "<html>", alive: true},
		"flood":       {fault: Flood(100_001), status: 200, want: strings.Repeat("x", 100_001), alive: true},
		"OAuth error": {fault: OAuthError(400, "invalid_client", "a & b"), status: 400, want: "error=invalid_client&error_description=a%20%26%20b", alive: true},
		"JSON error":  {fault: JSONError(400, "invalid_client", "a & b"), status: 400, want: `{"error":"invalid_client","error_description":"a \u0026 b"}`, alive: true},
		"drop before": {fault: DropBefore(), alive: true},
		"drop after":  {fault: DropAfter()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, Config{Site: "/partners"})
			server.Org.Script(RevokePath, tc.fault)
			token := server.Org.IssueAccessToken()

			resp, err := try(t.Context(), http.MethodPost, server.URL+"/partners/"+RevokePath, "", url.Values{"token": {token}})
			if (err != nil) != (tc.status == 0) || resp.status != tc.status || !strings.Contains(resp.body, tc.want) {
				t.Errorf("answered %d %.200s: %v", resp.status, resp.body, err)
			}
			if name, value, _ := strings.Cut(tc.header, ": "); resp.header.Get(name) != value {
				t.Errorf("header %s is %q", name, resp.header.Get(name))
			}
			if server.Org.Alive(token) != tc.alive {
				t.Errorf("alive: %t", server.Org.Alive(token))
			}
		})
	}
}

func TestEcho(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	server.Org.ScriptAlways(RevokePath, Echo(400))
	const token = "00Dx!y=="
	resp := revoke(t, server, token)
	form, err := url.ParseQuery(resp.body)
	if err != nil || resp.status != 400 {
		t.Fatalf("answered %d %s: %v", resp.status, resp.body, err)
	}
	for _, body := range []string{resp.body, form.Get("error_description")} {
		if !strings.Contains(body, token) || !strings.Contains(body, url.QueryEscape(token)) {
			t.Errorf("%q does not repeat the token in both forms", body)
		}
	}
}

func TestHang(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	arrived := make(chan struct{}, 1)
	hang := func(next http.Handler) http.Handler {
		arrived <- struct{}{}
		return Hang()(next)
	}
	hangUntil(t, server, arrived, hang, func(cancel func()) { cancel() })
	hangUntil(t, server, arrived, hang, func(func()) { server.Close() })
}

// hangUntil sends a request that hangs, calls end, and waits for its failure.
func hangUntil(t *testing.T, server *Server, arrived chan struct{}, hang Fault, end func(cancel func())) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	token := server.Org.IssueAccessToken()
	server.Org.Script(RevokePath, hang)
	failed := make(chan error)
	go func() {
		_, err := try(ctx, http.MethodPost, server.URL+RevokePath, "", url.Values{"token": {token}})
		failed <- err
	}()
	<-arrived
	end(cancel)
	if err := <-failed; err == nil {
		t.Error("a request that hung was answered")
	}
	if !server.Org.Alive(token) {
		t.Error("a request that hung was handled")
	}
}

// What is held is done when it is released, whether or not the client waits.
func TestHold(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	hold := NewHold()
	server.Org.ScriptAlways(RevokePath, hold.Fault())
	tokens := []string{server.Org.IssueAccessToken(), server.Org.IssueAccessToken()}
	answers := make(chan int, len(tokens))
	for _, token := range tokens {
		go func() { answers <- revoke(t, server, token).status }()
		<-hold.Arrived()
	}
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan struct{})
	abandoned := server.Org.IssueAccessToken()
	go func() {
		defer close(left)
		if resp, err := try(ctx, http.MethodPost, server.URL+RevokePath, "", url.Values{"token": {abandoned}}); err == nil {
			t.Errorf("a request that was held was answered %d", resp.status)
		}
	}()
	<-hold.Arrived()
	leave()
	<-left
	for _, token := range append(tokens, abandoned) {
		if !server.Org.Alive(token) {
			t.Error("a request was handled while it was held")
		}
	}

	hold.Release()
	for _, token := range append(tokens, abandoned) {
		if server.Org.Alive(token) {
			t.Error("a request that was released was not handled")
		}
	}
	for range tokens {
		if status := <-answers; status != 200 {
			t.Errorf("a request that was released was answered %d", status)
		}
	}
	hold.Release()
	if resp := revoke(t, server, "unknown"); resp.status != 400 {
		t.Errorf("a request after the release was answered %d", resp.status)
	}
}

func TestHoldEndsWithTheServer(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	hold := NewHold()
	ended := make(chan struct{}, 2)
	server.Org.ScriptAlways(RevokePath, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() { ended <- struct{}{} }()
			hold.Fault()(next).ServeHTTP(w, r)
		})
	})
	token := server.Org.IssueAccessToken()
	ctx, leave := context.WithCancel(t.Context())
	failed := make(chan error)
	for _, ctx := range []context.Context{ctx, t.Context()} {
		go func() {
			_, err := try(ctx, http.MethodPost, server.URL+RevokePath, "", url.Values{"token": {token}})
			failed <- err
		}()
		<-hold.Arrived()
	}
	for _, end := range []func(){leave, server.Close} {
		end()
		if err := <-failed; err == nil {
			t.Error("a request that was held was answered")
		}
	}
	<-ended
	<-ended
	hold.Release()
	if !server.Org.Alive(token) {
		t.Error("a request was handled after its server had closed")
	}
}

// Nobody has to wait for the arrival.
func TestHoldUnobserved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org, hold := NewOrg(Config{}), NewHold()
		org.Script(RevokePath, hold.Fault())
		token := org.IssueAccessToken()
		go org.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, RevokePath+"?token="+token, nil))
		synctest.Wait()
		if !org.Alive(token) {
			t.Error("a request was handled while it was held")
		}
		hold.Release()
		if org.Alive(token) {
			t.Error("a request that was released was not handled")
		}
	})
}

func TestScriptOrder(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	org := server.Org
	org.ScriptAlways(RevokePath, Status(500, nil, ""))
	org.Script(RevokePath, Status(501, nil, ""), Pass())
	org.Script(RevokePath, Status(502, nil, ""))
	for _, want := range []int{501, 400, 502, 500, 500} {
		if resp := revoke(t, server, "unknown"); resp.status != want {
			t.Errorf("status %d, want %d", resp.status, want)
		}
	}
	org.ScriptAlways(RevokePath, nil)
	if resp := revoke(t, server, "unknown"); resp.status != 400 {
		t.Errorf("status %d after the end of the faults", resp.status)
	}
	if resp := get(t, server.URL+DataPath, ""); resp.status != 200 {
		t.Errorf("a fault of one path met another: %d", resp.status)
	}
	if n := len(org.Requests()); n != 7 {
		t.Errorf("%d requests recorded, want 7", n)
	}
}

func TestFloodStopsWithItsClient(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	done := make(chan struct{})
	server.Org.Script(RevokePath, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(done)
			Flood(1<<40)(next).ServeHTTP(w, r)
		})
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+RevokePath, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, resp.Body, 1<<20); err != nil && !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	<-done
}
