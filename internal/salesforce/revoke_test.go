package salesforce_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// startOrg starts an org with a site, so that a URL that forgets it is found out.
func startOrg(t *testing.T) *fake.Server {
	t.Helper()
	server := fake.NewServer(fake.NewOrg(fake.Config{Site: "/partners"}))
	t.Cleanup(server.Close)
	return server
}

func newClient(t *testing.T, maxRetries int) *salesforce.Client {
	t.Helper()
	transport := salesforce.NewTransport(nil, 12)
	t.Cleanup(transport.CloseIdleConnections)
	return &salesforce.Client{Transport: transport, MaxRetries: maxRetries, UserAgent: "test/1.0"}
}

func revocationURL(server *fake.Server) string {
	return salesforce.RevocationURL(server.URL, "/partners")
}

// soon makes a client try again at once.
var soon = http.Header{"Retry-After": {"0"}}

func TestRevokeRequest(t *testing.T) {
	t.Parallel()
	server := startOrg(t)
	token := server.Org.IssueAccessToken()
	outcome, err := newClient(t, 4).Revoke(t.Context(), revocationURL(server), token)
	if outcome != salesforce.Revoked || err != nil {
		t.Fatalf("Revoke = %q, %v", outcome, err)
	}
	if server.Org.Alive(token) {
		t.Error("the token is alive")
	}
	requests := server.Org.Requests()
	if len(requests) != 1 {
		t.Fatalf("%d requests arrived; want 1", len(requests))
	}
	request := requests[0]
	if got, want := request.Method+" "+request.RequestURI, "POST /partners/services/oauth2/revoke"; got != want {
		t.Errorf("request line is %s; want %s", got, want)
	}
	if got, want := request.Body, "token="+url.QueryEscape(token); got != want {
		t.Errorf("body is %s; want %s", got, want)
	}
	for header, want := range map[string]string{
		"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "test/1.0", "Authorization": "", "Cookie": "",
	} {
		if got := request.Header.Get(header); got != want {
			t.Errorf("%s is %q; want %q", header, got, want)
		}
	}
}

