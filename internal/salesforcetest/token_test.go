package salesforcetest

import (
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestTokenShapes(t *testing.T) {
	t.Parallel()
	org := NewOrg(Config{})
	if token := org.IssueAccessToken(); !regexp.MustCompile(`^00D\w{12}![.\w]{96}$`).MatchString(token) {
		t.Errorf("access token %q", token)
	}
	if token := org.IssueRefreshToken(); !regexp.MustCompile(`^5Aep861[.\w]{80}$`).MatchString(token) {
		t.Errorf("refresh token %q", token)
	}
	token := org.IssueJWTAccessToken()
	header, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	if err != nil || strings.Count(token, ".") != 2 || !strings.Contains(string(header), `"tty":"sfdc-core-token"`) {
		t.Errorf("JWT access token %q with header %s: %v", token, header, err)
	}
}

func TestRecordID(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		prefix string
		n      int
		want   string
	}{
		{"00D", 62, "00D000000000062EAA"}, // the sample in Salesforce's documents
		{"005", 1, "005000000000001AAA"},
		{"0050M", 7, "0050M0000000007QAA"},
	} {
		if got := recordID(tc.prefix, tc.n); got != tc.want {
			t.Errorf("recordID(%q, %d) = %q, want %q", tc.prefix, tc.n, got, tc.want)
		}
	}
}

func TestAddOauthTokens(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC)
	org := NewOrg(Config{Now: func() time.Time { return now }})
	org.AddOauthTokens("Vendor", 8)

	tokens := org.Tokens()
	users, never := map[string]int{}, 0
	for _, token := range tokens {
		if token.Kind != RefreshToken || !token.Alive || token.AppName != "Vendor" || token.DeleteToken == "" {
			t.Errorf("unexpected token %+v", token)
		}
		users[token.UserID]++
		if token.LastUsed.IsZero() {
			never++
		}
	}
	if len(tokens) != 8 || len(users) != 5 || users[userID(0)] != 2 || never != 2 {
		t.Errorf("%d tokens of %v, %d never used", len(tokens), users, never)
	}
	if want := now.AddDate(0, 0, -6); !tokens[6].LastUsed.Equal(want) || tokens[6].UseCount == 0 {
		t.Errorf("the seventh was last used %v, want %v", tokens[6].LastUsed, want)
	}
}

func TestIssueAccessTokenFromTheDead(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("did not panic")
		}
	}()
	NewOrg(Config{}).IssueAccessTokenFrom("unknown")
}
