package provider_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/hashicorp/go-version"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	tfprovider "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	tfresource "github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/engine"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// A token that no state holds dies at a destroy all the same.

// ageKey is a pair of keys; what a worker is given of it are variables of its
// environment.
type ageKey struct{ recipient, identity string }

func newAgeKey(t *testing.T, postQuantum bool) ageKey {
	t.Helper()
	if postQuantum {
		key, err := age.GenerateHybridIdentity()
		if err != nil {
			t.Fatal(err)
		}
		return ageKey{key.Recipient().String(), key.String()}
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return ageKey{key.Recipient().String(), key.String()}
}

func sealTo(keys ...ageKey) string {
	var recipients []string
	for _, key := range keys {
		recipients = append(recipients, key.recipient)
	}
	return "SALESFORCE_SEAL_RECIPIENT=" + strings.Join(recipients, ",")
}

func openWith(keys ...ageKey) string {
	var identities []string
	for _, key := range keys {
		identities = append(identities, key.identity)
	}
	return "SALESFORCE_SEAL_IDENTITY=" + strings.Join(identities, "\n")
}

// sealedWorkspace holds a write-only token, and no key.
func sealedWorkspace(t *testing.T, server *fake.Server, arguments ...string) *engine.Workspace {
	t.Helper()
	return newWorkspace(t, `
variable "token" {
  ephemeral = true
  default   = null
}
variable "token_version" {
  default = 1
}
variable "revoke_on" {
  type    = set(string)
  default = ["destroy"]
}
`+revocationConfig(server, append(arguments, "token_wo = var.token", "token_wo_version = var.token_version", "revoke_on = var.revoke_on")...))
}

// worker is the environment of a run with a token, its version, and keys.
func worker(token string, version int, keys ...string) []string {
	return append(keys, "TF_VAR_token="+token, fmt.Sprintf("TF_VAR_token_version=%d", version))
}

// leftOut is the environment of a run that has no token.
func leftOut(variables ...string) []string { return variables }

// spent is given where a token has to be given, and none matters.
const spent = "not-the-token"

// mustFail runs a command that has to fail, and to say so in the given words.
func mustFail(t *testing.T, workspace *engine.Workspace, env []string, says string, args ...string) string {
	t.Helper()
	output, err := run(t, workspace, env, args...)
	if text := unwrapped(output); err == nil || !strings.Contains(text, says) {
		t.Errorf("%s: %v; want an error that says %q\n%s", strings.Join(args, " "), err, says, output)
	}
	return output
}

// unwrapped takes out the lines and the frame of a message.
func unwrapped(output string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
}

// assertNoSecretFile looks for secrets in all files of a workspace.
func assertNoSecretFile(t *testing.T, workspace *engine.Workspace, secrets ...string) {
	t.Helper()
	err := filepath.WalkDir(workspace.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content := readFile(t, path)
		if bytes.HasPrefix(content, []byte("PK")) {
			content = unzip(t, path)
		}
		assertAbsent(t, entry.Name(), content, secrets...)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestSealedToken(t *testing.T) {
	t.Parallel()
	for name, postQuantum := range map[string]bool{"X25519": false, "post-quantum": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startOrg(t, fake.Config{})
			first, second := server.Org.IssueAccessToken(), server.Org.IssueAccessToken()
			key, otherKey := newAgeKey(t, postQuantum), newAgeKey(t, postQuantum)
			workspace := sealedWorkspace(t, server)
			const log = "TF_LOG_PATH=trace.log"
			var output strings.Builder
			do := func(token string, version int, keys []string, args ...string) {
				t.Helper()
				output.WriteString(mustRun(t, workspace, worker(token, version, append(keys, "TF_LOG=TRACE", log)...), args...))
				assertNoSecretFile(t, workspace, first, second, key.identity, otherKey.identity)
			}
			fail := func(token string, version int, says string, keys []string, args ...string) {
				t.Helper()
				output.WriteString(mustFail(t, workspace, worker(token, version, append(keys, "TF_LOG=TRACE", log)...), says, args...))
				assertNoSecretFile(t, workspace, first, second, key.identity, otherKey.identity)
			}

			// A worker that has only the recipient creates.
			do(first, 1, []string{sealTo(key)}, "plan", "-out=plan")
			do(first, 1, []string{sealTo(key)}, "apply", "plan")
			assertOrg(t, server.Org, 0, map[string]bool{first: true})
			if !bytes.Contains(readFile(t, workspace.Dir, "terraform.tfstate"), []byte(`"private"`)) {
				t.Error("the state holds no private state")
			}

			// Neither key is needed where nothing changes; another recipient changes nothing.
			do(spent, 1, nil, "plan", "-detailed-exitcode")
			do(spent, 1, nil, "apply", "-refresh-only", "-auto-approve")
			do(spent, 1, []string{sealTo(otherKey)}, "plan", "-detailed-exitcode")

			// To replace is to destroy.
			fail(second, 2, "Set the provider's seal_identity", []string{sealTo(key)}, "apply", "-auto-approve")
			assertOrg(t, server.Org, 0, map[string]bool{first: true})
			do(second, 2, []string{sealTo(key), openWith(key)}, "plan", "-out=plan")
			do(second, 2, []string{sealTo(key), openWith(key)}, "apply", "plan")
			assertOrg(t, server.Org, 1, map[string]bool{first: false, second: true})

			fail(spent, 2, "Set the provider's seal_identity", nil, "destroy", "-auto-approve")
			fail(spent, 2, "no identity in the provider's seal_identity opens it", []string{openWith(otherKey)}, "destroy", "-auto-approve")
			assertOrg(t, server.Org, 1, map[string]bool{second: true})
			server.Org.Script(fake.RevokePath, fake.Status(404, nil, "Bad_Id"))
			fail(spent, 2, "404 Not Found", []string{openWith(key)}, "destroy", "-auto-approve")
			do(spent, 2, nil, "plan", "-detailed-exitcode") // The resource is there.
			do(spent, 2, []string{openWith(otherKey, key)}, "destroy", "-auto-approve")
			assertOrg(t, server.Org, 3, map[string]bool{second: false})
			assertAbsent(t, "the output", []byte(output.String()), first, second, key.identity, otherKey.identity)
		})
	}
}

// A token that is revoked at creation is not sealed: it needs no keys, and a
// destroy has nothing left to do.
func TestNotSealedWhenRevokedAtCreation(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access := server.Org.IssueAccessToken()
	workspace := sealedWorkspace(t, server)
	mustRun(t, workspace, worker(access, 1, `TF_VAR_revoke_on=["create", "destroy"]`), "apply", "-auto-approve")
	assertOrg(t, server.Org, 1, map[string]bool{access: false})
	if bytes.Contains(readFile(t, workspace.Dir, "terraform.tfstate"), []byte(`"private"`)) {
		t.Error("a token that was sent is sealed")
	}
	assertWarnings(t, mustRun(t, workspace, leftOut(`TF_VAR_revoke_on=["create", "destroy"]`), "destroy", "-auto-approve"))
	assertOrg(t, server.Org, 1, nil)
}

// Any one of several recipients' identities opens.
func TestSealedTokenSeveralRecipients(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access := server.Org.IssueAccessToken()
	pipeline, emergency := newAgeKey(t, true), newAgeKey(t, true)
	workspace := sealedWorkspace(t, server)
	mustRun(t, workspace, worker(access, 1, sealTo(pipeline, emergency)), "apply", "-auto-approve")
	mustRun(t, workspace, worker(spent, 1, openWith(emergency)), "destroy", "-auto-approve")
	assertOrg(t, server.Org, 1, map[string]bool{access: false})
}

func TestSealedTokenCreateBeforeDestroy(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	first, second := server.Org.IssueAccessToken(), server.Org.IssueAccessToken()
	key := newAgeKey(t, false)
	workspace := sealedWorkspace(t, server, "lifecycle {\n    create_before_destroy = true\n  }\n ")
	mustRun(t, workspace, worker(first, 1, sealTo(key)), "apply", "-auto-approve")
	mustFail(t, workspace, worker(second, 2, sealTo(key)), "Set the provider's seal_identity", "apply", "-auto-approve")
	assertOrg(t, server.Org, 0, map[string]bool{first: true, second: true}) // The first is kept beside the second.
	mustRun(t, workspace, worker(spent, 2, openWith(key)), "apply", "-auto-approve")
	assertOrg(t, server.Org, 1, map[string]bool{first: false, second: true})
	mustRun(t, workspace, worker(spent, 2, openWith(key)), "destroy", "-auto-approve")
	assertOrg(t, server.Org, 2, map[string]bool{second: false})
}

// The identity may come from an ephemeral resource, such as one that reads a
// secret store.
func TestSealedTokenIdentityFromEphemeralResource(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access, key := server.Org.IssueAccessToken(), newAgeKey(t, false)
	requireEngine(t, `ephemeral "vault_secret" "seal" {}`)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){
			"salesforce": factories["salesforce"],
			"vault":      providerserver.NewProtocol6WithError(&secretStore{secret: key.identity}),
		},
		Steps: []resource.TestStep{{
			Config: `ephemeral "vault_secret" "seal" {}
provider "salesforce" {
  instance_url   = "` + server.URL + `"
  seal_recipient = "` + key.recipient + `"
  seal_identity  = ephemeral.vault_secret.seal.value
}
resource "salesforce_token_revocation" "test" {
  token_wo  = "` + access + `"
  revoke_on = ["destroy"]
}
`,
			Check: orgSays(t, server.Org, 0, map[string]bool{access: true}),
			// OpenTofu 1.11 lists the ephemeral resource among the changes of a plan that has none.
			ExpectNonEmptyPlan: onOpenTofu && engineVersion.LessThan(version.Must(version.NewVersion("1.12.0"))),
		}},
	})
	assertOrg(t, server.Org, 1, map[string]bool{access: false})
}

