package salesforce_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

const queryPath = fake.DataPath + "/" + salesforce.DefaultAPIVersion + "/query"

// newAPI asks an org with a session that is always the same.
func newAPI(t testing.TB, server *fake.Server) *salesforce.API {
	t.Helper()
	transport := salesforce.NewTransport(nil, 64)
	t.Cleanup(transport.CloseIdleConnections)
	session := &salesforce.Session{AccessToken: salesforce.NewSecret(server.Org.IssueAccessToken()), InstanceURL: server.URL}
	return &salesforce.API{
		Client:  &salesforce.Client{Transport: transport},
		Version: salesforce.DefaultAPIVersion,
		Session: func(context.Context, *salesforce.Session) (*salesforce.Session, error) { return session, nil },
	}
}

func newServer(t testing.TB, config fake.Config) *fake.Server {
	t.Helper()
	server := fake.NewServer(fake.NewOrg(config))
	t.Cleanup(server.Close)
	return server
}

func list(t testing.TB, api *salesforce.API, filter salesforce.OauthTokenFilter) []salesforce.OauthToken {
	t.Helper()
	tokens, err := api.OauthTokens(t.Context(), filter)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// refreshTokens are what the org has and the filter means, by a plain look.
func refreshTokens(org *fake.Org, meant func(fake.Token) bool) map[string]fake.Token {
	result := make(map[string]fake.Token)
	for _, token := range org.Tokens() {
		if token.Kind == fake.RefreshToken && token.Alive && meant(token) {
			result[token.DeleteToken] = token
		}
	}
	return result
}

func assertListed(t *testing.T, got []salesforce.OauthToken, want map[string]fake.Token) {
	t.Helper()
	seen := make(map[string]bool)
	for _, token := range got {
		known, ok := want[token.DeleteToken.Reveal()]
		switch {
		case !ok:
			t.Fatalf("a row is listed that is not meant: of %q and %s", token.AppName, token.UserID)
		case seen[token.DeleteToken.Reveal()]:
			t.Fatal("a row is listed twice")
		case token.AppName != known.AppName || token.UserID != known.UserID || token.UseCount != int64(known.UseCount) || !lastUsed(token).Equal(known.LastUsed.Truncate(time.Millisecond)):
			t.Fatalf("a row is %+v; the org has %+v", token, known)
		}
		seen[token.DeleteToken.Reveal()] = true
	}
	if len(got) != len(want) {
		t.Fatalf("%d rows are listed; want %d", len(got), len(want))
	}
}

func lastUsed(token salesforce.OauthToken) time.Time {
	if token.LastUsed == nil {
		return time.Time{}
	}
	return *token.LastUsed
}

// Past 500 a page, 2,500 a query, and 2,500 of one user alone.
func TestOauthTokensAreComplete(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 500, 501, 2499, 2500, 2501, 5000, 13000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			server := newServer(t, fake.Config{})
			server.Org.AddOauthTokens("Data Loader", n)
			server.Org.AddOauthTokens("Other App", 3)
			api := newAPI(t, server)
			filter := salesforce.OauthTokenFilter{AppName: "Data Loader"}
			assertListed(t, list(t, api, filter), refreshTokens(server.Org, func(token fake.Token) bool { return token.AppName == "Data Loader" }))
			if got, err := api.CountOauthTokens(t.Context(), filter); got != n || err != nil {
				t.Errorf("CountOauthTokens = %d, %v; want %d", got, err, n)
			}
			for _, request := range server.Org.Requests() {
				if strings.Contains(request.RequestURI, "AccessToken") {
					t.Fatal("the column that holds refresh tokens is asked for")
				}
			}
		})
	}
}

