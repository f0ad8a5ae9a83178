package salesforce_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// What an answer of userinfo proves, below a site.
func TestAccepts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault    fake.Fault
		accepted bool
		err      string // what it says; none if empty
	}{
		"valid":             {fake.Pass(), true, ""},
		"401":               {fake.Status(401, nil, ""), false, ""},
		"403":               {fake.Status(403, nil, "Bad_OAuth_Token"), false, ""},
		"exhausted quota":   {fake.Status(403, nil, `[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]`), false, "REQUEST_LIMIT_EXCEEDED"},
		"403 of its own":    {fake.Status(403, nil, ""), false, "403 Forbidden"},
		"page":              {fake.HTML(), false, "that Salesforce does not send there"},
		"empty 200":         {fake.Status(200, nil, ""), false, "that Salesforce does not send there"},
		"redirect":          {fake.Redirect(302, "https://evil.example/"), false, "evil.example"},
		"out of order":      {fake.Status(503, nil, ""), false, "503 Service Unavailable"},
		"no answer":         {fake.DropBefore(), false, "no final answer"},
		"echo of the token": {fake.Echo(403), false, "403 Forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := fake.NewServer(fake.NewOrg(fake.Config{Site: "/partners"}))
			t.Cleanup(server.Close)
			token := server.Org.IssueAccessToken()
			server.Org.ScriptAlways(fake.UserinfoPath, test.fault)
			accepted, err := new(salesforce.Client).Accepts(t.Context(), salesforce.RevocationURL(server.URL, "/partners"), token)
			if accepted != test.accepted || (err == nil) != (test.err == "") || err != nil && (!strings.Contains(err.Error(), test.err) || strings.Contains(err.Error(), token)) {
				t.Errorf("got %t, %v; want %t, %q", accepted, err, test.accepted, test.err)
			}
			if uri := server.Org.Requests()[0].RequestURI; uri != "/partners/services/oauth2/userinfo" {
				t.Errorf("asked at %s", uri)
			}
		})
	}
}

// An address that is none of Salesforce's revoke endpoint is not asked.
func TestAcceptsRefusesAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "https://a.example/", "http://a.example/services/oauth2/revoke", "https://u:p@a.example/services/oauth2/revoke", "/services/oauth2/revoke"} {
		if _, err := new(salesforce.Client).Accepts(t.Context(), address, "token"); err == nil || strings.Contains(err.Error(), "answer") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// handlerTransport sends requests to a handler, without a network.
type handlerTransport struct{ http.Handler }

func (h handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

// The org is asked less and less often, until the token is refused or the time is up.
func TestAwaitRefusal(t *testing.T) {
	t.Parallel()
	const url = "https://a.example/services/oauth2/revoke"
	for name, test := range map[string]struct {
		lag     int
		elapsed time.Duration
		asked   int
	}{
		"at once": {0, 0, 1},
		"later":   {4, (250 + 500 + 1000 + 2000) * time.Millisecond, 5},
		"never":   {1000, 2 * time.Minute, 17},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				org := fake.NewOrg(fake.Config{RevocationLag: test.lag})
				token := org.IssueAccessToken()
				client := &salesforce.Client{Transport: handlerTransport{org}}
				if _, err := client.Revoke(t.Context(), url, token); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				start := time.Now()
				err := client.AwaitRefusal(ctx, url, token)
				if elapsed := time.Since(start); elapsed != test.elapsed {
					t.Errorf("waited %s; want %s", elapsed, test.elapsed)
				}
				if asked := len(org.Requests()) - 1; asked != test.asked {
					t.Errorf("asked %d times; want %d", asked, test.asked)
				}
				var still *salesforce.StillAcceptedError
				if refused := name != "never"; (err == nil) != refused || !refused && (!errors.As(err, &still) || still.Asked != test.asked || !errors.Is(err, context.DeadlineExceeded)) {
					t.Errorf("the error is %v", err)
				}
			})
		})
	}
}

// An answer that proves nothing is not taken for a proof, and not for its
// contrary. What is reported is the latest answer, or that there was none.
func TestAwaitRefusalWithoutProof(t *testing.T) {
	t.Parallel()
	accepted := fake.Pass()
	unclear := fake.Status(403, nil, "REQUEST_LIMIT_EXCEEDED")
	for name, test := range map[string]struct {
		first, then fake.Fault
		interrupted int // the question in which ctx ends; 0 if it ends between two
		still       bool
	}{
		"never clear":                        {first: unclear, then: unclear},
		"accepted, then unclear":             {first: accepted, then: unclear},
		"unclear, then accepted":             {first: unclear, then: accepted, still: true},
		"interrupted in the first question":  {first: accepted, then: accepted, interrupted: 1},
		"accepted, then interrupted":         {first: accepted, then: accepted, interrupted: 2, still: true},
		"unclear, then interrupted":          {first: unclear, then: unclear, interrupted: 2},
		"accepted, unclear, and interrupted": {first: accepted, then: unclear, interrupted: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				org := fake.NewOrg(fake.Config{})
				token := org.IssueAccessToken()
				org.Script(fake.UserinfoPath, test.first)
				org.ScriptAlways(fake.UserinfoPath, test.then)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				asked := 0
				transport := roundTripper(func(r *http.Request) (*http.Response, error) {
					if asked++; asked == test.interrupted {
						cancel()
						return nil, r.Context().Err()
					}
					return handlerTransport{org}.RoundTrip(r)
				})
				err := (&salesforce.Client{Transport: transport}).AwaitRefusal(ctx, "https://a.example/services/oauth2/revoke", token)
				var still *salesforce.StillAcceptedError
				var response *salesforce.ResponseError
				switch {
				case errors.As(err, &still) != test.still:
					t.Errorf("the error is %v", err)
				case !test.still && errors.As(err, &response) != (test.interrupted != 1):
					t.Errorf("the error is %v", err)
				case test.interrupted == 1 && !errors.Is(err, context.Canceled):
					t.Errorf("the error is %v", err)
				}
			})
		})
	}
}