// secretStore is a provider with an ephemeral resource that yields a secret.
type secretStore struct{ secret string }

func (s *secretStore) Metadata(_ context.Context, _ tfprovider.MetadataRequest, resp *tfprovider.MetadataResponse) {
	resp.TypeName = "vault"
}

func (s *secretStore) Schema(context.Context, tfprovider.SchemaRequest, *tfprovider.SchemaResponse) {}

func (s *secretStore) Configure(context.Context, tfprovider.ConfigureRequest, *tfprovider.ConfigureResponse) {
}

func (s *secretStore) Resources(context.Context) []func() tfresource.Resource { return nil }

func (s *secretStore) DataSources(context.Context) []func() datasource.DataSource { return nil }

func (s *secretStore) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{func() ephemeral.EphemeralResource { return &secretResource{s.secret} }}
}

type secretResource struct{ secret string }

func (r *secretResource) Metadata(_ context.Context, _ ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = "vault_secret"
}

func (r *secretResource) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{"value": schema.StringAttribute{Computed: true}}}
}

func (r *secretResource) Open(ctx context.Context, _ ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	resp.Diagnostics = resp.Result.SetAttribute(ctx, path.Root("value"), r.secret)
}

// A change of revoke_on seals the token or drops the seal, and sends nothing.
func TestSealedTokenLater(t *testing.T) {
	t.Parallel()
	server, elsewhere := startOrg(t, fake.Config{}), startOrg(t, fake.Config{})
	access, key := server.Org.IssueAccessToken(), newAgeKey(t, false)
	workspace := sealedWorkspace(t, server)
	const create, both = `TF_VAR_revoke_on=["create"]`, `TF_VAR_revoke_on=["create", "destroy"]`
	mustRun(t, workspace, worker(access, 1, sealTo(key)), "apply", "-auto-approve")
	mustRun(t, workspace, worker(spent, 1, create), "apply", "-auto-approve")
	if bytes.Contains(readFile(t, workspace.Dir, "terraform.tfstate"), []byte(`"private"`)) {
		t.Error("the seal outlives destroy in revoke_on")
	}

	mustFail(t, workspace, worker(access, 1, both), "Set the provider's seal_recipient", "plan")
	mustFail(t, workspace, worker(spent, 1, both, sealTo(key)), "increment token_wo_version", "plan")
	mustFail(t, workspace, leftOut(both, sealTo(key)), "token_wo is null", "plan")
	config := string(readFile(t, workspace.Dir, "main.tf"))
	rewrite(t, workspace, "main.tf", strings.ReplaceAll(config, server.URL, elsewhere.URL))
	mustFail(t, workspace, worker(access, 1, both, sealTo(key)), "the provider points to another address", "plan")
	rewrite(t, workspace, "main.tf", config)

	mustRun(t, workspace, worker(access, 1, both, sealTo(key)), "apply", "-auto-approve")
	assertNoSecretFile(t, workspace, access, key.identity)
	mustRun(t, workspace, worker(spent, 1, both), "plan", "-detailed-exitcode")
	mustFail(t, workspace, worker(spent, 1, both), "Set the provider's seal_identity", "destroy", "-auto-approve")
	assertOrg(t, server.Org, 0, map[string]bool{access: true})
	mustRun(t, workspace, worker(spent, 1, both, openWith(key)), "destroy", "-auto-approve")
	assertOrg(t, server.Org, 1, map[string]bool{access: false})
	if n := len(elsewhere.Org.Requests()); n != 0 {
		t.Errorf("the other org has received %d requests", n)
	}
}

