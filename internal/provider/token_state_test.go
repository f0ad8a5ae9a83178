package provider_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/engine"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// The state never hides a valid token, and nobody is told too late.

// assertWarnings expects warnings with these summaries and no others, in the
// output of a command. "#" stands for the digits that name a token.
func assertWarnings(t *testing.T, output string, want ...string) {
	t.Helper()
	var got []string
	for _, match := range regexp.MustCompile(`(?m)^[│ ]*Warning: (.*?)\s*$`).FindAllStringSubmatch(output, -1) {
		if match[1] != "Provider development overrides are in effect" {
			got = append(got, regexp.MustCompile(`\b[0-9a-f]{8}\b`).ReplaceAllString(match[1], "#"))
		}
	}
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(got, want) { // An apply repeats what its plan says.
		t.Errorf("the warnings are %q; want %q\n%s", got, want, output)
	}
}

// assertSays expects words in an output, however its lines are broken.
func assertSays(t *testing.T, output string, words ...string) {
	t.Helper()
	for _, text := range words {
		if !strings.Contains(unwrapped(output), text) {
			t.Errorf("the output does not say %q:\n%s", text, output)
		}
	}
}

const (
	otherAddress = "Provider Points to Another Address"
	newToken     = "New Token Not Covered"
	formUnknown  = "Token of No Known Form"
)

// A wrong address that was corrected leaves the token valid, until one of the
// two remedies is followed.
func TestAddressCorrected(t *testing.T) {
	t.Parallel()
	for name, revokeOn := range map[string]string{"already invalid": `["create", "destroy"]`, "armed": `["destroy"]`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, wrong := startOrg(t, fake.Config{}), startOrg(t, fake.Config{})
			access := server.Org.IssueAccessToken()
			workspace := newWorkspace(t, fmt.Sprintf("resource \"salesforce_token_revocation\" \"test\" {\n  token = %q\n  revoke_on = %s\n}\n", access, revokeOn))
			at := func(server *fake.Server) []string { return []string{"SALESFORCE_INSTANCE_URL=" + server.URL} }
			mustRun(t, workspace, at(wrong), "apply", "-auto-approve")
			assertWarnings(t, mustRun(t, workspace, at(wrong), "plan", "-detailed-exitcode"))

			for _, args := range [][]string{{"plan", "-detailed-exitcode"}, {"plan", "-destroy"}, {"plan", "-destroy", "-refresh=false"}} {
				output := mustRun(t, workspace, at(server), args...)
				assertWarnings(t, output, otherAddress)
				assertSays(t, output, server.URL+fake.RevokePath, wrong.URL+fake.RevokePath, "terraform apply -replace=ADDRESS", "a provider alias")
			}
			// A provider without an address of its own is no correction.
			assertWarnings(t, mustRun(t, workspace, nil, "plan", "-detailed-exitcode"))

			mustRun(t, workspace, at(server), "apply", "-auto-approve", "-replace=salesforce_token_revocation.test")
			assertWarnings(t, mustRun(t, workspace, at(server), "plan", "-detailed-exitcode"))
			mustRun(t, workspace, at(server), "destroy", "-auto-approve")
			if server.Org.Alive(access) {
				t.Error("the token is valid after both runs")
			}
		})
	}
}

// Terraform merges the warnings of many resources, because they are alike.
func TestAddressCorrectedOfManyResources(t *testing.T) {
	t.Parallel()
	wrong, server := startOrg(t, fake.Config{}), startOrg(t, fake.Config{})
	const resources = "resource \"salesforce_token_revocation\" \"test\" {\n  count = 50\n  token = \"5Aep861${count.index}\"\n  revoke_on = [\"destroy\"]\n}\n"
	workspace := newWorkspace(t, providerBlock(wrong)+resources)
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	rewrite(t, workspace, "main.tf", requiredProviders+providerBlock(server)+resources)
	if output := mustRun(t, workspace, nil, "plan"); strings.Count(output, otherAddress) > 3 {
		t.Errorf("the warnings are not merged:\n%s", output)
	}
}

