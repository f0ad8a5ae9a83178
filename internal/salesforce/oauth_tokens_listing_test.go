package salesforce_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// A listingCase is an org whose tokens are to be listed and revoked.
type listingCase struct {
	rules       fake.QueryRules
	rows, users int
}

// Whatever an org supports, it lists all of its tokens, and a sweep of them goes
// on to the last that can be revoked.
func TestListingIsCompleteWhateverTheOrgSupports(t *testing.T) {
	t.Parallel()
	cases := map[string]listingCase{
		"of many users":            {fake.QueryRules{}, 6000, 3000},
		"all without delete token": {fake.QueryRules{NullDeleteTokens: 1}, 300, 5},
	}
	for name, rules := range fake.Readings() {
		for _, rows := range []int{300, 3100, 12000} {
			if rows == 12000 && (strings.Contains(name, ",") || rules.OffsetFirstBatch || rules.OffsetLimited) {
				continue // They take a second each, and "all at once" has them all.
			}
			cases[fmt.Sprintf("%s/%d", name, rows)] = listingCase{rules, rows, 5}
		}
	}
	cases["all at once/of many users"] = listingCase{fake.Readings()["all at once"], 12000, 3000}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newServer(t, fake.Config{Query: test.rules, Users: test.users, MaxRequests: 1})
			server.Org.AddOauthTokens("App", test.rows)
			server.Org.AddOauthTokens("Other", 50)
			rows := appRows(server.Org)
			api := newAPI(t, server)
			filter := salesforce.OauthTokenFilter{AppName: "App"}
			listed := list(t, api, filter)
			assertAllListed(t, listed, rows)
			if n, err := api.CountOauthTokens(t.Context(), filter); n != test.rows || err != nil {
				t.Errorf("CountOauthTokens = %d, %v", n, err)
			}
			// Every third cannot be revoked at first.
			sweepAll(t, server.Org, api, filter, rows, func(nth int) bool { return nth%3 == 0 })
			sweepAll(t, server.Org, api, filter, rows, func(int) bool { return false })
		})
	}
}

// An appRow is a token of the app, as the org knows it.
type appRow struct {
	nth   int
	value string
}

// appRows are by the part of the delete token that stays the same.
func appRows(org *fake.Org) map[string]appRow {
	rows := map[string]appRow{}
	for _, token := range org.Tokens() {
		if token.AppName == "App" && token.Kind == fake.RefreshToken {
			rows[token.DeleteToken] = appRow{len(rows) + 1, token.Value}
		}
	}
	return rows
}

func find(rows map[string]appRow, deleteToken salesforce.Secret) (appRow, bool) {
	text := deleteToken.Reveal()
	row, ok := rows[text[max(0, len(text)-64):]]
	return row, ok
}

func assertAllListed(t *testing.T, listed []salesforce.OauthToken, rows map[string]appRow) {
	t.Helper()
	seen := map[int]bool{}
	without := 0
	for _, token := range listed {
		if token.DeleteToken.IsEmpty() {
			without++
			continue
		}
		row, ok := find(rows, token.DeleteToken)
		if !ok || seen[row.nth] {
			t.Fatalf("a row of %s is listed twice, or not meant", token.AppName)
		}
		seen[row.nth] = true
	}
	if len(listed) != len(rows) {
		t.Fatalf("%d of %d rows are listed, %d of them without a delete token", len(listed), len(rows), without)
	}
}

// sweepAll revokes while it lists, and lists again as long as that moves
// anything. In the end it knows of every token that is left.
func sweepAll(t *testing.T, org *fake.Org, api *salesforce.API, filter salesforce.OauthTokenFilter, rows map[string]appRow, isStuck func(nth int) bool) {
	t.Helper()
	for {
		moved, left := 0, 0
		for token, err := range api.ListOauthTokens(t.Context(), filter) {
			if err != nil {
				t.Fatal(err)
			}
			row, ok := find(rows, token.DeleteToken)
			if token.DeleteToken.IsEmpty() || ok && isStuck(row.nth) {
				left++
				continue
			}
			if !org.Revoke(token.DeleteToken.Reveal()) {
				t.Fatal("a delete token is not valid")
			}
			moved++
		}
		if moved > 0 {
			continue
		}
		alive := 0
		for _, row := range rows {
			if org.Alive(row.value) {
				alive++
			}
		}
		if alive != left {
			t.Errorf("%d tokens are alive, and %d are listed", alive, left)
		}
		return
	}
}