func TestOauthTokenFilters(t *testing.T) {
	t.Parallel()
	server := newServer(t, fake.Config{})
	server.Org.AddOauthTokens("A", 400)
	server.Org.AddOauthTokens("B", 400)
	users := make(map[string]bool)
	var ids []string
	for _, token := range server.Org.Tokens() {
		if !users[token.UserID] {
			users[token.UserID] = true
			ids = append(ids, token.UserID)
		}
	}
	month := time.Now().AddDate(0, -1, 0).Truncate(time.Second)
	monthElsewhere := month.In(time.FixedZone("", 3600))
	crowd := []string{ids[1], ids[3]}
	for i := range 1000 { // more than a URI can hold
		crowd = append(crowd, fmt.Sprintf("0059z%010dAAA", i))
	}
	isUser := func(ids ...string) func(fake.Token) bool {
		return func(token fake.Token) bool { return slices.Contains(ids, token.UserID) }
	}
	only, possible := salesforce.OauthTokenFilter{}.Only(ids[2])
	except, _ := salesforce.OauthTokenFilter{}.Except(ids[2])
	if !possible {
		t.Error("no user is excluded, yet Only finds none")
	}
	for name, test := range map[string]struct {
		filter salesforce.OauthTokenFilter
		meant  func(fake.Token) bool
	}{
		"all":                {salesforce.OauthTokenFilter{}, func(fake.Token) bool { return true }},
		"app, in small":      {salesforce.OauthTokenFilter{AppName: "a"}, func(token fake.Token) bool { return token.AppName == "A" }},
		"users":              {salesforce.OauthTokenFilter{UserIDs: []string{ids[0], ids[1][:15]}}, isUser(ids[0], ids[1])},
		"a crowd of users":   {salesforce.OauthTokenFilter{UserIDs: crowd}, isUser(ids[1], ids[3])},
		"not that user":      {except, func(token fake.Token) bool { return token.UserID != ids[2] }},
		"that user":          {only, isUser(ids[2])},
		"unused for a month": {salesforce.OauthTokenFilter{UnusedSince: &month}, func(token fake.Token) bool { return token.LastUsed.Before(month) }},
		"all together": {
			salesforce.OauthTokenFilter{AppName: "B", UserIDs: ids[:2], NotUserID: ids[0], UnusedSince: &monthElsewhere},
			func(token fake.Token) bool {
				return token.AppName == "B" && token.UserID == ids[1] && token.LastUsed.Before(month)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := newAPI(t, server)
			want := refreshTokens(server.Org, test.meant)
			if len(want) == 0 {
				t.Fatal("the test means nothing")
			}
			assertListed(t, list(t, api, test.filter), want)
			if got, err := api.CountOauthTokens(t.Context(), test.filter); got != len(want) || err != nil {
				t.Errorf("CountOauthTokens = %d, %v; want %d", got, err, len(want))
			}
		})
	}
	if _, possible := (salesforce.OauthTokenFilter{UserIDs: ids[:1]}).Only(ids[1]); possible {
		t.Error("Only finds a user who is not among those of the filter")
	}
	if _, possible := (salesforce.OauthTokenFilter{UserIDs: []string{ids[1][:15]}}).Except(ids[1]); possible {
		t.Error("Except finds somebody where the filter has one user only")
	}
}

// No name means more than itself, whatever it holds.
func FuzzAppName(f *testing.F) {
	for _, name := range []string{
		`O'Brien \ Söhne`, `\`, `'`, `''`, `\'`, `\\'`, `"`, "line\nbreak", "\r\n\t\b\f\x00\x1f\x7f\u0085", `\u0027`, `\n`, "%", "_", "😀", "а́", "\u2028",
		`x' OR AppName != 'x`, `x\' OR AppName != \'x`, `' OR UserId != null OR AppName = '`, `x') OR (AppName != '`, `x' LIMIT 1 OFFSET 0`, `&q=SELECT AccessToken FROM OauthToken`, `+`, `#`, `a;b`,
	} {
		f.Add(name)
	}
	server := newServer(f, fake.Config{MaxRequests: 1})
	server.Org.AddOauthTokens("victim", 5)
	api := newAPI(f, server)
	var one sync.Mutex // org for all: names add up
	added := make(map[string]int)
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > 255 {
			t.Skip("no name of an app")
		}
		one.Lock()
		defer one.Unlock()
		server.Org.AddOauthTokens(name, 1)
		added[strings.ToLower(name)]++
		want := added[strings.ToLower(name)]
		if strings.EqualFold(name, "victim") {
			want += 5
		}
		for _, token := range list(t, api, salesforce.OauthTokenFilter{AppName: name}) {
			if !strings.EqualFold(token.AppName, name) {
				t.Errorf("%q finds %q", name, token.AppName)
			}
			want--
		}
		if want != 0 {
			t.Errorf("%q misses %d rows", name, want)
		}
	})
}

func TestCheckUserID(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"0055g0000000001", "0055g0000000001AAA"} {
		if err := salesforce.CheckUserID(good); err != nil {
			t.Errorf("%s is refused: %v", good, err)
		}
	}
	for _, bad := range []string{"", "0055g000000000", "0055g0000000001A", "0055g0000000001AAAA", "0055g000000000'", "0055g000000000) OR (AppName != ''", "0055g0000000001\n", "005５g000000001"} {
		if err := salesforce.CheckUserID(bad); err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestParseAPIVersion(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"62.0": "v62.0", "v62.0": "v62.0", "v100.0": "v100.0", "62": "", "v62": "", "62.1": "", "": "", "../62.0": "", "vv62.0": "", "062.0": ""} {
		if got, err := salesforce.ParseAPIVersion(given); got != want || (err == nil) != (want != "") {
			t.Errorf("ParseAPIVersion(%q) = %q, %v; want %q", given, got, err, want)
		}
	}
}

