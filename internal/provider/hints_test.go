package provider_test

import (
	"fmt"
	"strings"
	"testing"

	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// A refusal has the words for the mistake that was made, and no secret.
func TestHints(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	const resource = "resource \"salesforce_token_revocation\" \"test\" {\n  token = \"x\"\n}\n"
	const uses = `ephemeral "salesforce_access_token" "test" {}`
	with := func(settings ...string) string { return providerBlock(server, settings...) + resource }
	at := func(host string) string {
		return fmt.Sprintf("provider \"salesforce\" {\n  instance_url = %q\n}\n", host) + resource
	}
	for name, test := range map[string]struct{ config, says, not string }{
		"Bearer": {revocationConfig(server, token("Bearer hunter2")), "token begins with Bearer", "newline"},
		"bearer": {revocationConfig(server, tokenWO("bearer hunter2"), onCreate), "token_wo begins with Bearer", "newline"},
		"empty":  {revocationConfig(server, token("")), "Check where the value comes from", "newline"},
		"newline": {
			revocationConfig(server, token("hunter2\n")), `trimspace(file("token.txt"))`, "Bearer",
		},
		"two tokens":      {revocationConfig(server, token("hunter2 hunter2")), "one whole token", "newline"},
		"PEM in one line": {with(`client_id = "x"`, `username = "x"`, `private_key = "-----BEGIN PRIVATE KEY-----\\nhunter2\\n"`), "where a PEM file has line breaks", "is not in PEM form"},
		"Lightning":       {at("https://example.lightning.force.com"), "https://example.my.salesforce.com", ""},
		"Setup":           {at("https://example--dev.sandbox.my.salesforce-setup.com"), "https://example--dev.sandbox.my.salesforce.com", ""},
		"Visualforce":     {at("https://example--c.visualforce.com"), "https://example.my.salesforce.com", ""},
		"login host":      {strings.Replace(signInBlock(server), server.URL, "https://test.salesforce.com", 1) + uses, "do not support the client credentials flow", "attempt"},
		"user":            {signInBlock(server) + "data \"salesforce_oauth_tokens\" \"test\" {\n  user_ids = [null]\n}\n", "Null Set Value", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output := mustFail(t, newWorkspace(t, test.config), nil, test.says, "plan")
			for _, line := range strings.Split(output, "\n") { // Terraform itself quotes the configuration.
				if quotes := strings.Contains(line, " = "); !quotes && (strings.Contains(line, "hunter2") || test.not != "" && strings.Contains(line, test.not)) {
					t.Errorf("the output says too much: %s", line)
				}
			}
		})
	}
}

// A lint job has no environment: half of a sign-in is accepted there, and two
// ways at once are not. A plan refuses both.
func TestValidateWithoutEnvironment(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	half := newWorkspace(t, providerBlock(server, fmt.Sprintf("client_id = %q", fake.DefaultClientID))+`ephemeral "salesforce_access_token" "test" {}`)
	const refusal = "Ambiguous or Incomplete Credentials"
	mustRun(t, half, nil, "validate")
	mustFail(t, half, nil, refusal, "plan")
	mustRun(t, half, []string{"SALESFORCE_CLIENT_SECRET=" + fake.DefaultClientSecret}, "plan")
	for _, settings := range [][]string{{`client_id = "x"`, `access_token = "x"`}, {`username = "x"`, `refresh_token = "x"`}} {
		workspace := newWorkspace(t, providerBlock(server, settings...)+`ephemeral "salesforce_access_token" "test" {}`)
		mustFail(t, workspace, nil, refusal, "validate")
		mustFail(t, workspace, nil, refusal, "plan")
	}
}