// What cannot be sealed is not stored, even if that shows at apply only.
func TestSealedTokenNoRecipient(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access := server.Org.IssueAccessToken()
	workspace := sealedWorkspace(t, server)
	env := worker(access, 1)
	mustRun(t, workspace, env, "validate")
	mustFail(t, workspace, env, "Set the provider's seal_recipient", "plan")
	config := string(readFile(t, workspace.Dir, "main.tf"))
	rewrite(t, workspace, "main.tf", strings.Replace(config, "instance_url", "seal_recipient = terraform_data.keys.output.recipient\n  instance_url", 1)+`
resource "terraform_data" "keys" {
  input = { recipient = null }
}
`)
	mustRun(t, workspace, env, "plan")
	mustFail(t, workspace, env, "Set the provider's seal_recipient", "apply", "-auto-approve")
	assertOrg(t, server.Org, 0, map[string]bool{access: true})
}

// Malformed keys are refused when a plan is made, and not quoted.
func TestSealedTokenBadKeys(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	workspace := sealedWorkspace(t, server)
	classic, hybrid := newAgeKey(t, false), newAgeKey(t, true)
	for says, variable := range map[string]string{
		"must be age recipients":         "SALESFORCE_SEAL_RECIPIENT=" + classic.recipient + "hunter2",
		"holds an identity":              "SALESFORCE_SEAL_RECIPIENT=" + classic.identity,
		"mixes post-quantum recipients":  sealTo(hybrid, classic),
		"must be age identities":         openWith(classic) + "HUNTER2",
		"and passphrases are not suppor": "SALESFORCE_SEAL_IDENTITY=hunter2",
	} {
		output := mustFail(t, workspace, worker(spent, 1, variable), says, "plan")
		if strings.Contains(strings.ToLower(output), "hunter2") || strings.Contains(output, classic.identity) {
			t.Errorf("the output quotes a key:\n%s", output)
		}
	}
}

