package salesforce_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// rawAnswer is a fault that writes bytes to the connection, and then leaves it
// open until the client goes.
func rawAnswer(bytes string) fake.Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			defer conn.Close()
			_, _ = conn.Write([]byte(bytes))
			_, _ = conn.Read(make([]byte, 1)) // returns when the client closes it
		})
	}
}

// brokenOff is a fault that answers with the first part of a body.
func brokenOff(status int, part string) fake.Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(part))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		})
	}
}

func TestRevokeOddAnswers(t *testing.T) {
	t.Parallel()
	invalid := fake.OAuthError(400, "invalid_token", "no")
	isBroken := func(status int) func(error) bool {
		return func(err error) bool {
			var e *salesforce.ResponseError
			return errors.As(err, &e) && e.Status == status && e.BrokenOff && strings.Contains(e.Error(), "broke off")
		}
	}
	isRedirect := func(err error) bool {
		var e *salesforce.RedirectError
		return errors.As(err, &e) && e.Host == "" && strings.Contains(e.Error(), "302 Found")
	}
	for name, test := range map[string]struct {
		faults   []fake.Fault
		want     salesforce.Outcome
		isError  func(error) bool
		requests int
	}{
		// Its body is the connection: reading it would escape every time limit.
		"101":            {[]fake.Fault{rawAnswer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")}, "", isResponse(101, "", ""), 1},
		"102, then gone": {[]fake.Fault{rawThenGone("HTTP/1.1 102 Processing\r\n\r\n")}, "", isResponse(102, "", ""), 1},
		"103, then 200":  {[]fake.Fault{rawThenGone("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")}, salesforce.Revoked, nil, 1},

		"malformed Location": {[]fake.Fault{fake.Status(302, http.Header{"Location": {"https://a b/%zz"}}, "")}, "", isRedirect, 1},
		"relative Location":  {[]fake.Fault{fake.Redirect(302, "/login")}, "", isRedirect, 1},

		// A refusal proves that nothing was revoked, even if its end is missing.
		"400 broken off, then invalid_token":    {[]fake.Fault{brokenOff(400, "error=inv"), invalid}, salesforce.AlreadyInvalid, nil, 2},
		"400 broken off, then revoked":          {[]fake.Fault{brokenOff(400, "error=inv"), fake.Pass()}, salesforce.Revoked, nil, 2},
		"400 broken off for good":               {[]fake.Fault{brokenOff(400, ""), brokenOff(400, ""), brokenOff(400, "error=invalid_token")}, "", isBroken(400), 3},
		"200 broken off, then invalid_token":    {[]fake.Fault{brokenOff(200, ""), invalid}, salesforce.AlreadyInvalid, nil, 2},
		"200 broken off for good":               {[]fake.Fault{brokenOff(200, ""), brokenOff(200, ""), brokenOff(200, "{}")}, "", isBroken(200), 3},
		"403 broken off":                        {[]fake.Fault{brokenOff(403, "error=x")}, "", isBroken(403), 1},
		"503 broken off, then revoked":          {[]fake.Fault{brokenOff(503, ""), fake.Pass()}, salesforce.Revoked, nil, 2},
		"no answer, 503, invalid_token":         {[]fake.Fault{fake.DropBefore(), fake.Status(503, soon, ""), invalid}, salesforce.Revoked, nil, 3},
		"a long answer":                         {[]fake.Fault{fake.Flood(1 << 24)}, "", is[*salesforce.UnexpectedAnswerError], 1},
		"a long refusal":                        {[]fake.Fault{long(400)}, "", isResponse(400, "", ""), 1},
		"an object whose error comes too late":  {[]fake.Fault{fake.Status(200, nil, "{"+strings.Repeat(" ", 64<<10)+`"error":"x"}`)}, "", is[*salesforce.UnexpectedAnswerError], 1},
		"an empty object of the longest length": {[]fake.Fault{fake.Status(200, nil, "{"+strings.Repeat(" ", 64<<10-2)+"}")}, salesforce.Revoked, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server, client := startOrgInMemory(t, 2)
				server.Org.Script(fake.RevokePath, test.faults...)
				token := server.Org.IssueAccessToken()
				outcome, err := client.Revoke(t.Context(), revocationURL(server), token)
				if outcome != test.want || (err == nil) != (test.isError == nil) || err != nil && !test.isError(err) {
					t.Errorf("Revoke = %q, %T: %v", outcome, err, err)
				}
				if n := len(server.Org.Requests()); n != test.requests {
					t.Errorf("%d requests arrived; want %d", n, test.requests)
				}
			})
		})
	}
}