// The table of answers, each row with the error that it leads to: nil means
// that the outcome is what counts.
func TestRevokeAnswers(t *testing.T) {
	t.Parallel()
	status := func(code int, body string) fake.Fault { return fake.Status(code, soon, body) }
	redirectTo := func(host string) func(error) bool {
		return func(err error) bool {
			var e *salesforce.RedirectError
			return errors.As(err, &e) && e.Host == host
		}
	}
	unanswered := func(arrived bool) func(error) bool {
		return func(err error) bool {
			var e *salesforce.UnansweredError
			return errors.As(err, &e) && e.Arrived == arrived
		}
	}
	repeats := func(err error) bool {
		return strings.Contains(err.Error(), "server_error: ") && strings.Contains(err.Error(), "[redacted]")
	}
	times := func(n int, fault fake.Fault) (faults []fake.Fault) {
		for range n {
			faults = append(faults, fault)
		}
		return faults
	}

	type row struct {
		name     string
		faults   []fake.Fault
		want     salesforce.Outcome
		isError  func(error) bool
		requests int
	}
	rows := []row{
		{"200 with an empty body", []fake.Fault{status(200, "")}, salesforce.Revoked, nil, 1},
		{"200 with white space", []fake.Fault{status(200, " \r\n")}, salesforce.Revoked, nil, 1},
		{"200 with an empty object", []fake.Fault{status(200, " {} ")}, salesforce.Revoked, nil, 1},
		{"200 with an object", []fake.Fault{status(200, `{"success":true}`)}, salesforce.Revoked, nil, 1},
		{"200 with a page", []fake.Fault{fake.HTML()}, "", is[*salesforce.UnexpectedAnswerError], 1},
		{"200 with text", []fake.Fault{status(200, "OK")}, "", is[*salesforce.UnexpectedAnswerError], 1},
		{"200 with an array", []fake.Fault{status(200, "[]")}, "", is[*salesforce.UnexpectedAnswerError], 1},
		{"200 with a broken object", []fake.Fault{status(200, `{"success":`)}, "", is[*salesforce.UnexpectedAnswerError], 1},
		{"200 with a flood", []fake.Fault{fake.Flood(1 << 20)}, "", is[*salesforce.UnexpectedAnswerError], 1},
		{"200 with a flood of white space", []fake.Fault{status(200, strings.Repeat(" ", 65<<10))}, "", is[*salesforce.UnexpectedAnswerError], 1},
		{"200 with an error, JSON", []fake.Fault{fake.JSONError(200, "invalid_token", "dead")}, "", isResponse(200, "invalid_token", "dead"), 1},
		{"200 with an error, form-encoded", []fake.Fault{fake.OAuthError(200, "invalid_token", "dead")}, "", isResponse(200, "invalid_token", "dead"), 1},
		{"200 with an error of another form", []fake.Fault{status(200, `{"error":{"code":7},"error_description":[]}`)}, "", isResponse(200, "error", ""), 1},
		{"200 with an empty error", []fake.Fault{status(200, `{"error":""}`)}, "", isResponse(200, "error", ""), 1},
		{"204", []fake.Fault{status(204, "")}, "", isResponse(204, "", ""), 1},
		{"202", []fake.Fault{status(202, "{}")}, "", isResponse(202, "", ""), 1},

		{"400 invalid_token, form-encoded", []fake.Fault{fake.OAuthError(400, "invalid_token", "invalid token")}, salesforce.AlreadyInvalid, nil, 1},
		{"400 invalid_token, JSON", []fake.Fault{fake.JSONError(400, "invalid_token", "invalid token")}, salesforce.AlreadyInvalid, nil, 1},
		{"400 invalid_token, form-encoded, the other way round", []fake.Fault{status(400, "error_description=x&error=invalid_token")}, salesforce.AlreadyInvalid, nil, 1},
		{"400 with a page that mentions invalid_token", []fake.Fault{status(400, "<a href='?x&error=invalid_token&y'>")}, "", isResponse(400, "", ""), 1},
		{"400 with nothing", []fake.Fault{status(400, "")}, "", isResponse(400, "", ""), 1},
		{"400 unsupported_token_type, as captured", []fake.Fault{status(400, "error=unsupported_token_type&error_description=this%20token%20type%20is%20not%20supported")},
			"", isResponse(400, "unsupported_token_type", "this token type is not supported"), 1},
		{"400 unsupported_token_type, JSON", []fake.Fault{fake.JSONError(400, "unsupported_token_type", "no")}, "", isResponse(400, "unsupported_token_type", "no"), 1},
		{"401 invalid_token", []fake.Fault{fake.OAuthError(401, "invalid_token", "no")}, "", isResponse(401, "invalid_token", "no"), 1},
		{"403", []fake.Fault{status(403, "Bad_OAuth_Token")}, "", isResponse(403, "", ""), 1},
		{"404", []fake.Fault{status(404, "Bad_Id")}, "", isResponse(404, "", ""), 1},
		{"400 with a Location", []fake.Fault{fake.Redirect(400, "https://other.example")}, "", isResponse(400, "", ""), 1},
		{"418", []fake.Fault{status(418, "")}, "", isResponse(418, "", ""), 1},
		{"501", []fake.Fault{status(501, "")}, "", isResponse(501, "", ""), 1},

		{"redirect to nowhere", []fake.Fault{status(302, "")}, "", redirectTo(""), 1},
		{"dropped before, then revoked", []fake.Fault{fake.DropBefore(), fake.Pass()}, salesforce.Revoked, nil, 2},
		{"dropped after", []fake.Fault{fake.DropAfter()}, salesforce.Revoked, nil, 2},
		{"dropped after, then 503", []fake.Fault{fake.DropAfter(), status(503, "")}, salesforce.Revoked, nil, 3},
		{"503, then invalid_token", []fake.Fault{status(503, ""), fake.OAuthError(400, "invalid_token", "no")}, salesforce.AlreadyInvalid, nil, 2},
		{"dropped for good", times(3, fake.DropBefore()), "", unanswered(true), 3},
		{"Retry-After of a date in the past", []fake.Fault{fake.Status(503, http.Header{"Retry-After": {"Fri, 31 Dec 1999 23:59:59 GMT"}}, "")}, salesforce.Revoked, nil, 2},
		{"Retry-After of nonsense", []fake.Fault{fake.Status(503, http.Header{"Retry-After": {"-1"}}, "")}, salesforce.Revoked, nil, 2},
		{"an answer that repeats the token", []fake.Fault{fake.Echo(403)}, "", repeats, 1},
	}
	for _, code := range []int{300, 301, 302, 303, 307, 308} {
		rows = append(rows, row{fmt.Sprint(code), []fake.Fault{fake.Redirect(code, "https://other.example:8443/path?query")}, "", redirectTo("other.example:8443"), 1})
	}
	for _, code := range []int{420, 429, 500, 502, 503, 504} {
		rows = append(rows,
			row{fmt.Sprint(code, " twice, then revoked"), times(2, status(code, "")), salesforce.Revoked, nil, 3},
			row{fmt.Sprint(code, " for good"), times(3, fake.Status(code, soon, "error=busy&error_description=later")), "", isResponse(code, "busy", "later"), 3})
	}

	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server, client := startOrgInMemory(t, 2)
				server.Org.Script(fake.RevokePath, row.faults...)
				token := server.Org.IssueAccessToken()
				outcome, err := client.Revoke(t.Context(), revocationURL(server), token)
				if outcome != row.want {
					t.Errorf("outcome is %q; want %q", outcome, row.want)
				}
				if row.isError == nil && err != nil || row.isError != nil && !row.isError(err) {
					t.Errorf("error is %T: %v", err, err)
				}
				if err != nil {
					assertNoToken(t, err, token)
				}
				if n := len(server.Org.Requests()); n != row.requests {
					t.Errorf("%d requests arrived; want %d", n, row.requests)
				}
			})
		})
	}
}