// More of one user than a query yields, which no org that is known has, can
// still be told apart by how often they were used.
func TestListingOfOneUser(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]fake.QueryRules{
		"as it comes": {},
		"strict":      {NoOrderBy: true, NoRanges: true, NoCount: true, FreshDeleteTokens: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newServer(t, fake.Config{Query: rules, Users: 1})
			server.Org.AddOauthTokens("App", 9000)
			use(t, server, server.Org.Tokens()[8999].Value, 11)
			assertAllListed(t, list(t, newAPI(t, server), salesforce.OauthTokenFilter{}), appRows(server.Org))
		})
	}
}

// use signs in with a refresh token, so that its row is unlike those of the first
// window, which were used 10 times at most.
func use(t *testing.T, server *fake.Server, refreshToken string, times int) {
	t.Helper()
	for range times {
		grant := salesforce.RefreshGrant{ClientID: fake.DefaultClientID, RefreshToken: salesforce.NewSecret(refreshToken)}
		if _, err := new(salesforce.Client).SignIn(t.Context(), server.URL, grant); err != nil {
			t.Fatal(err)
		}
	}
}

// A listing that cannot be complete says so, with both numbers; a sweep of it
// comes to its end all the same.
func TestListingThatIsShort(t *testing.T) {
	t.Parallel()
	// 3,000 of them were never used, and nothing else tells those apart.
	server := newServer(t, fake.Config{Users: 1, MaxRequests: 1})
	server.Org.AddOauthTokens("App", 12000)
	api := newAPI(t, server)
	tokens, err := api.OauthTokens(t.Context(), salesforce.OauthTokenFilter{})
	var incomplete *salesforce.IncompleteError
	if !errors.As(err, &incomplete) || incomplete.Listed != 11500 || incomplete.Counted != 12000 || tokens != nil {
		t.Fatalf("%d rows are listed, %v", len(tokens), err)
	}
	if want := "the org lists 11500 of the 12000 tokens that it counts"; err.Error() != want {
		t.Errorf("the error is %q", err)
	}
	for token, err := range api.ListOauthTokens(t.Context(), salesforce.OauthTokenFilter{}) {
		if err == nil {
			server.Org.Revoke(token.DeleteToken.Reveal())
		}
	}
	if left := list(t, api, salesforce.OauthTokenFilter{}); len(left) != 500 {
		t.Errorf("%d rows are left, want 500", len(left))
	}
}

// Whichever of its queries fails, a listing ends with the error, and whichever of
// its rows is the last that is wanted, it ends there and asks no more.
func TestListingThatIsCutShort(t *testing.T) {
	t.Parallel()
	strict := fake.QueryRules{NoOrderBy: true, NoRanges: true}
	for name, test := range map[string]listingCase{
		"as it comes":      {fake.QueryRules{}, 2600, 5},
		"of one user":      {fake.QueryRules{}, 2600, 1},
		"strict":           {strict, 2600, 5},
		"strict, one user": {strict, 2600, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newServer(t, fake.Config{Query: test.rules, Users: test.users})
			server.Org.AddOauthTokens("App", test.rows)
			use(t, server, server.Org.Tokens()[test.rows-1].Value, 11)
			api := newAPI(t, server)
			queries, failing := 0, 0
			server.Org.ScriptAlways(queryPath, func(next http.Handler) http.Handler {
				if queries++; queries == failing {
					return fake.APIError(403, "REQUEST_LIMIT_EXCEEDED", "")(next)
				}
				return next
			})
			list(t, api, salesforce.OauthTokenFilter{})
			all := queries
			for failing = 1; failing <= all; failing++ {
				queries = 0
				tokens, err := api.OauthTokens(t.Context(), salesforce.OauthTokenFilter{})
				if tokens != nil || !isResponse(403, "REQUEST_LIMIT_EXCEEDED", "")(err) || queries != failing {
					t.Errorf("query %d of %d failed; after %d of them, %d rows are listed, %v", failing, all, queries, len(tokens), err)
				}
			}

			failing = 0
			for _, wanted := range []int{1, test.rows / 2, test.rows - 1} {
				listed, asked := 0, 0
				for _, err := range api.ListOauthTokens(t.Context(), salesforce.OauthTokenFilter{}) {
					if err != nil {
						t.Fatal(err)
					}
					if listed++; listed == wanted {
						asked = queries
						break
					}
				}
				if listed != wanted || queries != asked {
					t.Errorf("%d rows are listed, want %d, and %d queries were sent after those", listed, wanted, queries-asked)
				}
			}
		})
	}
}

// An org that cannot exclude values yields a window of a user's rows, and the
// listing says that it is short.
func TestListingOfOneUserWithoutNotIn(t *testing.T) {
	t.Parallel()
	server := newServer(t, fake.Config{Users: 1})
	server.Org.AddOauthTokens("App", 2600)
	server.Org.ScriptAlways(queryPath, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Query().Get("q"), " NOT IN ") {
				next = fake.APIError(400, "MALFORMED_QUERY", "unexpected token: NOT")(next)
			}
			next.ServeHTTP(w, r)
		})
	})
	listed := 0
	var last error
	for _, last = range newAPI(t, server).ListOauthTokens(t.Context(), salesforce.OauthTokenFilter{}) {
		if last == nil {
			listed++
		}
	}
	var incomplete *salesforce.IncompleteError
	if !errors.As(last, &incomplete) || listed != 2500 || incomplete.Listed != listed || incomplete.Counted != 2600 {
		t.Errorf("%d rows are listed, and then %v", listed, last)
	}
}

