package salesforcetest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A page is the answer to a query.
type page struct {
	TotalSize      int
	Done           bool
	NextRecordsURL string `json:"nextRecordsUrl"`
	Records        []struct {
		Attributes   struct{ Type, URL string }
		ID           *string `json:"Id"`
		AccessToken  string
		AppName      string
		DeleteToken  string
		LastUsedDate *string
		UseCount     int
		UserID       string `json:"UserId"`
	}
}

func queryURL(server *Server, soql string) string {
	return server.URL + DataPath + "/v64.0/query?q=" + url.QueryEscape(soql)
}

// query returns all pages of a query as one, and how many they were.
func query(t *testing.T, server *Server, session, soql string) (all page, pages int) {
	t.Helper()
	next := queryURL(server, soql)
	for {
		resp := get(t, next, session)
		if resp.status != http.StatusOK {
			t.Fatalf("%s: %d %s", soql, resp.status, resp.body)
		}
		var p page
		resp.decode(t, &p)
		pages++
		all.TotalSize, all.Done = p.TotalSize, p.Done
		all.Records = append(all.Records, p.Records...)
		if p.Done {
			return all, pages
		}
		next = server.URL + p.NextRecordsURL
	}
}

func TestOauthTokenLimits(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	server.Org.AddOauthTokens("Vendor", 5600)
	session := server.Org.IssueAccessToken()

	if p, _ := query(t, server, session, "SELECT COUNT() FROM OauthToken"); p.TotalSize != 5600 || len(p.Records) != 0 {
		t.Errorf("COUNT() is %d with %d records", p.TotalSize, len(p.Records))
	}
	seen := map[string]bool{}
	for i, want := range []struct{ rows, pages int }{{2500, 5}, {2500, 5}, {600, 2}, {0, 1}} {
		soql := fmt.Sprintf("SELECT DeleteToken FROM OauthToken LIMIT 2500 OFFSET %d", 2500*i)
		p, pages := query(t, server, session, soql)
		if p.TotalSize != want.rows || len(p.Records) != want.rows || pages != want.pages {
			t.Errorf("%s: %d of %d rows on %d pages", soql, len(p.Records), p.TotalSize, pages)
		}
		for _, record := range p.Records {
			seen[record.DeleteToken] = true
		}
	}
	if len(seen) != 5600 {
		t.Errorf("saw %d delete tokens", len(seen))
	}
	if p, _ := query(t, server, session, "SELECT AppName FROM OauthToken LIMIT 5000"); p.TotalSize != 2500 {
		t.Errorf("one query found %d rows", p.TotalSize)
	}
}