// Once revoked, a token has no address that matters, and the site is a part of it.
func TestAddressDrift(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{Site: "/partners"})
	access := server.Org.IssueAccessToken()
	config := func(settings, arguments string) string {
		return requiredProviders + providerBlock(server, settings) +
			fmt.Sprintf("resource \"salesforce_token_revocation\" \"test\" {\n  token = %q\n  %s\n}\n", access, arguments)
	}
	armed, revoked := emptyWorkspace(t), emptyWorkspace(t)
	rewrite(t, armed, "main.tf", config("", onDestroy))
	rewrite(t, revoked, "main.tf", config("", ""))
	for _, workspace := range []*engine.Workspace{armed, revoked} {
		mustRun(t, workspace, nil, "apply", "-auto-approve")
	}
	rewrite(t, armed, "main.tf", config(`site = "partners"`, onDestroy))
	rewrite(t, revoked, "main.tf", config(`site = "partners"`, ""))
	assertWarnings(t, mustRun(t, armed, nil, "plan", "-detailed-exitcode"), otherAddress)
	assertWarnings(t, mustRun(t, revoked, nil, "plan", "-detailed-exitcode"))
}

func TestNewTokenAtSameVersion(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	first, second, key := server.Org.IssueAccessToken(), server.Org.IssueAccessToken(), newAgeKey(t, false)
	workspace := sealedWorkspace(t, server)
	mustRun(t, workspace, worker(first, 1, sealTo(key)), "apply", "-auto-approve")
	assertWarnings(t, mustRun(t, workspace, worker(first, 1), "plan", "-detailed-exitcode"))
	assertWarnings(t, mustRun(t, workspace, leftOut(), "plan", "-detailed-exitcode"))
	assertWarnings(t, mustRun(t, workspace, worker(second, 1), "plan", "-detailed-exitcode"), newToken)
	assertWarnings(t, mustRun(t, workspace, worker(second, 2, sealTo(key)), "plan"))
}

// minted is a configuration that revokes, or keeps, a token that lives for a run.
func minted(server *fake.Server, ephemeral string, arguments ...string) string {
	return providerBlock(server, fmt.Sprintf("client_id = %q", fake.DefaultClientID), fmt.Sprintf("client_secret = %q", fake.DefaultClientSecret)) + `
ephemeral "salesforce_access_token" "run" {
  ` + ephemeral + `
}
resource "salesforce_token_revocation" "test" {
  token_wo = ephemeral.salesforce_access_token.run.access_token
  ` + strings.Join(arguments, "\n  ") + `
}
`
}

// Every run mints another token, and the ledger revokes it.
func TestNewTokenOfThisRun(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	workspace := newWorkspace(t, minted(server, "", onCreate))
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	assertWarnings(t, mustRun(t, workspace, nil, "plan", "-detailed-exitcode"))
	rewrite(t, workspace, "main.tf", requiredProviders+minted(server, "revoke_on_close = false", onCreate))
	assertWarnings(t, mustRun(t, workspace, nil, "plan", "-detailed-exitcode"), newToken)
}

// A token that is revoked when the run ends cannot be kept for a destroy.
func TestTokenOfThisRunIsNotArmed(t *testing.T) {
	t.Parallel()
	server, key := startOrg(t, fake.Config{}), newAgeKey(t, false)
	workspace := newWorkspace(t, minted(server, "", onDestroy))
	mustFail(t, workspace, []string{sealTo(key)}, "revoke_on_close = false", "plan")
	mustFail(t, workspace, []string{sealTo(key)}, "revoke_on_close = false", "apply", "-auto-approve")
	if output := mustRun(t, workspace, nil, "show"); strings.Contains(output, revocation) {
		t.Error("the token is stored")
	}
	rewrite(t, workspace, "main.tf", requiredProviders+minted(server, "revoke_on_close = false", onDestroy))
	mustRun(t, workspace, []string{sealTo(key)}, "plan")
}