// A delete token is a secret, and no query may hold one.
func TestListingAsksForNoSecret(t *testing.T) {
	t.Parallel()
	server := newServer(t, fake.Config{Users: 1, Query: fake.QueryRules{NoRanges: true}})
	server.Org.AddOauthTokens("App", 3000)
	list(t, newAPI(t, server), salesforce.OauthTokenFilter{})
	for _, request := range server.Org.Requests() {
		query, err := url.QueryUnescape(request.RequestURI)
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range server.Org.Tokens() {
			if token.DeleteToken != "" && strings.Contains(query, token.DeleteToken) || strings.Contains(query, "AccessToken") || strings.Contains(query, "OFFSET") {
				t.Fatalf("the org is asked %s", query)
			}
		}
	}
}

// The zero time is a date like any other: before it, only those were last used
// that never were.
func TestUnusedSinceTheYearOne(t *testing.T) {
	t.Parallel()
	for _, rules := range []fake.QueryRules{{}, {NoRanges: true, NoOrderBy: true, NoCount: true}} {
		server := newServer(t, fake.Config{Query: rules})
		server.Org.AddOauthTokens("App", 40)
		api := newAPI(t, server)
		for date, want := range map[time.Time]int{{}: 10, time.Now().Add(time.Hour): 40, time.Now().AddDate(0, 0, -20): 10 + 15} {
			filter := salesforce.OauthTokenFilter{UnusedSince: &date}
			if got := len(list(t, api, filter)); got != want {
				t.Errorf("unused since %s: %d rows, want %d", date, got, want)
			}
			if got, err := api.CountOauthTokens(t.Context(), filter); got != want || err != nil {
				t.Errorf("unused since %s: CountOauthTokens = %d, %v; want %d", date, got, err, want)
			}
		}
	}
}

// An id counts once, in whichever form and however often it is given.
func TestListingOfUsers(t *testing.T) {
	t.Parallel()
	server := newServer(t, fake.Config{Users: 900})
	server.Org.AddOauthTokens("App", 1800)
	var ids []string
	for _, token := range server.Org.Tokens()[:700] {
		ids = append(ids, token.UserID, token.UserID[:15])
	}
	api := newAPI(t, server)
	filter := salesforce.OauthTokenFilter{UserIDs: ids}
	if got := len(list(t, api, filter)); got != 1400 {
		t.Errorf("%d rows are listed, want 1400", got)
	}
	if got, err := api.CountOauthTokens(t.Context(), filter); got != 1400 || err != nil {
		t.Errorf("CountOauthTokens = %d, %v; want 1400", got, err)
	}
	none := salesforce.OauthTokenFilter{UserIDs: []string{}}
	if got := len(list(t, api, none)); got != 0 {
		t.Errorf("%d rows are listed of no user", got)
	}
	var unknown []string // too many for one query
	for i := range 400 {
		unknown = append(unknown, fmt.Sprintf("0055g0000%06d", 900000+i))
	}
	for name, test := range map[string]struct {
		ids  []string
		want bool
	}{
		"one user":                  {ids[:1], true},
		"unknown users":             {unknown, false},
		"a user in the first query": {append(ids[:1:1], unknown...), true},
		"a user in the last query":  {append(unknown[:400:400], ids[0]), true},
	} {
		if has, err := api.HasOauthTokens(t.Context(), salesforce.OauthTokenFilter{UserIDs: test.ids}); has != test.want || err != nil {
			t.Errorf("HasOauthTokens of %s = %t, %v", name, has, err)
		}
	}
}

// Users whom the org does not show have tokens all the same.
func TestListingOfHiddenUsers(t *testing.T) {
	t.Parallel()
	server := newServer(t, fake.Config{Query: fake.QueryRules{NoOrderBy: true}, Users: 50})
	server.Org.AddOauthTokens("App", 2600)
	server.Org.ScriptAlways(queryPath, hide("SELECT Id FROM User", `{"totalSize":0,"done":true,"records":[]}`))
	assertAllListed(t, list(t, newAPI(t, server), salesforce.OauthTokenFilter{}), appRows(server.Org))
}

// hide answers a query that starts so with a body of its own.
func hide(start, body string) fake.Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Query().Get("q"), start) {
				_, _ = w.Write([]byte(body))
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