// rawThenGone is rawAnswer for a server that closes the connection.
func rawThenGone(bytes string) fake.Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			_, _ = conn.Write([]byte(bytes))
			_ = conn.Close()
		})
	}
}

// long is fake.Flood with another status.
func long(status int) fake.Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			fake.Flood(1<<24)(next).ServeHTTP(w, r)
		})
	}
}

// A body counts how much of it is read.
type body struct{ read int }

func (b *body) Read(p []byte) (int, error) {
	if b.read > 1<<20 {
		return 0, io.EOF
	}
	b.read += len(p)
	return len(p), nil
}

func (b *body) Close() error { return nil }

// However long an answer is, it does not fill the memory.
func TestAnswersAreReadToTheLimit(t *testing.T) {
	t.Parallel()
	var long body
	client := &salesforce.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 403, Body: &long}, nil
	})}
	if _, err := client.Revoke(t.Context(), "https://a.example/revoke", "token"); !isResponse(403, "", "")(err) {
		t.Errorf("error is %v", err)
	}
	if long.read != 64<<10+1 {
		t.Errorf("%d bytes were read; want one more than the limit, to see that there is more", long.read)
	}
}

// attempts is a transport that has each attempt go its own way; those for which
// it has none go to the org.
func attempts(org http.RoundTripper, ways ...func(*http.Request) (*http.Response, error)) http.RoundTripper {
	var n atomic.Int64
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if i := int(n.Add(1)) - 1; i < len(ways) && ways[i] != nil {
			return ways[i](r)
		}
		return org.RoundTrip(r)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func noConnection(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
}

// An attempt that arrived is not forgotten because of a later one that did not.
func TestRevokeRemembersArrival(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, client := startOrgInMemory(t, 2)
		org := client.Transport
		server.Org.Script(fake.RevokePath, fake.DropAfter())
		client.Transport = attempts(org, nil, noConnection)
		token := server.Org.IssueAccessToken()
		if outcome, err := client.Revoke(t.Context(), revocationURL(server), token); outcome != salesforce.Revoked || err != nil {
			t.Errorf("Revoke = %q, %v; want revoked, because the first attempt got no answer", outcome, err)
		}
		client.Transport, client.MaxRetries = attempts(org, nil, noConnection), 1
		server.Org.Script(fake.RevokePath, fake.DropBefore())
		var unanswered *salesforce.UnansweredError
		if _, err := client.Revoke(t.Context(), revocationURL(server), token); !errors.As(err, &unanswered) || !unanswered.Arrived {
			t.Errorf("error is %v; want one that knows of the first attempt", err)
		}
	})
}

// Words about a connection that was never made cannot repeat a token, but the
// name of a host may hold its letters.
func TestRevokeLeavesHostNamesAlone(t *testing.T) {
	t.Parallel()
	client := newClient(t, 0)
	client.Transport = roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "test-org.my.salesforce.com"}}
	})
	for _, token := range []string{"test", "test-org.my.salesforce.com"} {
		_, err := client.Revoke(t.Context(), "https://test-org.my.salesforce.com/services/oauth2/revoke", token)
		if err == nil || !strings.Contains(err.Error(), "lookup test-org.my.salesforce.com: no such host") {
			t.Errorf("error is %v", err)
		}
	}
}