// A state that somebody edited sends the token nowhere, and one that is damaged
// keeps the resource.
func TestSealedTokenTampering(t *testing.T) {
	t.Parallel()
	key := newAgeKey(t, false)
	reseal := func(document string) func(*testing.T, map[string][]byte) {
		return func(t *testing.T, envelope map[string][]byte) {
			t.Helper()
			envelope["age"] = encrypt(t, key, document)
			envelope["sha256"] = checksum(envelope["age"])
		}
	}
	for name, test := range map[string]struct {
		tamper func(*testing.T, map[string][]byte)
		says   string
	}{
		"truncated":        {func(_ *testing.T, e map[string][]byte) { e["age"] = e["age"][:len(e["age"])-1] }, "is truncated or altered"},
		"altered":          {func(_ *testing.T, e map[string][]byte) { e["age"][len(e["age"])/2] ^= 1 }, "is truncated or altered"},
		"of another token": {reseal(`{"version":1,"token":"another","revocation_url":"https://evil.example/"}`), "is not the one that token_sha256 names"},
		"of a new version": {reseal(`{"version":2}`), "the sealed document has version 2"},
		"no seal":          {func(_ *testing.T, e map[string][]byte) { clear(e) }, "the state holds no sealed copy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startOrg(t, fake.Config{})
			access := server.Org.IssueAccessToken()
			workspace := sealedWorkspace(t, server)
			mustRun(t, workspace, worker(access, 1, sealTo(key)), "apply", "-auto-approve")
			intact := readFile(t, workspace.Dir, "terraform.tfstate")

			editState(t, workspace, func(instance map[string]any) { editSeal(t, instance, test.tamper) })
			mustFail(t, workspace, worker(spent, 1, openWith(key)), test.says, "destroy", "-auto-approve")
			assertOrg(t, server.Org, 0, map[string]bool{access: true})
			mustRun(t, workspace, worker(spent, 1), "plan", "-detailed-exitcode") // The resource is there.

			rewrite(t, workspace, "terraform.tfstate", string(intact))
			mustRun(t, workspace, worker(spent, 1, openWith(key)), "destroy", "-auto-approve")
			assertOrg(t, server.Org, 1, map[string]bool{access: false})
		})
	}
	t.Run("revocation_url", func(t *testing.T) {
		t.Parallel()
		server, evil := startOrg(t, fake.Config{}), startOrg(t, fake.Config{})
		access := server.Org.IssueAccessToken()
		workspace := sealedWorkspace(t, server)
		mustRun(t, workspace, worker(access, 1, sealTo(key)), "apply", "-auto-approve")
		editState(t, workspace, func(instance map[string]any) {
			object(t, instance["attributes"])["revocation_url"] = evil.URL + fake.RevokePath
		})
		mustRun(t, workspace, worker(spent, 1, openWith(key)), "destroy", "-auto-approve")
		assertOrg(t, server.Org, 1, map[string]bool{access: false})
		if n := len(evil.Org.Requests()); n != 0 {
			t.Errorf("the address in the state has received %d requests", n)
		}
	})
}