// A write-only token is left out after its use, in every run that does without.
func TestTokenLeftOut(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access, key := server.Org.IssueAccessToken(), newAgeKey(t, false)
	workspace := sealedWorkspace(t, server, "timeouts = { delete = \"1m\" }")
	mustFail(t, workspace, leftOut(sealTo(key)), "One of token and token_wo is required", "plan")
	mustRun(t, workspace, worker(access, 1, sealTo(key)), "apply", "-auto-approve")

	mustRun(t, workspace, leftOut(), "plan", "-detailed-exitcode")
	mustRun(t, workspace, leftOut(), "apply", "-refresh-only", "-auto-approve")
	config := string(readFile(t, workspace.Dir, "main.tf"))
	rewrite(t, workspace, "main.tf", strings.Replace(config, `"1m"`, `"2m"`, 1))
	mustRun(t, workspace, leftOut(), "apply", "-auto-approve") // in place

	// A replacement requires one, and so does the plan that a destroy makes first.
	const version2 = "TF_VAR_token_version=2"
	assertOrg(t, server.Org, 0, map[string]bool{access: true})
	mustFail(t, workspace, leftOut(version2, sealTo(key)), "One of token and token_wo is required", "plan")
	mustFail(t, workspace, leftOut(version2, openWith(key)), "run terraform destroy -refresh=false", "destroy", "-auto-approve")
	mustFail(t, workspace, worker(access, 2, openWith(key)), "run terraform destroy -refresh=false", "destroy", "-auto-approve") // no recipient
	assertOrg(t, server.Org, 0, map[string]bool{access: true})
	mustRun(t, workspace, leftOut(version2, openWith(key)), "destroy", "-auto-approve", "-refresh=false")
	assertOrg(t, server.Org, 1, map[string]bool{access: false})
}

// What the org has called invalid never keeps a destroy from going on, and is
// sent again only if the token is at hand.
func TestInvalidTokenDoesNotBlockDestroy(t *testing.T) {
	t.Parallel()
	const revoked, alreadyInvalid = "revoked", "already invalid"
	key, otherKey := newAgeKey(t, false), newAgeKey(t, false)
	for _, test := range []struct {
		status   string
		stored   bool     // in the state, or else
		keys     []string // for a seal of an earlier version of the provider; none, if nil
		down     bool     // the org answers no more
		requests int      // of the destroy
		warning  string
	}{
		{status: revoked, stored: true, requests: 1},
		{status: revoked, stored: true, down: true, requests: 1, warning: "Token # Not Sent Again"},
		{status: revoked},
		{status: revoked, keys: []string{}},
		{status: revoked, keys: []string{openWith(otherKey)}},
		{status: revoked, keys: []string{openWith(key)}, requests: 1},
		{status: revoked, keys: []string{openWith(key)}, down: true, requests: 1, warning: "Token # Not Sent Again"},
		{status: alreadyInvalid, stored: true, requests: 1},
		{status: alreadyInvalid, stored: true, down: true, requests: 1, warning: "Token # Not Sent Again"},
		{status: alreadyInvalid, warning: "Token # Never Revoked"},
		{status: alreadyInvalid, keys: []string{}, warning: "Token # Never Revoked"},
		{status: alreadyInvalid, keys: []string{openWith(key)}, requests: 1},
	} {
		t.Run(fmt.Sprintf("%s, stored %t, keys %d %t, down %t", test.status, test.stored, len(test.keys), test.keys != nil, test.down), func(t *testing.T) {
			t.Parallel()
			server := startOrg(t, fake.Config{})
			value := server.Org.IssueAccessToken()
			if test.status == alreadyInvalid {
				value = "5Aep861Unknown"
			}
			argument := tokenWO(value)
			if test.stored {
				argument = token(value)
			}
			workspace := newWorkspace(t, providerBlock(server, "max_retries = 0")+fmt.Sprintf("resource \"salesforce_token_revocation\" \"test\" {\n  %s\n  revoke_on = [\"create\", \"destroy\"]\n}\n", argument))
			mustRun(t, workspace, nil, "apply", "-auto-approve")
			if test.keys != nil {
				sealAsBefore(t, workspace, key, value, server.URL+fake.RevokePath)
			}
			if test.down {
				server.Org.ScriptAlways(fake.RevokePath, fake.Status(503, nil, ""))
			}
			output := mustRun(t, workspace, test.keys, "destroy", "-auto-approve")
			if test.warning == "" {
				assertWarnings(t, output)
			} else {
				assertWarnings(t, output, test.warning)
			}
			assertOrg(t, server.Org, 1+test.requests, nil)
			if output := mustRun(t, workspace, nil, "state", "list"); strings.Contains(output, revocation) {
				t.Error("the resource is still in the state")
			}
		})
	}
}

// sealAsBefore gives the resource a seal as earlier versions of the provider made
// them, of tokens that they had revoked, too.
func sealAsBefore(t *testing.T, workspace *engine.Workspace, key ageKey, token, url string) {
	t.Helper()
	document := encrypt(t, key, string(encode(t, map[string]any{"version": 1, "token": token, "revocation_url": url})))
	editState(t, workspace, func(instance map[string]any) {
		instance["private"] = encode(t, map[string][]byte{"sealed_token": encode(t, map[string][]byte{"age": document, "sha256": checksum(document)})})
	})
}