// assertNoToken looks for the token in all that an error is made of.
func assertNoToken(t *testing.T, err error, token string) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
			if strings.Contains(text, token) || strings.Contains(text, url.QueryEscape(token)) {
				t.Errorf("%T shows the token: %s", err, text)
			}
		}
	}
}

func TestRevokeRefusesUnsafeURL(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"http://sf.example/services/oauth2/revoke", "ftp://sf.example/", "%", "https://u:p@sf.example/", ""} {
		if outcome, err := (&salesforce.Client{Transport: failingTransport(t)}).Revoke(t.Context(), target, "a-token"); err == nil {
			t.Errorf("Revoke at %q = %q; want an error", target, outcome)
		} else {
			assertNoToken(t, err, "a-token")
		}
	}
}

func TestRevokeConnectionRefused(t *testing.T) {
	t.Parallel()
	server := startOrg(t)
	server.Close()
	_, err := newClient(t, 0).Revoke(t.Context(), revocationURL(server), "a-token")
	var unanswered *salesforce.UnansweredError
	if !errors.As(err, &unanswered) || unanswered.Arrived || !strings.Contains(unanswered.Reason, "refused") {
		t.Errorf("error is %#v; want an UnansweredError that did not arrive", err)
	}
}

// A request that never arrived cannot have revoked the token that the next one
// finds dead.
func TestRevokeRefusedThenInvalid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, client := startOrgInMemory(t, 1)
		client.Transport = attempts(client.Transport, noConnection)
		if outcome, err := client.Revoke(t.Context(), revocationURL(server), "unknown"); outcome != salesforce.AlreadyInvalid || err != nil {
			t.Errorf("Revoke = %q, %v; want %q", outcome, err, salesforce.AlreadyInvalid)
		}
	})
}

