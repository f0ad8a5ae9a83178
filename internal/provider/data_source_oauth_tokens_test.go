package provider_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

func tokensDataSource(server *fake.Server, arguments ...string) string {
	return providerBlock(server, clientCredentials) + fmt.Sprintf("data \"salesforce_oauth_tokens\" \"test\" {\n  %s\n}\n", strings.Join(arguments, "\n  "))
}

// inventory is what the data source says, as the engine shows it.
type inventory struct {
	Total  int
	Tokens []struct {
		AppName           string  `json:"app_name"`
		UserID            string  `json:"user_id"`
		LastUsedDate      *string `json:"last_used_date"`
		UseCount          int     `json:"use_count"`
		DeleteTokenSHA256 string  `json:"delete_token_sha256"`
	}
}

// readInventory applies the data source and returns its result and the output.
func readInventory(t *testing.T, config string) (result inventory, output string) {
	t.Helper()
	workspace := newWorkspace(t, config+"output \"inventory\" {\n  value = data.salesforce_oauth_tokens.test\n}\n")
	output = mustRun(t, workspace, nil, "apply", "-auto-approve")
	cmd := workspace.Command(t.Context(), nil, "output", "-json", "inventory")
	encoded, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(encoded, &result); err != nil {
		t.Fatal(err)
	}
	return result, output
}

// Complete past 2,500 rows, each row as the org has it, and no session left.
func TestOauthTokensDataSource(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	server.Org.AddOauthTokens(`O'Brien \ Söhne`, 2700)
	server.Org.AddOauthTokens(otherApp, 5)
	got, output := readInventory(t, tokensDataSource(server, `app_name = "O'Brien \\ Söhne"`))
	if strings.Contains(output, "Warning: No Token") || strings.Contains(output, "Warning: Own") {
		t.Errorf("the output warns:\n%s", output)
	}
	if got.Total != 2700 || len(got.Tokens) != 2700 {
		t.Fatalf("%d tokens are listed, with a total of %d; want 2700", len(got.Tokens), got.Total)
	}
	rows := make(map[string]fake.Token)
	for _, token := range server.Org.Tokens() {
		if token.Kind == fake.RefreshToken && token.AppName != otherApp {
			sum := sha256.Sum256([]byte(token.DeleteToken))
			rows[hex.EncodeToString(sum[:])] = token
		}
	}
	for _, token := range got.Tokens {
		row, ok := rows[token.DeleteTokenSHA256]
		delete(rows, token.DeleteTokenSHA256)
		used := ""
		if token.LastUsedDate != nil {
			used = *token.LastUsedDate
		}
		want := ""
		if !row.LastUsed.IsZero() {
			want = row.LastUsed.UTC().Format(time.RFC3339)
		}
		if !ok || token.AppName != row.AppName || token.UserID != row.UserID || token.UseCount != row.UseCount || used != want {
			t.Fatalf("a token is listed as %+v; the org has %+v", token, row)
		}
	}
	assertNoSession(t, server.Org)
	assertOrg(t, server.Org, signIns(server.Org), nil) // Each session was revoked, and nothing else.
	if got := alive(server.Org, otherApp); got != 5 {
		t.Error("a reading revoked tokens")
	}
}

func TestOauthTokensDataSourceFilters(t *testing.T) {
	t.Parallel()
	server := appOrg(t, fake.Config{})
	user := server.Org.Tokens()[2].UserID
	for name, test := range map[string]struct {
		arguments []string
		want      int
		warns     bool
	}{
		"all":                  {nil, 35, false},
		"app":                  {[]string{`app_name = "data loader"`}, 30, false},
		"user":                 {[]string{fmt.Sprintf("user_ids = [%q]", user)}, 7, false},
		"never used":           {[]string{`unused_since = "2000-01-01T00:00:00+01:00"`, `app_name = "Data Loader"`}, 7, false},
		"unknown app":          {[]string{`app_name = "Dataloader"`}, 0, true},
		"injection":            {[]string{`app_name = "x' OR AppName != 'x"`}, 0, true},
		"unknown user":         {[]string{`user_ids = ["0055g0000000009AAA"]`}, 0, false},
		"unknown user, of app": {[]string{`user_ids = ["0055g0000000009AAA"]`, `app_name = "Data Loader"`}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, output := readInventory(t, tokensDataSource(server, test.arguments...))
			if got.Total != test.want || len(got.Tokens) != test.want {
				t.Errorf("%d tokens are listed, with a total of %d; want %d", len(got.Tokens), got.Total, test.want)
			}
			if strings.Contains(output, "Warning: No Token Matches") != test.warns || strings.Contains(output, "Warning: Own") {
				t.Errorf("the output is:\n%s", output)
			}
		})
	}
}

func TestOauthTokensDataSourceOfRestrictedUser(t *testing.T) {
	t.Parallel()
	server := appOrg(t, fake.Config{OwnRowsOnly: true})
	for arguments, want := range map[string]struct {
		total int
		warns string
	}{
		fmt.Sprintf("app_name = %q", app):   {6, "Warning: Own Tokens Only"},
		`app_name = "Dataloader"`:           {0, "Warning: No Token Matches"},
		`user_ids = ["0055g0000000001AAA"]`: {7, ""},
		`unused_since = "1990-01-01T00:00:00Z"
  user_ids = ["0055g0000000002AAA"]`: {0, "Warning: Own Tokens Only"},
	} {
		got, output := readInventory(t, tokensDataSource(server, arguments))
		if got.Total != want.total || !strings.Contains(output, want.warns) {
			t.Errorf("%s: %d tokens are listed:\n%s", arguments, got.Total, output)
		}
	}
}

func TestOauthTokensDataSourceErrors(t *testing.T) {
	t.Parallel()
	server, closed := startOrg(t, fake.Config{}), startOrg(t, fake.Config{NoQuery: true})
	for name, test := range map[string]struct{ config, says string }{
		"no credentials": {providerBlock(server) + "data \"salesforce_oauth_tokens\" \"test\" {}\n", `No\s+Credentials\s+to\s+Query\s+With`},
		"may not query":  {tokensDataSource(closed), `INVALID_TYPE(?s:.*)Customize\s+Application`},
		"user id":        {tokensDataSource(server, `user_ids = ["me"]`), `is\s+not\s+the\s+id\s+of\s+a\s+user`},
		"date":           {tokensDataSource(server, `unused_since = "yesterday"`), `RFC\s+3339`},
		"app":            {tokensDataSource(server, `app_name = ""`), `string\s+length`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testSteps(t, resource.TestStep{Config: test.config, ExpectError: regexp.MustCompile(test.says)})
		})
	}
}
