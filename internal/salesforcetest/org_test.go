package salesforcetest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// start serves a new org until the end of the test.
func start(t *testing.T, config Config) *Server {
	t.Helper()
	server := NewServer(NewOrg(config))
	t.Cleanup(server.Close)
	return server
}

// A response is what the org answered, read to its end.
type response struct {
	status int
	header http.Header
	body   string
}

// decode parses a JSON body.
func (r response) decode(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.body), v); err != nil {
		t.Fatalf("%q: %v", r.body, err)
	}
}

// try sends a request as it is and follows no redirect.
func try(ctx context.Context, method, url, session string, form url.Values) (response, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(form.Encode()))
	if err != nil {
		return response{}, err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if session != "" {
		req.Header.Set("Authorization", "Bearer "+session)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return response{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return response{resp.StatusCode, resp.Header, string(body)}, err
}

func get(t *testing.T, url, session string) response {
	t.Helper()
	resp, err := try(t.Context(), http.MethodGet, url, session, nil)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func post(t *testing.T, url string, form url.Values) response {
	t.Helper()
	resp, err := try(t.Context(), http.MethodPost, url, "", form)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func revoke(t *testing.T, server *Server, token string) response {
	t.Helper()
	return post(t, server.URL+RevokePath, url.Values{"token": {token}})
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		site, path string
		status     int
		want       string
	}{
		"root":                     {"", DataPath, 200, DataPath},
		"folded slashes":           {"", "//services///data/", 200, DataPath},
		"no site":                  {"", "/partners" + DataPath, 404, "/partners" + DataPath},
		"site":                     {"/partners", "/partners" + DataPath, 200, DataPath},
		"site without slashes":     {"partners/", "/partners" + DataPath, 200, DataPath},
		"nested site":              {"/a/b", "/a/b//services/data", 200, DataPath},
		"root beside site":         {"/partners", DataPath, 200, DataPath},
		"prefix of another name":   {"/partners", "/partnership" + DataPath, 404, "/partnership" + DataPath},
		"the site itself":          {"/partners", "/partners", 404, "/"},
		"percent-encoded segments": {"", "/services/d%61ta", 200, DataPath},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, Config{Site: tc.site})
			if resp := get(t, server.URL+tc.path, ""); resp.status != tc.status {
				t.Errorf("status %d, want %d", resp.status, tc.status)
			}
			request := server.Org.Requests()[0]
			if request.Path != tc.want || request.RequestURI != tc.path {
				t.Errorf("recorded %q as %q, want %q as %q", request.RequestURI, request.Path, tc.path, tc.want)
			}
		})
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	before := time.Now()
	revoke(t, server, "a!b")
	get(t, server.URL+UserinfoPath, "session")

	requests := server.Org.Requests()
	if len(requests) != 2 {
		t.Fatalf("%d requests, want 2", len(requests))
	}
	first, second := requests[0], requests[1]
	if first.Method != "POST" || first.Path != RevokePath || first.Body != "token=a%21b" || first.Form.Get("token") != "a!b" {
		t.Errorf("the first request was recorded as %+v", first)
	}
	if first.Time.Before(before) || first.RemoteAddr == "" || !strings.HasSuffix(server.URL, first.Host) {
		t.Errorf("the first request was recorded as %+v", first)
	}
	if second.Method != "GET" || second.Header.Get("Authorization") != "Bearer session" || len(second.Form) != 0 {
		t.Errorf("the second request was recorded as %+v", second)
	}
}

func TestRequestsAreBounded(t *testing.T) {
	t.Parallel()
	server := start(t, Config{MaxRequests: 2})
	for _, token := range []string{"1", "2", "3", "4", "5", "6", "7"} {
		revoke(t, server, token)
	}
	requests := server.Org.Requests()
	if len(requests) != 2 || requests[0].Form.Get("token") != "6" || requests[1].Form.Get("token") != "7" {
		t.Errorf("kept %+v", requests)
	}
}

func TestTooLargeARequest(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	if resp := revoke(t, server, strings.Repeat("x", maxBody)); resp.status != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", resp.status)
	}
}