// The port of this end is another each time, so that a thousand failures would
// be told apart.
func TestRevokeShowsNoPortOfItsOwn(t *testing.T) {
	t.Parallel()
	client := newClient(t, 0)
	client.Transport = roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "read", Net: "tcp", Source: &net.TCPAddr{Port: 54321}, Addr: &net.TCPAddr{Port: 443}, Err: errors.New("connection reset by peer")}
	})
	_, err := client.Revoke(t.Context(), "https://a.example/revoke", "token")
	if err == nil || !strings.Contains(err.Error(), "read tcp :443: connection reset by peer") {
		t.Errorf("error is %v", err)
	}
}

// Waiting for a slot is no part of an attempt's time.
func TestRevokeManyAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var inFlight, most atomic.Int64
		client := &salesforce.Client{Gate: salesforce.NewGate(3), RequestTimeout: time.Second, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if n := inFlight.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer inFlight.Add(-1)
			select {
			case <-time.After(900 * time.Millisecond):
				return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		})}
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if outcome, err := client.Revoke(t.Context(), "https://a.example/revoke", "token"); outcome != salesforce.Revoked || err != nil {
					t.Errorf("Revoke = %q, %v", outcome, err)
				}
			})
		}
		all.Wait()
		if most.Load() != 3 {
			t.Errorf("%d requests were in flight; want 3", most.Load())
		}
	})
}

// Nothing is sent for a run that was interrupted, also where a slot is free.
func TestRevokeInterruptedBefore(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	for _, gate := range []*salesforce.Gate{nil, salesforce.NewGate(1)} {
		client := &salesforce.Client{Gate: gate, Transport: failingTransport(t)}
		for range 50 { // A select with two ready cases takes either.
			_, err := client.Revoke(ctx, "https://a.example/revoke", "token")
			if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "nothing was sent") {
				t.Fatalf("error is %v", err)
			}
		}
	}
}

// failingTransport fails the test when a request is sent.
func failingTransport(t *testing.T) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		t.Errorf("a request was sent to %s", r.URL)
		return nil, errors.New("not to be sent")
	})
}

// Only an answer that says "later" closes the gate for others.
func TestPauseOnRetryableAnswersOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := &salesforce.Client{Gate: salesforce.NewPausingGate(1), Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 400, Header: http.Header{"Retry-After": {"60"}}, Body: http.NoBody}, nil
		})}
		start := time.Now()
		for range 2 {
			var response *salesforce.ResponseError
			if _, err := client.Revoke(t.Context(), "https://a.example/revoke", "token"); !errors.As(err, &response) || response.RetryAfter != 0 {
				t.Errorf("error is %v", err)
			}
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("the second request waited %s", waited)
		}
	})
}

// The back-off grows, and differs from call to call.
func TestBackOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for range 20 {
			var times []time.Time
			client := &salesforce.Client{MaxRetries: 8, Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				times = append(times, time.Now())
				return nil, errors.New("no route")
			})}
			if _, err := client.Revoke(t.Context(), "https://a.example/revoke", "token"); err == nil {
				t.Fatal("no error")
			}
			for i, want := 1, 500*time.Millisecond; i < len(times); i, want = i+1, min(2*want, 20*time.Second) {
				if wait := times[i].Sub(times[i-1]); wait < want/2 || wait > want*3/2 {
					t.Errorf("wait %d is %s; want %s, give or take a half", i, wait, want)
				}
			}
			if len(times) != 9 {
				t.Errorf("%d attempts; want 9", len(times))
			}
		}
	})
}

func TestOldTLSIsRefused(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{MaxVersion: tls.VersionTLS11}
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs //nolint:forcetypeassert // httptest's own
	client := &salesforce.Client{Transport: salesforce.NewTransport(roots, 1)}
	if _, err := client.Revoke(t.Context(), server.URL+"/revoke", "token"); err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("error is %v", err)
	}
}