func TestOauthTokenRows(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	server := start(t, Config{Now: func() time.Time { return now }})
	org := server.Org
	session, refreshToken := org.IssueAccessToken(), org.IssueRefreshToken()
	org.AddOauthTokens(`O'Brien \ Söhne`, 4)

	p, _ := query(t, server, session,
		`SELECT Id, AccessToken, AppName, DeleteToken, LastUsedDate, UseCount, UserId FROM OauthToken WHERE AppName = 'O\'Brien \\ Söhne'`)
	if len(p.Records) != 4 {
		t.Fatalf("found %d rows", len(p.Records))
	}
	first, last := p.Records[0], p.Records[3]
	if first.ID != nil || first.LastUsedDate == nil || *first.LastUsedDate != "2030-01-02T03:04:05.000+0000" ||
		first.UserID != userID(0) || first.Attributes.Type != "OauthToken" || first.Attributes.URL == "" {
		t.Errorf("the first row is %+v", first)
	}
	if last.LastUsedDate != nil || last.UseCount != 0 {
		t.Errorf("the row that was never used is %+v", last)
	}

	// Both the AccessToken column and the delete token end a row.
	revoke(t, server, first.AccessToken)
	revoke(t, server, last.DeleteToken)
	if p, _ := query(t, server, session, `SELECT COUNT() FROM OauthToken`); p.TotalSize != 3 {
		t.Errorf("%d rows are left", p.TotalSize)
	}
	if p, _ := query(t, server, session, `SELECT AccessToken FROM OauthToken WHERE AppName = 'Simulated App'`); len(p.Records) != 1 ||
		p.Records[0].AccessToken != refreshToken {
		t.Errorf("the issued refresh token is not among %+v", p.Records)
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	own := start(t, Config{OwnRowsOnly: true})
	own.Org.AddOauthTokens("Vendor", 10)
	if p, _ := query(t, own, own.Org.IssueAccessToken(), "SELECT UserId FROM OauthToken"); len(p.Records) != 2 ||
		p.Records[0].UserID != userID(0) || p.Records[1].UserID != userID(0) {
		t.Errorf("sees %+v", p.Records)
	}

	none := start(t, Config{NoQuery: true})
	resp := get(t, queryURL(none, "SELECT UserId FROM OauthToken"), none.Org.IssueAccessToken())
	want := `[{"errorCode":"INVALID_TYPE","message":"sObject type 'OauthToken' is not supported."}]`
	if resp.status != 400 || strings.TrimSpace(resp.body) != want {
		t.Errorf("answered %d %s", resp.status, resp.body)
	}
}

// TestDataAPI asks for what @salesforce/core, jsforce and the sf CLI were seen
// to fetch around a login, and for errors.
func TestDataAPI(t *testing.T) {
	t.Parallel()
	server := start(t, Config{RefreshTokens: []string{"refresh"}})
	session, dead := server.Org.IssueAccessToken(), server.Org.IssueAccessToken()
	revoke(t, server, dead)
	query := func(soql string) string { return DataPath + "/v64.0/query?q=" + url.QueryEscape(soql) }
	for name, tc := range map[string]struct {
		path, session string
		status        int
		want          string
	}{
		"versions":           {DataPath, "", 200, `"version":"64.0"`},
		"resources":          {DataPath + "/v64.0", session, 200, `"identity":"` + server.URL + "/id/" + DefaultOrganizationID + "/" + userID(0)},
		"resources, slash":   {DataPath + "/v64.0/", session, 200, `"identity"`},
		"user":               {DataPath + "/v64.0/sobjects/User/" + userID(0), session, 200, `"Username":"admin@example.com"`},
		"another user":       {DataPath + "/v64.0/sobjects/User/" + userID(1), session, 200, `"Username":"` + userID(1) + `@example.com"`},
		"nobody":             {DataPath + "/v64.0/sobjects/User/" + userID(5), session, 404, "NOT_FOUND"},
		"organization":       {query("SELECT Name, IsSandbox FROM Organization"), session, 200, `"IsSandbox":false`},
		"scratch org info":   {query("SELECT Id FROM ScratchOrgInfo"), session, 400, "INVALID_TYPE"},
		"columns":            {query("SELECT AppName FROM OauthToken") + "&columns=true", session, 200, `"columnName":"AppName"`},
		"old version":        {strings.Replace(query("SELECT AppName FROM OauthToken"), "64", "31", 1), session, 400, "INVALID_TYPE"},
		"no version":         {DataPath + "/latest/query?q=x", session, 404, "NOT_FOUND"},
		"no session":         {query("SELECT AppName FROM OauthToken"), "", 401, `[{"errorCode":"INVALID_SESSION_ID","message":"Session expired or invalid"}]`},
		"dead session":       {query("SELECT AppName FROM OauthToken"), dead, 401, "INVALID_SESSION_ID"},
		"refresh token":      {query("SELECT AppName FROM OauthToken"), "refresh", 401, "INVALID_SESSION_ID"},
		"malformed":          {query("SELECT"), session, 400, `[{"errorCode":"MALFORMED_QUERY"`},
		"no query":           {DataPath + "/v64.0/query", session, 400, "MALFORMED_QUERY"},
		"unknown cursor":     {DataPath + "/v64.0/query/01gUNKNOWN-500", session, 400, "INVALID_QUERY_LOCATOR"},
		"too long a URI":     {query("SELECT AppName FROM OauthToken WHERE AppName = '" + strings.Repeat("x", maxURI) + "'"), session, 414, "URI Too Long"},
		"unknown resource":   {DataPath + "/v64.0/queryAll?q=x", session, 404, "NOT_FOUND"},
		"beside every route": {"/", session, 404, "<html>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := get(t, server.URL+tc.path, tc.session)
			if resp.status != tc.status || !strings.Contains(resp.body, tc.want) {
				t.Errorf("answered %d %s", resp.status, resp.body)
			}
		})
	}
}

func TestSessionScheme(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	session := server.Org.IssueAccessToken()
	for header, want := range map[string]int{
		"Bearer " + session: 200,
		"bearer " + session: 200,
		"OAuth " + session:  200,
		"Basic " + session:  401,
		session:             401,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+DataPath+"/v64.0", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", header)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != want {
			t.Errorf("%.10q was answered %d, want %d", header, resp.StatusCode, want)
		}
	}
}

func TestOldCursorsAreForgotten(t *testing.T) {
	t.Parallel()
	store := cursorStore{byID: map[string]*cursor{}}
	first := &cursor{}
	store.add(first)
	for range cursorsKept {
		store.add(&cursor{})
	}
	if store.byID[first.id] != nil || len(store.byID) != cursorsKept || len(store.order) != cursorsKept {
		t.Errorf("%d cursors are kept", len(store.byID))
	}
}
