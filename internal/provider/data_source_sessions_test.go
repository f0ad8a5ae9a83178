package provider_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

func sessionsDataSource(server *fake.Server, arguments ...string) string {
	return providerBlock(server, clientCredentials) + fmt.Sprintf("data \"salesforce_sessions\" \"test\" {\n  %s\n}\n", strings.Join(arguments, "\n  "))
}

// sessionInventory is what the data source says, as the engine shows it.
type sessionInventory struct {
	Total    int
	Sessions []struct {
		ID               string
		UserID           string `json:"user_id"`
		SessionType      string `json:"session_type"`
		LoginType        string `json:"login_type"`
		SourceIP         string `json:"source_ip"`
		CreatedDate      string `json:"created_date"`
		LastModifiedDate string `json:"last_modified_date"`
		ExpiresAt        string `json:"expires_at"`
	}
}

// readSessions applies the data source and returns its result and the output.
func readSessions(t *testing.T, config string) (result sessionInventory, output string) {
	t.Helper()
	workspace := newWorkspace(t, config+"output \"sessions\" {\n  value = data.salesforce_sessions.test\n}\n")
	output = mustRun(t, workspace, nil, "apply", "-auto-approve")
	encoded, err := workspace.Command(t.Context(), nil, "output", "-json", "sessions").Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(encoded, &result); err != nil {
		t.Fatal(err)
	}
	return result, output
}

// Complete past 2,000 rows, each row as the org has it, and nothing is ended.
func TestSessionsDataSource(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	server.Org.AddSessions(2700)
	got, output := readSessions(t, sessionsDataSource(server))
	if strings.Contains(output, "Warning: Own") || strings.Contains(output, "Warning: No Session") {
		t.Errorf("the output warns:\n%s", output)
	}
	if got.Total != 2701 || len(got.Sessions) != 2701 { // with the provider's own
		t.Fatalf("%d sessions are listed, with a total of %d; want 2701", len(got.Sessions), got.Total)
	}
	rows := make(map[string]fake.Token)
	for _, token := range server.Org.Tokens() {
		rows[token.Session.ID] = token
	}
	for _, session := range got.Sessions {
		row, ok := rows[session.ID]
		delete(rows, session.ID)
		created, expires := row.IssuedAt.UTC().Format(time.RFC3339), row.IssuedAt.Add(2*time.Hour).UTC().Format(time.RFC3339)
		if !ok || session.UserID != row.UserID || session.SessionType != row.Session.Type || session.LoginType != row.Session.Login ||
			session.SourceIP != row.Session.SourceIP || session.CreatedDate != created ||
			row.LastUsed.IsZero() && (session.LastModifiedDate != created || session.ExpiresAt != expires) {
			t.Fatalf("a session is listed as %+v; the org has %+v", session, row)
		}
	}
	assertValid(t, server.Org, 2700)
	assertNoSession(t, server.Org)
}

func TestSessionsDataSourceFilters(t *testing.T) {
	t.Parallel()
	server := sessionOrg(t, fake.Config{})
	for name, test := range map[string]struct {
		arguments []string
		want      int
	}{
		"user":         {[]string{fmt.Sprintf("user_ids = [%q]", secondUser[:15])}, 6},
		"types":        {[]string{`session_types = ["API", "Aura"]`}, 20},
		"logins":       {[]string{`login_types = ["Application"]`, fmt.Sprintf("user_ids = [%q, %q]", secondUser, thirdUser)}, 8},
		"injection":    {[]string{`session_types = ["x') OR (SessionType != 'x"]`}, 0},
		"unknown user": {[]string{`user_ids = ["0055g0000000009AAA"]`}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, output := readSessions(t, sessionsDataSource(server, test.arguments...))
			if got.Total != test.want || len(got.Sessions) != test.want || strings.Contains(output, "Warning: Own") {
				t.Errorf("%d sessions are listed, with a total of %d; want %d\n%s", len(got.Sessions), got.Total, test.want, output)
			}
		})
	}
}

