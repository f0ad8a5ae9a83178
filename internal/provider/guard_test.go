package provider_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// What guards every run, a destroy too: allowed_organization_ids and audit_file.

const foreignID = "00D000000000099"

func allow(ids ...string) string {
	return fmt.Sprintf("allowed_organization_ids = [%s]", `"`+strings.Join(ids, `", "`)+`"`)
}

// organizationOf returns the ID that an opaque access token begins with.
func organizationOf(token string) string { return token[:strings.Index(token, "!")] }

// A token of another organization is refused in every plan and apply that
// would send it, and one of an allowed one is not, in either form of the ID.
func TestAllowedOrganizations(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access, key := server.Org.IssueAccessToken(), newAgeKey(t, false)
	id := organizationOf(access)
	config := func(setting string, arguments ...string) string {
		return requiredProviders + providerBlock(server, setting) +
			fmt.Sprintf("resource \"salesforce_token_revocation\" \"test\" {\n  %s\n}\n", strings.Join(arguments, "\n  "))
	}
	for _, arguments := range [][]string{{token(access)}, {token(access), onDestroy}, {tokenWO(access)}, {tokenWO(access), onDestroy}} {
		workspace := emptyWorkspace(t)
		rewrite(t, workspace, "main.tf", config(allow(foreignID), arguments...))
		mustFail(t, workspace, []string{sealTo(key)}, "The token belongs to the organization "+id, "plan")
	}

	// What is known at apply only.
	late := emptyWorkspace(t)
	rewrite(t, late, "main.tf", fmt.Sprintf("resource \"terraform_data\" \"late\" {\n  input = %q\n}\n", access)+config(allow(foreignID), `token = terraform_data.late.output`, verify))
	mustRun(t, late, nil, "plan")
	mustFail(t, late, nil, "The token belongs to the organization "+id, "apply", "-auto-approve")

	// A destroy, which no precondition guards: stored, and sealed.
	for _, argument := range []string{token(access), tokenWO(access)} {
		workspace := emptyWorkspace(t)
		rewrite(t, workspace, "main.tf", config(allow(foreignID, id+"MAA"), argument, onDestroy))
		mustRun(t, workspace, []string{sealTo(key)}, "apply", "-auto-approve")
		rewrite(t, workspace, "main.tf", config(allow(foreignID), argument, onDestroy))
		mustFail(t, workspace, []string{openWith(key)}, "The token belongs to the organization "+id, "destroy", "-auto-approve")
		editState(t, workspace, func(instance map[string]any) { object(t, instance["attributes"])["organization_id"] = nil })
		mustFail(t, workspace, []string{openWith(key)}, "is not one of the provider's allowed_organization_ids", "destroy", "-auto-approve")
		mustRun(t, workspace, nil, "plan", "-detailed-exitcode") // The resource is there.
	}
	if n := len(server.Org.Requests()); n != 0 || !server.Org.Alive(access) {
		t.Errorf("%d requests were sent", n)
	}

	allowed := emptyWorkspace(t)
	rewrite(t, allowed, "main.tf", config(allow(foreignID, id), token(access), onDestroy))
	mustRun(t, allowed, nil, "apply", "-auto-approve")
	mustRun(t, allowed, nil, "destroy", "-auto-approve")
	assertOrg(t, server.Org, 1, map[string]bool{access: false})
}

// A sign-in tells which organization it is, and leaves no session if it is another.
func TestAllowedOrganizationsAtSignIn(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	id := organizationOf(server.Org.IssueAccessToken())
	const uses = `ephemeral "salesforce_access_token" "test" {}`
	mustFail(t, newWorkspace(t, signInBlock(server, allow(foreignID))+uses), nil, "the organization "+id, "plan")
	mustFail(t, newWorkspace(t, signInBlock(server, allow(foreignID))+"data \"salesforce_oauth_tokens\" \"test\" {}\n"), nil, "the organization "+id, "plan")
	if n := len(server.Org.Tokens()); n != 3 {
		t.Fatalf("the org has issued %d tokens; want one, and one for each sign-in", n)
	}
	for _, token := range server.Org.Tokens()[1:] {
		if token.Alive {
			t.Error("the session is valid after the run")
		}
	}
	for _, request := range server.Org.Requests() {
		if request.Path != fake.TokenPath && request.Path != fake.RevokePath {
			t.Errorf("%s was asked with the session", request.Path)
		}
	}
	mustRun(t, newWorkspace(t, signInBlock(server, allow(id))+uses), nil, "plan")

	ready := server.Org.IssueAccessToken()
	workspace := newWorkspace(t, providerBlock(server, fmt.Sprintf("access_token = %q", ready), allow(foreignID))+"data \"salesforce_oauth_tokens\" \"test\" {}\n")
	mustFail(t, workspace, nil, "the organization "+id, "plan")
	if !server.Org.Alive(ready) {
		t.Error("the configured session was revoked")
	}
}