// A session goes to no other host, whatever a page says of the next one.
func TestPagesOfAnotherHost(t *testing.T) {
	t.Parallel()
	elsewhere := newServer(t, fake.Config{})
	for _, next := range []string{
		elsewhere.URL + queryPath, strings.TrimPrefix(elsewhere.URL, "http:") + queryPath, "@" + strings.TrimPrefix(elsewhere.URL, "http://") + "/services/data/",
		".evil.example/services/data/", "/services/oauth2/userinfo", "/services/data/../oauth2/userinfo", "/services/data/%2e%2e/oauth2/userinfo", "/services/data/v64.0/query?q=SELECT", "services/data/v64.0/query/x", "/services/data/x#y", "\x00",
	} {
		t.Run(next, func(t *testing.T) {
			t.Parallel()
			server := newServer(t, fake.Config{})
			server.Org.Script(queryPath, fake.Status(200, nil, fmt.Sprintf(`{"totalSize":501,"done":false,"records":[],"nextRecordsUrl":%q}`, next)))
			var err error
			for _, err = range newAPI(t, server).ListOauthTokens(t.Context(), salesforce.OauthTokenFilter{}) {
			}
			var unexpected *salesforce.UnexpectedAnswerError
			if !errors.As(err, &unexpected) {
				t.Errorf("the listing ended with %v", err)
			}
			if n := len(server.Org.Requests()); n != 1 {
				t.Errorf("the org has received %d requests; want 1", n)
			}
		})
	}
	t.Cleanup(func() {
		if n := len(elsewhere.Org.Requests()); n != 0 {
			t.Errorf("the other host has received %d requests", n)
		}
	})
}

func TestOauthTokensErrors(t *testing.T) {
	t.Parallel()
	code := func(status int, code string) func(error) bool {
		return func(err error) bool {
			var e *salesforce.ResponseError
			return errors.As(err, &e) && e.Status == status && e.Code == code
		}
	}
	isUnexpected := func(err error) bool {
		var e *salesforce.UnexpectedAnswerError
		return errors.As(err, &e)
	}
	isRedirect := func(err error) bool {
		var e *salesforce.RedirectError
		return errors.As(err, &e)
	}
	repeats := func(err error) bool { return strings.Contains(err.Error(), "[redacted]") }
	const listed = `{"totalSize":1,"records":[{"AppName":"A","UserId":"u","DeleteToken":"hunter2","UseCount":1,"LastUsedDate":%s}]}`
	for name, test := range map[string]struct {
		config fake.Config
		fault  fake.Fault
		is     func(error) bool
	}{
		"may not query":   {fake.Config{NoQuery: true}, fake.Pass(), code(400, "INVALID_TYPE")},
		"session over":    {fake.Config{}, fake.Status(401, nil, `[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]`), code(401, "INVALID_SESSION_ID")},
		"limit":           {fake.Config{}, fake.Status(403, nil, `[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"hunter2"},{}]`), code(403, "REQUEST_LIMIT_EXCEEDED")},
		"another list":    {fake.Config{}, fake.Status(400, nil, `[]`), code(400, "")},
		"broken list":     {fake.Config{}, fake.Status(400, nil, `[{"errorCode":7}]`), code(400, "")},
		"redirect":        {fake.Config{}, fake.Redirect(302, "https://evil.example/"), isRedirect},
		"page":            {fake.Config{}, fake.HTML(), isUnexpected},
		"array":           {fake.Config{}, fake.Status(200, nil, "[]"), isUnexpected},
		"other object":    {fake.Config{}, fake.Status(200, nil, `{"done":true}`), isUnexpected},
		"empty":           {fake.Config{}, fake.Status(200, nil, ""), isUnexpected},
		"flood":           {fake.Config{}, fake.Flood(9 << 20), isUnexpected},
		"bad date":        {fake.Config{}, fake.Status(200, nil, fmt.Sprintf(listed, `"hunter2"`)), isUnexpected},
		"bad type":        {fake.Config{}, fake.Status(200, nil, fmt.Sprintf(listed, `{}`)), isUnexpected},
		"temporary":       {fake.Config{}, fake.Status(503, soon, ""), code(503, "")},
		"session repeats": {fake.Config{}, fake.Echo(400), repeats},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newServer(t, test.config)
			server.Org.ScriptAlways(queryPath, test.fault)
			api := newAPI(t, server)
			_, countErr := api.CountOauthTokens(t.Context(), salesforce.OauthTokenFilter{})
			var listErr error
			for _, listErr = range api.ListOauthTokens(t.Context(), salesforce.OauthTokenFilter{}) {
			}
			session, _ := api.Session(t.Context(), nil)
			if !test.is(listErr) || strings.Contains(listErr.Error(), session.AccessToken.Reveal()) {
				t.Errorf("All ends with %v", listErr)
			}
			if isRowError := strings.HasPrefix(name, "bad "); countErr == nil && !isRowError {
				t.Error("Count succeeds")
			}
		})
	}
}