func TestSessionsDataSourceOfRestrictedUser(t *testing.T) {
	t.Parallel()
	server := sessionOrg(t, fake.Config{OwnSessionsOnly: true})
	for arguments, want := range map[string]struct {
		total int
		warns bool
	}{
		notOfAnApp: {6, true},
		fmt.Sprintf("user_ids = [%q]", secondUser):                           {0, true},
		notOfAnApp + fmt.Sprintf("\n  user_ids = [%q]", signedInUser):        {6, false},
		`session_types = ["x"]` + fmt.Sprintf("\nuser_ids=[%q]", secondUser): {0, true},
	} {
		got, output := readSessions(t, sessionsDataSource(server, arguments))
		if got.Total != want.total || strings.Contains(output, "Warning: Own Sessions Only") != want.warns {
			t.Errorf("%s: %d sessions are listed:\n%s", arguments, got.Total, output)
		}
	}
}

func TestSessionsDataSourceErrors(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	closed := startOrg(t, fake.Config{})
	closed.Org.ScriptAlways(queryPath, fake.APIError(400, "INVALID_TYPE", "sObject type 'AuthSession' is not supported."))
	for name, test := range map[string]struct{ config, says string }{
		"no credentials": {providerBlock(server) + "data \"salesforce_sessions\" \"test\" {}\n", `No\s+Credentials\s+to\s+Query\s+With`},
		"may not query":  {sessionsDataSource(closed), `Sessions\s+Not\s+Listed(?s:.*)INVALID_TYPE(?s:.*)Manage\s+Users`},
		"user id":        {sessionsDataSource(server, `user_ids = ["me"]`), `is\s+not\s+the\s+id\s+of\s+a\s+user`},
		"no user":        {sessionsDataSource(server, `user_ids = []`), `at\s+least\s+1`},
		"null type":      {sessionsDataSource(server, `session_types = [null]`), `(?i)null`},
		"empty login":    {sessionsDataSource(server, `login_types = [""]`), `string\s+length`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testSteps(t, resource.TestStep{Config: test.config, ExpectError: regexp.MustCompile(test.says)})
		})
	}
}

func TestIdentityDataSource(t *testing.T) {
	t.Parallel()
	for name, sandbox := range map[string]bool{"production": false, "sandbox": true} {
		server := startOrg(t, fake.Config{Sandbox: sandbox, OrganizationID: "00D5g0000000002EAA", OwnSessionsOnly: true, NoQuery: true})
		for _, credentials := range []string{clientCredentials, fmt.Sprintf("access_token = %q", server.Org.IssueAccessToken())} {
			const identity = "data.salesforce_identity.test"
			expectIdentity := func(attribute string, check knownvalue.Check) statecheck.StateCheck {
				return statecheck.ExpectKnownValue(identity, tfjsonpath.New(attribute), check)
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				testSteps(t, resource.TestStep{
					Config: providerBlock(server, credentials) + "data \"salesforce_identity\" \"test\" {}\n",
					ConfigStateChecks: []statecheck.StateCheck{
						expectIdentity("user_id", knownvalue.StringExact(signedInUser)),
						expectIdentity("username", knownvalue.StringExact(fake.DefaultUsername)),
						expectIdentity("organization_id", knownvalue.StringExact("00D5g0000000002EAA")),
						expectIdentity("organization_name", knownvalue.StringExact("Simulated Org")),
						expectIdentity("is_sandbox", knownvalue.Bool(sandbox)),
						expectIdentity("instance_url", knownvalue.StringExact(server.URL)),
					},
				})
			})
		}
	}
}

func TestIdentityDataSourceErrors(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	closed := startOrg(t, fake.Config{})
	closed.Org.ScriptAlways(queryPath, fake.APIError(403, "API_DISABLED_FOR_ORG", "API is not enabled"))
	const identity = "data \"salesforce_identity\" \"test\" {}\n"
	for name, test := range map[string]struct{ config, says string }{
		"no credentials":  {providerBlock(server) + identity, `No\s+Credentials\s+to\s+Query\s+With`},
		"bad credentials": {providerBlock(server, `client_id = "x"`, `client_secret = "y"`) + identity, `Not\s+Signed\s+In`},
		"dead session":    {providerBlock(server, `access_token = "x"`) + identity, `Identity\s+Not\s+Read(?s:.*)INVALID_SESSION_ID`},
		"no API":          {providerBlock(closed, clientCredentials) + identity, `Identity\s+Not\s+Read(?s:.*)API_DISABLED(?s:.*)API\s+Enabled`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testSteps(t, resource.TestStep{Config: test.config, ExpectError: regexp.MustCompile(test.says)})
		})
	}
}