// A token that arrived counts, whatever else there is to say of the answer.
func TestSignInTakesEveryToken(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]fake.Fault{
		"numbers as strings":       fake.Status(200, nil, `{"access_token":"hunter2","expires_in":"7200","issued_at":"1700000000000"}`),
		"strings as numbers":       fake.Status(200, nil, `{"access_token":"hunter2","issued_at":1700000000000,"token_type":1}`),
		"an ID token":              fake.Status(200, nil, `{"id_token":"e30.eyJhdWQiOlsiYSIsImIiXX0.x","access_token":"hunter2"}`),
		"members of other types":   fake.Status(200, nil, `{"scope":["api"],"instance_url":{},"id":null,"access_token":"hunter2"}`),
		"an error beside it":       fake.Status(200, nil, `{"error":"x","access_token":"hunter2"}`),
		"an odd status":            fake.Status(201, nil, `{"access_token":"hunter2"}`),
		"a refusal":                fake.Status(400, nil, `{"access_token":"hunter2"}`),
		"more behind it":           fake.Status(200, nil, `{"access_token":"hunter2"} trailing`),
		"an answer that broke off": brokenOff(200, `{"access_token":"hunter2","instance_url":"https://a.exa`),
		"a very long answer":       fake.Status(200, nil, `{"access_token":"hunter2","x":"`+strings.Repeat("x", 65<<10)+`"}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startOrg(t)
			server.Org.ScriptAlways(fake.TokenPath, fault)
			session, err := newClient(t, 4).SignIn(t.Context(), server.URL, clientCredentials)
			if err != nil {
				t.Fatal(err)
			}
			if session.AccessToken.Reveal() != "hunter2" || session.InstanceURL != server.URL || len(server.Org.Requests()) != 1 {
				t.Errorf("the session is %+v after %d requests", session, len(server.Org.Requests()))
			}
		})
	}
}

func TestSignInBringsRefreshToken(t *testing.T) {
	t.Parallel()
	server := startOrg(t)
	server.Org.ScriptAlways(fake.TokenPath, fake.Status(200, nil, `{"access_token":"a","refresh_token":"same"}`))
	for grant, want := range map[salesforce.Grant]string{
		clientCredentials: "same",
		salesforce.RefreshGrant{ClientID: "id", RefreshToken: salesforce.NewSecret("same")}:  "",
		salesforce.RefreshGrant{ClientID: "id", RefreshToken: salesforce.NewSecret("other")}: "same",
	} {
		session, err := newClient(t, 0).SignIn(t.Context(), server.URL, grant)
		if err != nil || session.RefreshToken.Reveal() != want {
			t.Errorf("%T brings %q, %v; want %q", grant, session.RefreshToken.Reveal(), err, want)
		}
	}
}

// A sign-in that has begun is seen through, because its token has to be known.
func TestSignInIsNotBrokenOff(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"interrupted": context.WithCancel,
		"time is up": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		},
		"neither of all": func(ctx context.Context) (context.Context, context.CancelFunc) { return ctx, func() {} },
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := end(t.Context())
			client := &salesforce.Client{MaxRetries: 4, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				cancel()
				select {
				case <-time.After(20 * time.Second):
					return answerOf(200, `{"access_token":"hunter2"}`), nil
				case <-r.Context().Done():
					return nil, r.Context().Err()
				}
			})}
			session, err := client.SignIn(ctx, "https://a.example", clientCredentials)
			if err != nil || session.AccessToken.Reveal() != "hunter2" {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

func answerOf(status int, body string) *http.Response {
	recorder := httptest.NewRecorder()
	recorder.WriteHeader(status)
	_, _ = recorder.WriteString(body)
	return recorder.Result()
}

// An attempt has its time limit all the same, and no other follows it.
func TestSignInHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, client := startOrgInMemory(t, 4)
		server.Org.ScriptAlways(fake.TokenPath, fake.Hang())
		client.RequestTimeout = time.Minute
		ctx, interrupt := context.WithCancel(t.Context())
		defer interrupt()
		for _, interrupted := range []bool{false, true} {
			if interrupted {
				client.OnAttempt = func(context.Context, salesforce.Attempt) { interrupt() }
			}
			start := time.Now()
			_, err := client.SignIn(ctx, server.URL, clientCredentials)
			if !salesforce.MayHaveMinted(err) || errors.Is(err, context.Canceled) != interrupted || time.Since(start) != time.Minute {
				t.Errorf("error is %v after %s", err, time.Since(start))
			}
		}
		if n := len(server.Org.Requests()); n != 2 {
			t.Errorf("%d requests arrived; want one for each sign-in", n)
		}
	})
}

// What follows an attempt ends with the run.
func TestSignInRetriesEndWithTheRun(t *testing.T) {
	t.Parallel()
	for _, grant := range []salesforce.Grant{clientCredentials, newJWTBearer(t)} {
		synctest.Test(t, func(t *testing.T) {
			ctx, interrupt := context.WithCancel(t.Context())
			n := 0
			client := &salesforce.Client{MaxRetries: 100, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				n++
				interrupt()
				return noConnection(r)
			})}
			_, err := client.SignIn(ctx, "https://a.example", grant)
			if !errors.Is(err, context.Canceled) || n != 1 || salesforce.MayHaveMinted(err) {
				t.Errorf("%d attempts, and then: %v", n, err)
			}
		})
	}
}

func newJWTBearer(t *testing.T) salesforce.JWTBearer {
	t.Helper()
	key, _ := newKey(t)
	return salesforce.JWTBearer{ClientID: fake.DefaultClientID, Username: fake.DefaultUsername, PrivateKey: salesforce.NewSecret(pkcs8(t, key))}
}

// Attempts of every grant are reported, without a secret.
func TestSignInIsReported(t *testing.T) {
	t.Parallel()
	for _, grant := range []salesforce.Grant{clientCredentials, newJWTBearer(t)} {
		server := startOrg(t)
		server.Org.Script(fake.TokenPath, fake.Echo(400))
		client := newClient(t, 0)
		var reported []salesforce.Attempt
		client.OnAttempt = func(_ context.Context, attempt salesforce.Attempt) { reported = append(reported, attempt) }
		_, err := client.SignIn(t.Context(), server.URL, grant)
		if len(reported) != 1 || reported[0].Status != 400 || reported[0].Method != "POST" || reported[0].URL != server.URL+fake.TokenPath {
			t.Errorf("reported are %+v", reported)
		}
		form := server.Org.Requests()[0].Form
		for _, secret := range []string{form.Get("client_secret"), form.Get("assertion")} {
			if secret != "" && strings.Contains(fmt.Sprintf("%+v %v", reported, err), secret) {
				t.Errorf("%T shows its secret", grant)
			}
		}
	}
}

func TestMayHaveMinted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want bool
	}{
		{&salesforce.ResponseError{Status: 400}, false},
		{&salesforce.ResponseError{Status: 499}, false},
		{&salesforce.ResponseError{Status: 429}, false},
		{&salesforce.ResponseError{Status: 102}, true},
		{&salesforce.ResponseError{Status: 200, Code: "error"}, true},
		{&salesforce.ResponseError{Status: 500}, true},
		{&salesforce.ResponseError{Status: 504}, true},
		{&salesforce.RedirectError{Status: 302}, false},
		{&salesforce.UnexpectedAnswerError{}, true},
		{&salesforce.UnansweredError{Arrived: true}, true},
		{&salesforce.UnansweredError{}, false},
		{fmt.Errorf("wrapped: %w", &salesforce.UnansweredError{Arrived: true}), true},
		{errors.New("the private key is encrypted"), false},
	} {
		if got := salesforce.MayHaveMinted(test.err); got != test.want {
			t.Errorf("MayHaveMinted(%#v) = %t", test.err, got)
		}
	}
}