// What the network says may repeat the token too, if the server does not speak
// proper HTTP.
func TestRevokeGarbageThatRepeatsToken(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	token := "00D5g000004fLlm!AQEAQPx.hVb1"
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 %s %s\r\n\r\n", token, url.QueryEscape(token))
			_ = conn.Close()
		}
	}()
	client := newClient(t, 0)
	var logged salesforce.Attempt
	client.OnAttempt = func(_ context.Context, attempt salesforce.Attempt) { logged = attempt }
	_, err = client.Revoke(t.Context(), salesforce.RevocationURL("http://"+listener.Addr().String(), ""), token)
	if err == nil || !strings.Contains(err.Error(), "[redacted]") {
		t.Errorf("error is %v; want one that quotes the server without the token", err)
	}
	assertNoToken(t, err, token)
	if text := fmt.Sprintf("%+v", logged); strings.Contains(text, token) || logged.Error == "" {
		t.Errorf("the attempt is %s", text)
	}
}

func TestRevokeHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, client := startOrgInMemory(t, 1)
		server.Org.Script(fake.RevokePath, fake.Hang())
		token := server.Org.IssueAccessToken()
		client.RequestTimeout = time.Minute
		var attempts []salesforce.Attempt
		client.OnAttempt = func(_ context.Context, attempt salesforce.Attempt) { attempts = append(attempts, attempt) }
		if outcome, err := client.Revoke(t.Context(), revocationURL(server), token); outcome != salesforce.Revoked || err != nil {
			t.Errorf("Revoke = %q, %v; want the second attempt to revoke", outcome, err)
		}
		if len(attempts) != 2 || attempts[0].Duration != time.Minute || attempts[0].Error != "the last attempt timed out" {
			t.Errorf("attempts are %+v", attempts)
		}
	})
}

func TestRevokeDeadline(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]fake.Fault{
		"hang":     fake.Hang(),
		"back-off": fake.Status(503, nil, ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server, client := startOrgInMemory(t, 4)
				server.Org.ScriptAlways(fake.RevokePath, fault)
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer cancel()
				start := time.Now()
				_, err := client.Revoke(ctx, revocationURL(server), "a-token")
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error is %v; want a deadline exceeded", err)
				}
				if elapsed := time.Since(start); elapsed != 100*time.Millisecond {
					t.Errorf("gave up after %s", elapsed)
				}
			})
		})
	}
}

// Waiting longer than the operation may take would end in a less telling error.
func TestRevokeRetryAfterBeyondDeadline(t *testing.T) {
	t.Parallel()
	for after, inVain := range map[time.Duration]bool{59 * time.Second: false, time.Minute: true, time.Hour: true} {
		for _, date := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				server, client := startOrgInMemory(t, 4)
				value := fmt.Sprint(after.Seconds())
				if date {
					value = time.Now().Add(after).UTC().Format(http.TimeFormat)
				}
				server.Org.Script(fake.RevokePath, fake.Status(503, http.Header{"Retry-After": {value}}, ""))
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				start := time.Now()
				_, err := client.Revoke(ctx, revocationURL(server), server.Org.IssueAccessToken())
				var response *salesforce.ResponseError
				if !inVain {
					if err != nil {
						t.Errorf("Retry-After %s: error is %v", value, err)
					}
				} else if !errors.As(err, &response) || response.Status != 503 || response.RetryAfter != after || time.Since(start) != 0 {
					t.Errorf("Retry-After %s: error is %v after %s", value, err, time.Since(start))
				}
			})
		}
	}
}

func TestRevokeHonoursRetryAfter(t *testing.T) {
	t.Parallel()
	for _, after := range []func() string{
		func() string { return "90" },
		func() string { return time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat) },
	} {
		synctest.Test(t, func(t *testing.T) {
			server, client := startOrgInMemory(t, 1)
			server.Org.Script(fake.RevokePath, fake.Status(429, http.Header{"Retry-After": {after()}}, ""))
			token := server.Org.IssueAccessToken()
			if outcome, err := client.Revoke(t.Context(), revocationURL(server), token); outcome != salesforce.Revoked || err != nil {
				t.Fatalf("Revoke = %q, %v", outcome, err)
			}
			requests := server.Org.Requests()
			if waited := requests[1].Time.Sub(requests[0].Time); waited != 90*time.Second {
				t.Errorf("came back after %s; want 90s", waited)
			}
		})
	}
}

