package provider_test

import (
	"strings"
	"testing"

	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

const verify = "verify = true"

// asked returns how often the org was asked about a token.
func asked(org *fake.Org) int {
	n := 0
	for _, request := range org.Requests() {
		if request.Path == fake.UserinfoPath {
			n++
		}
	}
	return n
}

// A revocation that takes effect late is waited for.
func TestVerify(t *testing.T) {
	t.Parallel()
	for name, issue := range map[string]func(*fake.Org) string{"opaque": (*fake.Org).IssueAccessToken, "JWT": (*fake.Org).IssueJWTAccessToken} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startOrg(t, fake.Config{RevocationLag: 2, Site: "/partners"})
			access := issue(server.Org)
			config := strings.Replace(revocationConfig(server, token(access), verify), "instance_url", "site = \"partners\"\n  instance_url", 1)
			workspace := newWorkspace(t, config)
			assertWarnings(t, mustRun(t, workspace, nil, "apply", "-auto-approve"))
			if n := asked(server.Org); n != 4 {
				t.Errorf("the org was asked %d times; want once before, and until the third answer after", n)
			}
			if uri := server.Org.Requests()[0].RequestURI; uri != "/partners/services/oauth2/userinfo" {
				t.Errorf("the first request went to %s", uri)
			}
			assertAttribute(t, workspace, "status", "revoked")
			if attribute(t, workspace, "verified_at") == nil || attribute(t, workspace, "revoked_at") == nil {
				t.Error("verified_at or revoked_at is null")
			}
			mustRun(t, workspace, nil, "plan", "-detailed-exitcode")
			assertWarnings(t, mustRun(t, workspace, nil, "destroy", "-auto-approve"))
		})
	}
}

// An org that says "revoked" of a token that goes on serving is not believed.
func TestVerifyContradicts(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access := server.Org.IssueAccessToken()
	server.Org.ScriptAlways(fake.RevokePath, fake.Status(200, nil, ""))
	const timeouts = `timeouts = { create = "1s", delete = "1s" }`
	created := newWorkspace(t, revocationConfig(server, token(access), verify, timeouts))
	mustFail(t, created, nil, "the org still accepted the token", "apply", "-auto-approve")
	if output := mustRun(t, created, nil, "show"); strings.Contains(output, revocation) {
		t.Error("the resource is stored")
	}

	// At destroy, at the address of the state, wherever the provider points by now.
	elsewhere := startOrg(t, fake.Config{})
	config := revocationConfig(server, token(access), verify, timeouts, onDestroy)
	armed := newWorkspace(t, config)
	mustRun(t, armed, nil, "apply", "-auto-approve")
	rewrite(t, armed, "main.tf", requiredProviders+strings.Replace(config, server.URL, elsewhere.URL, 1))
	mustFail(t, armed, nil, "the org still accepted the token", "destroy", "-auto-approve")
	server.Org.ScriptAlways(fake.RevokePath, nil)
	mustRun(t, armed, nil, "plan", "-detailed-exitcode") // The resource is there.
	mustRun(t, armed, nil, "destroy", "-auto-approve")
	if server.Org.Alive(access) {
		t.Error("the token is valid")
	}
	if n := len(elsewhere.Org.Requests()); n != 0 {
		t.Errorf("the other org has received %d requests", n)
	}
}

// A state that calls a token revoked is not believed either, if the org accepts it.
func TestVerifyContradictsState(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access := server.Org.IssueAccessToken()
	server.Org.ScriptAlways(fake.RevokePath, fake.Status(200, nil, ""))
	config := revocationConfig(server, token(access), `timeouts = { delete = "1s" }`)
	workspace := newWorkspace(t, config)
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	rewrite(t, workspace, "main.tf", requiredProviders+strings.Replace(config, "token =", verify+"\n  token =", 1))
	assertSays(t, mustRun(t, workspace, nil, "apply", "-auto-approve"), "0 added, 1 changed, 0 destroyed")
	mustFail(t, workspace, nil, "the org still accepted the token", "destroy", "-auto-approve")
}

// Only the change from accepted to refused is a proof.
func TestVerifyProvesNothing(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	const notVerified = "Token # Not Verified"
	invalid := newWorkspace(t, revocationConfig(server, token("00D5g0000000001!invalid"), verify))
	assertWarnings(t, mustRun(t, invalid, nil, "apply", "-auto-approve"), "Token # Already Invalid", notVerified)
	assertAttribute(t, invalid, "verified_at", nil)

	server.Org.Script(fake.UserinfoPath, fake.Status(403, nil, "REQUEST_LIMIT_EXCEEDED"))
	access := server.Org.IssueAccessToken()
	limited := newWorkspace(t, revocationConfig(server, token(access), verify))
	assertWarnings(t, mustRun(t, limited, nil, "apply", "-auto-approve"), notVerified)
	assertAttribute(t, limited, "verified_at", nil)
	assertAttribute(t, limited, "status", "revoked")
	if server.Org.Alive(access) {
		t.Error("the token is valid")
	}
}

// To ask takes a part of the time only: the revocation is what matters.
func TestVerifyUnanswered(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access := server.Org.IssueAccessToken()
	server.Org.ScriptAlways(fake.UserinfoPath, fake.Hang())
	workspace := newWorkspace(t, revocationConfig(server, token(access), verify, `timeouts = { create = "8s" }`))
	assertWarnings(t, mustRun(t, workspace, nil, "apply", "-auto-approve"), "Token # Not Verified")
	assertAttribute(t, workspace, "status", "revoked")
	assertOrg(t, server.Org, 1, map[string]bool{access: false})
}

// A refresh token cannot be asked about; the plan says so, once.
func TestVerifyRefreshToken(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	refresh := server.Org.IssueRefreshToken()
	const notVerifiable = "Token Cannot Be Verified"
	workspace := newWorkspace(t, revocationConfig(server, tokenWO(refresh), onCreate))
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	rewrite(t, workspace, "main.tf", requiredProviders+revocationConfig(server, tokenWO(refresh), onCreate, verify))
	assertWarnings(t, mustRun(t, workspace, nil, "apply", "-auto-approve"), notVerifiable)
	assertWarnings(t, mustRun(t, workspace, nil, "plan", "-detailed-exitcode"))
	assertWarnings(t, mustRun(t, newWorkspace(t, revocationConfig(server, tokenWO(refresh), onCreate, verify)), nil, "plan"), notVerifiable)
	if n := asked(server.Org); n != 0 {
		t.Errorf("the org was asked %d times", n)
	}
}
