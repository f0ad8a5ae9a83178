package salesforcetest

import (
	"strings"
	"testing"
)

// TestRefusedQueries asks one org for everything that a rule may refuse, and
// another org, with the rule, for the same.
func TestRefusedQueries(t *testing.T) {
	t.Parallel()
	for soql, rule := range map[string]struct {
		rules QueryRules
		want  string // errorCode; empty: allowed
	}{
		"SELECT UserId FROM OauthToken OFFSET 2001":                                     {QueryRules{OffsetLimited: true}, "NUMBER_OUTSIDE_VALID_RANGE"},
		"SELECT UserId FROM OauthToken OFFSET 2000":                                     {QueryRules{OffsetLimited: true}, ""},
		"SELECT Id FROM AuthSession OFFSET 2001":                                        {QueryRules{OffsetLimited: true}, "NUMBER_OUTSIDE_VALID_RANGE"},
		"SELECT UserId FROM OauthToken ORDER BY UserId":                                 {QueryRules{NoOrderBy: true}, "MALFORMED_QUERY"},
		"SELECT Id FROM AuthSession ORDER BY Id":                                        {QueryRules{NoOrderBy: true}, ""},
		"SELECT UserId FROM OauthToken WHERE UserId > '005000000000000'":                {QueryRules{NoRanges: true}, "INVALID_FIELD"},
		"SELECT UserId FROM OauthToken WHERE NOT (UseCount = 1 OR DeleteToken <= 'x')":  {QueryRules{NoRanges: true}, "INVALID_FIELD"},
		"SELECT UserId FROM OauthToken WHERE LastUsedDate < 2030-01-01T00:00:00Z":       {QueryRules{NoRanges: true}, "INVALID_FIELD"},
		"SELECT UserId FROM OauthToken WHERE LastUsedDate = null":                       {QueryRules{NoRanges: true}, ""},
		"SELECT COUNT() FROM OauthToken":                                                {QueryRules{NoCount: true}, "MALFORMED_QUERY"},
		"SELECT COUNT() FROM AuthSession WHERE CreatedDate > 2001-01-01T00:00:00Z":      {QueryRules{NoCount: true, NoRanges: true}, ""},
		"SELECT UserId FROM OauthToken WHERE UserId IN ('005000000000000') LIMIT 1":     {QueryRules{NoCount: true, NoRanges: true, NoOrderBy: true}, ""},
		"SELECT UserId FROM OauthToken WHERE UserId NOT IN ('005000000000000') LIMIT 9": {QueryRules{NoCount: true, NoRanges: true, NoOrderBy: true}, ""},
	} {
		t.Run(soql, func(t *testing.T) {
			t.Parallel()
			lenient, strict := start(t, Config{}), start(t, Config{Query: rule.rules})
			if resp := get(t, queryURL(lenient, soql), lenient.Org.IssueAccessToken()); resp.status != 200 {
				t.Errorf("without the rule: %d %s", resp.status, resp.body)
			}
			resp := get(t, queryURL(strict, soql), strict.Org.IssueAccessToken())
			if rule.want == "" && resp.status != 200 ||
				rule.want != "" && (resp.status != 400 || !strings.Contains(resp.body, `"errorCode":"`+rule.want+`"`)) {
				t.Errorf("answered %d %s", resp.status, resp.body)
			}
		})
	}
}

func TestOffsetFirstBatch(t *testing.T) {
	t.Parallel()
	server := start(t, Config{Query: QueryRules{OffsetFirstBatch: true}})
	server.Org.AddOauthTokens("Vendor", 3000)
	session := server.Org.IssueAccessToken()
	for soql, want := range map[string]int{
		"SELECT UserId FROM OauthToken":                              2500,
		"SELECT UserId FROM OauthToken OFFSET 0":                     500,
		"SELECT UserId FROM OauthToken LIMIT 2500 OFFSET 2500":       500,
		"SELECT UserId FROM OauthToken OFFSET 2900":                  100,
		"SELECT COUNT() FROM OauthToken WHERE AppName = 'vendor'":    3000,
		"SELECT UserId FROM OauthToken WHERE AppName = 'x' OFFSET 1": 0,
	} {
		if p, _ := query(t, server, session, soql); p.TotalSize != want || !p.Done {
			t.Errorf("%s: %d rows, want %d", soql, p.TotalSize, want)
		}
	}
}

// Each delete token of a row revokes it, and no two queries show the same.
func TestFreshDeleteTokens(t *testing.T) {
	t.Parallel()
	server := start(t, Config{Query: QueryRules{FreshDeleteTokens: true}})
	server.Org.AddOauthTokens("Vendor", 2)
	session := server.Org.IssueAccessToken()
	const soql = "SELECT DeleteToken FROM OauthToken ORDER BY UserId"
	first, _ := query(t, server, session, soql)
	second, _ := query(t, server, session, soql)
	for i := range first.Records {
		if first.Records[i].DeleteToken == second.Records[i].DeleteToken {
			t.Error("two queries show the same delete token")
		}
	}
	if !server.Org.Alive(first.Records[0].DeleteToken) {
		t.Error("an earlier delete token is not valid any more")
	}
	for i, token := range []string{first.Records[0].DeleteToken, second.Records[1].DeleteToken} {
		if resp := revoke(t, server, token); resp.status != 200 {
			t.Errorf("row %d: %d %s", i, resp.status, resp.body)
		}
	}
	if resp := revoke(t, server, second.Records[0].DeleteToken); resp.status != 400 {
		t.Errorf("the other delete token of a dead row is answered %d", resp.status)
	}
	for _, token := range server.Org.Tokens() {
		if token.Kind == RefreshToken && token.Alive {
			t.Error("a row is left")
		}
	}
}

func TestNullDeleteTokens(t *testing.T) {
	t.Parallel()
	for every, want := range map[int]int{0: 0, 1: 7, 3: 2, 100: 0} {
		server := start(t, Config{Query: QueryRules{NullDeleteTokens: every}})
		server.Org.AddOauthTokens("Vendor", 7)
		session := server.Org.IssueAccessToken()
		withDeleteToken, _ := query(t, server, session, "SELECT DeleteToken FROM OauthToken WHERE DeleteToken != null")
		for _, record := range withDeleteToken.Records {
			revoke(t, server, record.DeleteToken)
		}
		// The same rows have none after others are gone.
		if p, _ := query(t, server, session, "SELECT COUNT() FROM OauthToken WHERE DeleteToken = null"); p.TotalSize != want {
			t.Errorf("every %d: %d rows are without a delete token, want %d", every, p.TotalSize, want)
		}
		if p, _ := query(t, server, session, "SELECT COUNT() FROM OauthToken"); p.TotalSize != want {
			t.Errorf("every %d: %d rows are left, want %d", every, p.TotalSize, want)
		}
	}
}