// To replace a resource that waits for its destroy is to revoke the token: the
// new one does not call it active.
func TestNotActiveWhenRevokedInThisRun(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ lifecycle, warning, status string }{
		"destroy first": {"", "Token # Revoked Earlier in This Run", "revoked"},
		"create first":  {"lifecycle {\n    create_before_destroy = true\n  }", "Token # Is Used by Another Resource", "active"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startOrg(t, fake.Config{})
			access := server.Org.IssueAccessToken()
			config := revocationConfig(server, token(access), onDestroy, `triggers = { day = "1" }`, test.lifecycle)
			workspace := newWorkspace(t, config)
			assertWarnings(t, mustRun(t, workspace, nil, "apply", "-auto-approve"))
			rewrite(t, workspace, "main.tf", requiredProviders+strings.Replace(config, `"1"`, `"2"`, 1))
			assertWarnings(t, mustRun(t, workspace, nil, "apply", "-auto-approve"), test.warning)
			assertOrg(t, server.Org, 1, map[string]bool{access: false})
			assertAttribute(t, workspace, "status", test.status)
			if revokedAt := attribute(t, workspace, "revoked_at"); (revokedAt != nil) != (test.status == "revoked") {
				t.Errorf("revoked_at is %v", revokedAt)
			}
			mustRun(t, workspace, nil, "plan", "-detailed-exitcode")
		})
	}
}

// A token that another resource keeps for a destroy is revoked all the same, and
// the state of that resource is wrong then.
func TestArmedTokenRevokedByAnother(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access := server.Org.IssueAccessToken()
	const other = "salesforce_token_revocation.other"
	resource := func(name string, arguments ...string) string {
		return fmt.Sprintf("resource \"salesforce_token_revocation\" %q {\n  token = %q\n  %s\n}\n", name, access, strings.Join(arguments, "\n  "))
	}
	before := newWorkspace(t, providerBlock(server)+resource("test", onDestroy)+resource("other", onCreate, "depends_on = ["+revocation+"]"))
	assertWarnings(t, mustRun(t, before, nil, "apply", "-auto-approve"), "Token # Is Used by Another Resource")

	access = server.Org.IssueAccessToken()
	after := newWorkspace(t, providerBlock(server)+resource("test", onDestroy, "depends_on = ["+other+"]")+resource("other", onCreate))
	assertWarnings(t, mustRun(t, after, nil, "apply", "-auto-approve"), "Token # Revoked Earlier in This Run")
}

// An org that knows nothing of the token may say that it revoked it: that
// counts for its own address only.
func TestActiveAtAnotherAddress(t *testing.T) {
	t.Parallel()
	wrong, server := startOrg(t, fake.Config{}), startOrg(t, fake.Config{})
	wrong.Org.ScriptAlways(fake.RevokePath, fake.Status(200, nil, ""))
	access := server.Org.IssueAccessToken()
	config := revocationConfig(wrong, token(access), onDestroy)
	workspace := newWorkspace(t, config)
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	rewrite(t, workspace, "main.tf", requiredProviders+strings.Replace(config, wrong.URL, server.URL, 1))
	mustRun(t, workspace, nil, "apply", "-auto-approve", "-replace="+revocation)
	assertOrg(t, wrong.Org, 1, nil)
	assertAttribute(t, workspace, "status", "active")
	mustRun(t, workspace, nil, "destroy", "-auto-approve")
	assertOrg(t, server.Org, 1, map[string]bool{access: false})
}

// attribute returns an attribute of the one resource instance of the state.
func attribute(t *testing.T, workspace *engine.Workspace, name string) any {
	t.Helper()
	var value any
	editState(t, workspace, func(instance map[string]any) { value = object(t, instance["attributes"])[name] })
	return value
}

func assertAttribute(t *testing.T, workspace *engine.Workspace, name string, want any) {
	t.Helper()
	if got := attribute(t, workspace, name); got != want {
		t.Errorf("%s is %v; want %v", name, got, want)
	}
}