// The way out that the messages name: without its key, the resource goes once
// a destroy is not to revoke any more.
func TestSealedTokenAbandoned(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access, lost := server.Org.IssueAccessToken(), newAgeKey(t, false)
	workspace := sealedWorkspace(t, server)
	mustRun(t, workspace, worker(access, 1, sealTo(lost)), "apply", "-auto-approve")
	mustFail(t, workspace, worker(spent, 1), `remove "destroy" from revoke_on`, "destroy", "-auto-approve")
	mustRun(t, workspace, worker(spent, 1, `TF_VAR_revoke_on=["create"]`), "apply", "-auto-approve")
	mustRun(t, workspace, worker(spent, 1, `TF_VAR_revoke_on=["create"]`), "destroy", "-auto-approve")
	assertOrg(t, server.Org, 0, map[string]bool{access: true})
}

// testdata/state_before_seals.json was written by the provider before it could
// seal, by this configuration.
func TestStateBeforeSeals(t *testing.T) {
	t.Parallel()
	const stored, written = "5Aep861STORED", "5Aep861WRITTEN"
	server := startOrg(t, fake.Config{RefreshTokens: []string{stored, written}})
	registry := "registry.terraform.io"
	if onOpenTofu {
		registry = "registry.opentofu.org"
	}
	state := strings.NewReplacer("{{url}}", server.URL, "{{registry}}", registry).Replace(string(readFile(t, "testdata", "state_before_seals.json")))
	config := providerBlock(server) + `
resource "salesforce_token_revocation" "stored" {
  token     = "5Aep861STORED"
  revoke_on = ["destroy"]
}
resource "salesforce_token_revocation" "written" {
  token_wo         = "5Aep861WRITTEN"
  token_wo_version = 1
  revoke_on        = ["create"]
  timeouts         = { delete = "30s" }
}
`
	workspace := newWorkspace(t, config)
	rewrite(t, workspace, "terraform.tfstate", state)
	mustRun(t, workspace, nil, "plan", "-detailed-exitcode")
	mustRun(t, workspace, nil, "destroy", "-auto-approve")
	assertOrg(t, server.Org, 1, map[string]bool{stored: false, written: true})

	sealed := newWorkspace(t, strings.Replace(config, `["create"]`, `["destroy"]`, 1))
	rewrite(t, sealed, "terraform.tfstate", state)
	mustRun(t, sealed, nil, "apply", "-auto-approve")
	mustRun(t, sealed, nil, "destroy", "-auto-approve")
	assertOrg(t, server.Org, 2, map[string]bool{written: true}) // The state says that it was revoked.
}