func TestMaxInFlight(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	// Every request waits until three of them are there.
	var group sync.WaitGroup
	group.Add(3)
	server.Org.ScriptAlways(RevokePath, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			group.Done()
			group.Wait()
			next.ServeHTTP(w, r)
		})
	})
	var clients sync.WaitGroup
	for range 3 {
		clients.Go(func() {
			_, _ = try(t.Context(), http.MethodPost, server.URL+RevokePath, "", url.Values{"token": {"x"}})
		})
	}
	clients.Wait()
	if n := server.Org.MaxInFlight(); n != 3 {
		t.Errorf("MaxInFlight() = %d, want 3", n)
	}
}

func TestLatency(t *testing.T) {
	t.Parallel()
	server := start(t, Config{Latency: 10 * time.Millisecond})
	before := time.Now()
	get(t, server.URL+DataPath, "")
	if took := time.Since(before); took < 10*time.Millisecond {
		t.Errorf("answered after %v", took)
	}
}

// A script for a path that ends in a slash is for what lies below, unless there
// is one nearer to the request.
func TestScriptForAFolder(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	server.Org.Script(DataPath+"/", Status(501, nil, ""))
	server.Org.ScriptAlways(DataPath+"/v64.0/sobjects/AuthSession/", APIError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))
	server.Org.ScriptAlways(UserinfoPath+"/", Status(502, nil, ""))
	for _, step := range []struct {
		path   string
		status int
	}{
		{DataPath, 200}, {DataPath + "/v64.0/sobjects/AuthSession/x", 403}, {DataPath + "/v64.0/sobjects/AuthSession/y", 403},
		{DataPath + "/v64.0/sobjects/User/x", 501}, {DataPath + "/v64.0/sobjects/User/x", 401}, {UserinfoPath, 403}, {"/", 404},
	} {
		if resp := get(t, server.URL+step.path, ""); resp.status != step.status {
			t.Errorf("%s is answered %d %s, want %d", step.path, resp.status, resp.body, step.status)
		}
	}
	if resp := get(t, server.URL+DataPath+"/v64.0/sobjects/AuthSession/z", ""); resp.body != "[{\"errorCode\":\"REQUEST_LIMIT_EXCEEDED\",\"message\":\"TotalRequests Limit exceeded.\"}]\n" {
		t.Errorf("the error is %s", resp.body)
	}
}

func TestOrganizations(t *testing.T) {
	t.Parallel()
	server := start(t, Config{OrganizationID: "00D5g0000000009EAA", Sandbox: true, Users: 8, Username: "me@example.com"})
	session := server.Org.IssueAccessToken()
	if !strings.HasPrefix(session, "00D5g0000000009!") {
		t.Errorf("the access token is %s", session)
	}
	if resp := get(t, queryURL(server, "SELECT Id, Name, IsSandbox, InstanceName FROM Organization"), session); !strings.Contains(resp.body, `"Id":"00D5g0000000009EAA","InstanceName":"SIM1","IsSandbox":true,"Name":"Simulated Org"`) {
		t.Errorf("the organization is %s", resp.body)
	}
	if resp := get(t, server.URL+UserinfoPath, session); !strings.Contains(resp.body, `"organization_id":"00D5g0000000009EAA"`) {
		t.Errorf("userinfo is %s", resp.body)
	}
	if p, _ := query(t, server, session, "SELECT Id, Username FROM User"); p.TotalSize != 8 {
		t.Errorf("there are %d users", p.TotalSize)
	}
	if resp := get(t, queryURL(server, "SELECT Username FROM User WHERE Id = '"+userID(0)+"'"), session); !strings.Contains(resp.body, "me@example.com") {
		t.Errorf("the user is %s", resp.body)
	}
}