// What waits for a destroy is not checked by the org: its form is, in the plan.
func TestFormUnknown(t *testing.T) {
	t.Parallel()
	server, key := startOrg(t, fake.Config{}), newAgeKey(t, false)
	sfdx := "force://" + fake.DefaultClientID + "::" + server.Org.IssueRefreshToken() + "@example.my.salesforce.com"
	for _, value := range []string{"garbage", "[REDACTED]", fake.DefaultClientID, sfdx} {
		for _, argument := range []string{token(value), tokenWO(value)} {
			assertWarnings(t, mustRun(t, newWorkspace(t, revocationConfig(server, argument, onDestroy)), []string{sealTo(key)}, "plan"), formUnknown)
		}
	}
	for _, value := range []string{server.Org.IssueAccessToken(), server.Org.IssueJWTAccessToken(), server.Org.IssueRefreshToken()} {
		assertWarnings(t, mustRun(t, newWorkspace(t, revocationConfig(server, token(value), onDestroy)), nil, "plan"))
	}
	// Where something is sent now, the org says.
	assertWarnings(t, mustRun(t, newWorkspace(t, revocationConfig(server, token("garbage"))), nil, "plan"))
}

// A plan shows what it knows, and an apply that would do something else is refused.
func TestPlanOfCreation(t *testing.T) {
	t.Parallel()
	server, elsewhere := startOrg(t, fake.Config{}), startOrg(t, fake.Config{})
	access := server.Org.IssueAccessToken()
	workspace := newWorkspace(t, fmt.Sprintf("resource \"salesforce_token_revocation\" \"test\" {\n  token = %q\n}\n", access))
	at := func(server *fake.Server) []string { return []string{"SALESFORCE_INSTANCE_URL=" + server.URL} }
	output := mustRun(t, workspace, at(server), "plan", "-out=plan")
	for _, line := range []string{
		`id = "` + digest(access) + `"`,
		`token_sha256 = "` + digest(access) + `"`,
		`token_kind = "access_token"`,
		`organization_id = "` + access[:strings.Index(access, "!")] + `"`,
		`revocation_url = "` + server.URL + fake.RevokePath + `"`,
		`status = (known after apply)`,
		`revoked_at = (known after apply)`,
	} {
		assertSays(t, output, "+ "+line)
	}
	mustFail(t, workspace, at(elsewhere), "inconsistent final plan", "apply", "plan")
	if n := len(elsewhere.Org.Requests()) + revocations(server.Org); n != 0 {
		t.Errorf("%d requests were sent", n)
	}

	// Of a write-only token, which may be another one at apply, only the address is known.
	written := newWorkspace(t, fmt.Sprintf("resource \"salesforce_token_revocation\" \"test\" {\n  token_wo = %q\n}\n", access))
	output = mustRun(t, written, at(server), "plan")
	assertSays(t, output, "+ token_sha256 = (known after apply)", `+ revocation_url = "`+server.URL)
}

// The same token changes its place without being revoked.
func TestSameTokenMoves(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access, other, key := server.Org.IssueAccessToken(), server.Org.IssueAccessToken(), newAgeKey(t, false)
	config := func(arguments ...string) string {
		return requiredProviders + revocationConfig(server, append(arguments, onDestroy)...)
	}
	const version = "token_wo_version = 1"
	workspace := emptyWorkspace(t)
	rewrite(t, workspace, "main.tf", config(token(access)))
	mustRun(t, workspace, nil, "apply", "-auto-approve")

	rewrite(t, workspace, "main.tf", config(tokenWO(access), version))
	mustFail(t, workspace, nil, "Set the provider's seal_recipient", "plan")
	assertSays(t, mustRun(t, workspace, []string{sealTo(key)}, "apply", "-auto-approve"), "0 added, 1 changed, 0 destroyed")
	rewrite(t, workspace, "terraform.tfstate.backup", "") // which holds the state before
	rewrite(t, workspace, "main.tf", "")
	assertNoSecretFile(t, workspace, access)
	assertOrg(t, server.Org, 0, map[string]bool{access: true})

	// Another token is a replacement, and needs the identity for the old one.
	rewrite(t, workspace, "main.tf", config(token(other)))
	assertSays(t, mustRun(t, workspace, nil, "plan"), "1 to add, 0 to change, 1 to destroy")

	// It may move back, and is sent from the state then.
	rewrite(t, workspace, "main.tf", config(token(access)))
	assertSays(t, mustRun(t, workspace, nil, "apply", "-auto-approve"), "0 added, 1 changed, 0 destroyed")
	mustRun(t, workspace, nil, "destroy", "-auto-approve")
	assertOrg(t, server.Org, 1, map[string]bool{access: false, other: true})
}