// A listing that came out short, because rows moved while it was read, is read
// again; and is no success if it stays short.
func TestIncompleteListing(t *testing.T) {
	t.Parallel()
	for name, shortWindows := range map[string]int{"once": 1, "always": 99} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newServer(t, fake.Config{})
			server.Org.AddOauthTokens("A", 3000)
			cut := 0
			server.Org.ScriptAlways(queryPath, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if strings.Contains(r.URL.RawQuery, url.QueryEscape("UserId >= ")) && cut < shortWindows {
						cut++
						_, _ = w.Write([]byte(`{"totalSize":0,"done":true,"records":[]}`))
						return
					}
					next.ServeHTTP(w, r)
				})
			})
			tokens, err := newAPI(t, server).OauthTokens(t.Context(), salesforce.OauthTokenFilter{})
			var incomplete *salesforce.IncompleteError
			if shortWindows == 1 && (err != nil || len(tokens) != 3000) {
				t.Errorf("%d rows are listed, %v; want all 3000", len(tokens), err)
			}
			// The first window ends among those of the last user.
			if shortWindows > 1 && (!errors.As(err, &incomplete) || incomplete.Listed != 2400 || incomplete.Counted != 3000) {
				t.Errorf("the listing of %d rows ended with %v", len(tokens), err)
			}
		})
	}
}

func TestSessionIsRenewedOnce(t *testing.T) {
	t.Parallel()
	server := newServer(t, fake.Config{})
	server.Org.AddOauthTokens("A", 10)
	api := newAPI(t, server)
	session := func(token string) *salesforce.Session {
		return &salesforce.Session{AccessToken: salesforce.NewSecret(token), InstanceURL: server.URL}
	}
	dead, alive := session("dead"), session(server.Org.IssueAccessToken())
	current, other := dead, alive
	api.Session = func(_ context.Context, refused *salesforce.Session) (*salesforce.Session, error) {
		if refused != nil {
			current = other
		}
		return current, nil
	}
	if got := len(list(t, api, salesforce.OauthTokenFilter{})); got != 10 {
		t.Errorf("%d rows are listed; want 10", got)
	}
	if n := len(server.Org.Requests()); n != 3 { // a query that is refused, once more, and COUNT()
		t.Errorf("the org has received %d requests; want 3", n)
	}
	for name, test := range map[string]struct {
		other    *salesforce.Session
		requests int
	}{
		"no other":        {dead, 1},
		"other dead, too": {session("dead as well"), 2},
	} {
		current, other = dead, test.other
		before := len(server.Org.Requests())
		if _, err := api.CountOauthTokens(t.Context(), salesforce.OauthTokenFilter{}); !salesforce.IsSessionRefused(err) {
			t.Errorf("%s: the error is %v", name, err)
		}
		if n := len(server.Org.Requests()) - before; n != test.requests {
			t.Errorf("%s: the org has received %d requests; want %d", name, n, test.requests)
		}
	}
}

func TestIdentify(t *testing.T) {
	t.Parallel()
	server := startOrg(t)
	client := newClient(t, 0)
	token := server.Org.IssueAccessToken()
	session, err := client.Identify(t.Context(), server.URL+"/partners", token, salesforce.DefaultAPIVersion)
	if err != nil || !salesforce.SameID(session.OrganizationID, token[:15]) || !strings.HasPrefix(session.UserID, "005") || session.AccessToken.Reveal() != token {
		t.Errorf("Identify = %+v, %v", session, err)
	}
	if _, err := client.Identify(t.Context(), server.URL, "dead", salesforce.DefaultAPIVersion); !salesforce.IsSessionRefused(err) {
		t.Errorf("Identify with a dead token: %v", err)
	}
}