func TestRevokeCancel(t *testing.T) {
	t.Parallel()
	server := startOrg(t)
	ctx, cancel := context.WithCancel(t.Context())
	server.Org.Script(fake.RevokePath, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		})
	})
	_, err := newClient(t, 4).Revoke(ctx, revocationURL(server), "a-token")
	var unanswered *salesforce.UnansweredError
	if !errors.Is(err, context.Canceled) || !errors.As(err, &unanswered) || !unanswered.Arrived || unanswered.Attempts != 1 {
		t.Errorf("error is %#v; want the one attempt cancelled", err)
	}
}

func TestRevokeTLS(t *testing.T) {
	t.Parallel()
	server := fake.NewTLSServer(fake.NewOrg(fake.Config{}))
	t.Cleanup(server.Close)
	token := server.Org.IssueAccessToken()
	url := salesforce.RevocationURL(server.URL, "")

	var unanswered *salesforce.UnansweredError
	if _, err := newClient(t, 4).Revoke(t.Context(), url, token); !errors.As(err, &unanswered) || unanswered.Attempts != 1 || unanswered.Arrived {
		t.Errorf("with an unknown CA the error is %#v; want one attempt that did not arrive", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(server.CACertPEM())
	client := &salesforce.Client{Transport: salesforce.NewTransport(roots, 1)}
	if outcome, err := client.Revoke(t.Context(), url, token); outcome != salesforce.Revoked || err != nil {
		t.Errorf("Revoke = %q, %v", outcome, err)
	}
}

// Terraform revokes ten at a time, and each should find a connection again; with
// fewer than that, some wait.
func TestRevokeConnections(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{12, 3} {
		server := startOrg(t)
		client := newClient(t, 0)
		transport := salesforce.NewTransport(nil, limit)
		t.Cleanup(transport.CloseIdleConnections)
		client.Transport, client.Gate = transport, salesforce.NewGate(limit)
		tokens := make(chan string)
		var workers sync.WaitGroup
		for range 10 {
			workers.Go(func() {
				for token := range tokens {
					if outcome, err := client.Revoke(t.Context(), revocationURL(server), token); outcome != salesforce.Revoked || err != nil {
						t.Errorf("Revoke = %q, %v", outcome, err)
					}
				}
			})
		}
		for range 120 {
			tokens <- server.Org.IssueAccessToken()
		}
		close(tokens)
		workers.Wait()
		if n := server.Connections(); n > limit {
			t.Errorf("120 tokens took %d connections; want %d at most", n, limit)
		}
	}
}

func TestOnAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, client := startOrgInMemory(t, 4)
		slowly := func(next http.Handler) http.Handler {
			return fake.Delay(time.Second)(fake.Status(503, soon, "")(next))
		}
		server.Org.Script(fake.RevokePath, slowly, fake.DropBefore())
		token := server.Org.IssueAccessToken()
		var attempts []salesforce.Attempt
		client.OnAttempt = func(_ context.Context, attempt salesforce.Attempt) { attempts = append(attempts, attempt) }
		if _, err := client.Revoke(t.Context(), revocationURL(server), token); err != nil {
			t.Fatal(err)
		}
		if want := []salesforce.Attempt{
			{Method: "POST", URL: revocationURL(server), Number: 1, Status: 503, Duration: time.Second},
			{Method: "POST", URL: revocationURL(server), Number: 2, Error: "EOF"},
			{Method: "POST", URL: revocationURL(server), Number: 3, Status: 200},
		}; !slices.Equal(attempts, want) {
			t.Errorf("attempts are %+v; want %+v", attempts, want)
		}
	})
}