func TestAllowedOrganizationsRefusals(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	for setting, says := range map[string]string{
		"allowed_organization_ids = []":      "at least 1",
		"allowed_organization_ids = [null]":  "Null",
		`allowed_organization_ids = ["00D"]`: "must be the ID of an organization",
		`audit_file = ""`:                    "audit_file is empty",
	} {
		workspace := newWorkspace(t, providerBlock(server, setting)+"resource \"salesforce_token_revocation\" \"test\" {\n  token = \"x\"\n}\n")
		mustFail(t, workspace, nil, says, "plan")
	}
}

// auditLines reads an audit file.
func auditLines(t *testing.T, path string) (lines []map[string]any) {
	t.Helper()
	for line := range strings.Lines(string(readFile(t, path))) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil || !strings.HasSuffix(line, "\n") {
			t.Errorf("%q: %v", line, err)
		}
		lines = append(lines, fields)
	}
	return lines
}

// Every token that was to be revoked has its line, whatever became of it, and
// none shows a secret.
func TestAuditFile(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access, unknown, refused := server.Org.IssueAccessToken(), "5Aep861Unknown", server.Org.IssueRefreshToken()
	workspace := newWorkspace(t, signInBlock(server)+fmt.Sprintf(`
ephemeral "salesforce_access_token" "run" {}
resource "salesforce_token_revocation" "valid" {
  token     = %q
  revoke_on = ["create"]
}
resource "salesforce_token_revocation" "unknown" {
  token      = %q
  revoke_on  = ["create"]
  depends_on = [salesforce_token_revocation.valid]
}
`, access, unknown))
	env := []string{"SALESFORCE_AUDIT_FILE=audit.jsonl", "TF_LOG=INFO", "TF_LOG_PATH=info.log"}
	mustRun(t, workspace, env, "apply", "-auto-approve")
	path := filepath.Join(workspace.Dir, "audit.jsonl")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("the file: %v, %v", info, err)
	}
	failing := newWorkspace(t, providerBlock(server, "max_retries = 0", fmt.Sprintf("audit_file = %q", path))+
		fmt.Sprintf("resource \"salesforce_token_revocation\" \"test\" {\n  token = %q\n}\n", refused))
	server.Org.Script(fake.RevokePath, fake.Status(503, nil, ""))
	mustFail(t, failing, nil, "503 Service Unavailable", "apply", "-auto-approve")

	host := strings.TrimPrefix(server.URL, "http://")
	outcomes := make(map[string]string) // by digest
	for _, line := range auditLines(t, path) {
		if line["host"] != host || line["time"] == "" || line["kind"] == "" {
			t.Errorf("the line is %v", line)
		}
		outcomes[fmt.Sprint(line["sha256"])] = fmt.Sprint(line["outcome"])
	}
	want := map[string]string{digest(access): "revoked", digest(unknown): "already_invalid", digest(refused): "failed"}
	log := string(readFile(t, workspace.Dir, "info.log"))
	for _, token := range server.Org.Tokens()[2:] { // of the sign-ins
		want[digest(token.Value)] = "revoked"
	}
	for token, outcome := range want {
		if outcomes[token] != outcome {
			t.Errorf("the outcome of %s is %q; want %s", token, outcomes[token], outcome)
		}
		// The same is in the log, but for what another workspace did.
		if logged := strings.Contains(log, token); logged != (outcome != "failed") {
			t.Errorf("the log at INFO holds %s: %t", token, logged)
		}
	}
	if len(outcomes) != len(want) {
		t.Errorf("the file has %d tokens; want %d", len(outcomes), len(want))
	}
	assertAbsent(t, "the audit file", readFile(t, path), access, unknown, refused)
	assertAbsent(t, "the log", []byte(log), access, unknown)
}

// Nothing is sent that cannot be recorded, but for what the provider has minted.
func TestAuditFileNotWritable(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access := server.Org.IssueAccessToken()
	setting := `audit_file = "no/such/folder/audit.jsonl"`
	for _, arguments := range [][]string{{token(access)}, {token(access), onDestroy}} {
		workspace := newWorkspace(t, providerBlock(server, setting)+fmt.Sprintf("resource \"salesforce_token_revocation\" \"test\" {\n  %s\n}\n", strings.Join(arguments, "\n  ")))
		mustFail(t, workspace, nil, "the audit file no/such/folder/audit.jsonl cannot be written", "apply", "-auto-approve")
	}
	mustFail(t, newWorkspace(t, signInBlock(server, setting)+`ephemeral "salesforce_access_token" "run" {}`), nil, "No token was issued", "plan")
	if n := len(server.Org.Requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}

	// A disk that is full from the first line on: the outcome is kept all the same.
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full here")
	}
	workspace := newWorkspace(t, revocationConfig(server, token(access)))
	assertWarnings(t, mustRun(t, workspace, []string{"SALESFORCE_AUDIT_FILE=/dev/full"}, "apply", "-auto-approve"), "Audit File Not Written")
	assertAttribute(t, workspace, "status", "revoked")
	assertOrg(t, server.Org, 1, map[string]bool{access: false})
}