func rewrite(t *testing.T, workspace *engine.Workspace, name, content string) {
	t.Helper()
	if err := workspace.Write(name, content); err != nil {
		t.Fatal(err)
	}
}

// editState edits the one resource instance of a workspace's state.
func editState(t *testing.T, workspace *engine.Workspace, edit func(instance map[string]any)) {
	t.Helper()
	var state map[string]any
	decode(t, readFile(t, workspace.Dir, "terraform.tfstate"), &state)
	edit(object(t, first(t, object(t, first(t, state["resources"]))["instances"])))
	rewrite(t, workspace, "terraform.tfstate", string(encode(t, state)))
}

// editSeal edits the seal of an instance, or takes it out if nothing is left.
func editSeal(t *testing.T, instance map[string]any, edit func(*testing.T, map[string][]byte)) {
	t.Helper()
	var wrapped struct{ Private []byte }
	decode(t, encode(t, instance), &wrapped)
	var private, envelope map[string][]byte
	decode(t, wrapped.Private, &private)
	decode(t, private["sealed_token"], &envelope)
	edit(t, envelope)
	delete(instance, "private")
	if len(envelope) > 0 {
		private["sealed_token"] = encode(t, envelope)
		instance["private"] = encode(t, private)
	}
}

// encrypt is what age makes of a text.
func encrypt(t *testing.T, key ageKey, text string) []byte {
	t.Helper()
	recipient, err := age.ParseX25519Recipient(key.recipient)
	if err != nil {
		t.Fatal(err)
	}
	var ciphertext bytes.Buffer
	writer, err := age.Encrypt(&ciphertext, recipient)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writer.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return ciphertext.Bytes()
}

func checksum(content []byte) []byte {
	sum := sha256.Sum256(content)
	return sum[:]
}

func encode(t *testing.T, value any) []byte {
	t.Helper()
	content, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func decode(t *testing.T, content []byte, value any) {
	t.Helper()
	if err := json.Unmarshal(content, value); err != nil {
		t.Fatalf("%v in %s", err, content)
	}
}

func object(t *testing.T, value any) map[string]any {
	t.Helper()
	result, ok := value.(map[string]any)
	if !ok {
		t.Fatalf("%v is no object", value)
	}
	return result
}

func first(t *testing.T, value any) any {
	t.Helper()
	list, ok := value.([]any)
	if !ok || len(list) == 0 {
		t.Fatalf("%v is no list with an element", value)
	}
	return list[0]
}
