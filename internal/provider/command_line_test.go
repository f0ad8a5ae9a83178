package provider_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// What the command line shows and writes, which terraform-plugin-testing hides.

func TestAlreadyInvalidWarnings(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	const warning = " Already Invalid\n"

	created := newWorkspace(t, revocationConfig(server, token("unknown-to-the-org")))
	output := mustRun(t, created, nil, "apply", "-auto-approve")
	if !strings.Contains(output, warning) || !strings.Contains(unwrapped(output), "may still be valid there") {
		t.Errorf("creation with a dead token does not warn:\n%s", output)
	}
	if output := mustRun(t, created, nil, "destroy", "-auto-approve"); strings.Contains(output, warning) {
		t.Errorf("a destroy warns of a token that the state says is invalid:\n%s", output)
	}

	revoked := newWorkspace(t, revocationConfig(server, token(server.Org.IssueAccessToken())))
	for _, command := range []string{"apply", "destroy"} {
		if output := mustRun(t, revoked, nil, command, "-auto-approve"); strings.Contains(output, warning) {
			t.Errorf("%s warns of a token that this resource revoked:\n%s", command, output)
		}
	}

	armed := newWorkspace(t, revocationConfig(server, token("unknown-to-the-org"), onDestroy))
	mustRun(t, armed, nil, "apply", "-auto-approve")
	if output := mustRun(t, armed, nil, "destroy", "-auto-approve"); !strings.Contains(output, warning) {
		t.Errorf("a destroy does not warn of a dead token that the state says is active:\n%s", output)
	}
}

// A provider whose settings come from another resource plans, and works at apply.
func TestProviderSettingsKnownAtApply(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access := server.Org.IssueAccessToken()
	workspace := newWorkspace(t, fmt.Sprintf(`
resource "terraform_data" "org" {
  input = { url = %q, timeout = "20s" }
}
provider "salesforce" {
  instance_url    = terraform_data.org.output.url
  request_timeout = terraform_data.org.output.timeout
}
resource "salesforce_token_revocation" "test" {
  token = %q
}
`, server.URL, access))
	mustRun(t, workspace, nil, "plan")
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	assertOrg(t, server.Org, 1, map[string]bool{access: false})
	mustRun(t, workspace, nil, "destroy", "-auto-approve")
}

func TestProviderSettingsFromEnvironment(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{Site: "/partners"})
	access := server.Org.IssueAccessToken()
	workspace := newWorkspace(t, fmt.Sprintf("resource \"salesforce_token_revocation\" \"test\" {\n  token = %q\n}\n", access))
	output, err := run(t, workspace, []string{"SALESFORCE_INSTANCE_URL=https://user:hunter2@a.example"}, "plan")
	if err == nil || !strings.Contains(output, "SALESFORCE_INSTANCE_URL") || strings.Contains(output, "hunter2") {
		t.Errorf("a bad variable is not refused well:\n%s", output)
	}
	mustRun(t, workspace, []string{"SALESFORCE_INSTANCE_URL=" + server.URL, "SALESFORCE_SITE=partners/"}, "apply", "-auto-approve")
	assertOrg(t, server.Org, 1, map[string]bool{access: false})
	request := server.Org.Requests()[0]
	if want := "/partners/services/oauth2/revoke"; request.RequestURI != want {
		t.Errorf("the request went to %s; want %s", request.RequestURI, want)
	}
	if agent := request.Header.Get("User-Agent"); !strings.HasPrefix(agent, "Terraform/1.") || !strings.Contains(agent, " terraform-provider-salesforce/dev") {
		t.Errorf("the user agent is %q", agent)
	}
}

// Terraform works on ten resources at a time: their connections are kept.
func TestConnectionsOfAnApply(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	var tokens []string
	for range 120 {
		tokens = append(tokens, fmt.Sprintf("%q", server.Org.IssueAccessToken()))
	}
	workspace := newWorkspace(t, providerBlock(server)+fmt.Sprintf(`
resource "salesforce_token_revocation" "test" {
  count = 120
  token = [%s][count.index]
}
`, strings.Join(tokens, ",")))
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	if got := revocations(server.Org); got != 120 {
		t.Errorf("the org has received %d revoke requests; want 120", got)
	}
	if got := server.Connections(); got > 10 {
		t.Errorf("an apply took %d connections; want 10 at most", got)
	}
}

func TestInterrupt(t *testing.T) {
	requireUnix(t, noInterrupts)
	t.Parallel()
	for name, fault := range map[string]fake.Fault{
		"while a request hangs": fake.Hang(),
		"while backing off":     fake.Status(503, http.Header{"Retry-After": {"100"}}, ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startOrg(t, fake.Config{})
			asked := make(chan struct{})
			server.Org.Script(fake.RevokePath, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					close(asked)
					fault(next).ServeHTTP(w, r)
				})
			})
			workspace := newWorkspace(t, revocationConfig(server, token("a-token")))
			cmd := workspace.Command(t.Context(), nil, "apply", "-auto-approve", "-no-color")
			var output bytes.Buffer
			cmd.Stdout, cmd.Stderr = &output, &output
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			<-asked
			start := time.Now()
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err == nil {
				t.Error("an interrupted apply succeeded")
			}
			if elapsed := time.Since(start); elapsed > 20*time.Second {
				t.Errorf("the apply ended %s after the interrupt", elapsed)
			}
			if !strings.Contains(output.String(), "the run was interrupted") {
				t.Errorf("the output does not tell of the interrupt:\n%s", &output)
			}
		})
	}
}

// No token reaches the output, a log at any level, or, unless it was given as
// token, the state or a plan: on success and on every kind of failure, with an
// org that repeats it.
func TestNoSecretLeaks(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]fake.Fault{
		"success":         fake.Pass(),
		"echo":            fake.Echo(403),
		"echo, retried":   fake.Echo(503),
		"already invalid": fake.OAuthError(400, "invalid_token", "invalid token"),
		"redirect":        fake.Redirect(302, "https://evil.example/"),
		"page":            fake.HTML(),
		"flood":           fake.Flood(1 << 20),
		"dropped":         fake.DropBefore(),
		"hang":            fake.Hang(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startOrg(t, fake.Config{})
			stored, written, sealed := server.Org.IssueAccessToken(), server.Org.IssueRefreshToken()+"!==", server.Org.IssueAccessToken()
			key := newAgeKey(t, false)
			server.Org.ScriptAlways(fake.RevokePath, fault)
			server.Org.ScriptAlways(fake.UserinfoPath, fake.Echo(403))
			workspace := newWorkspace(t, providerBlock(server, "max_retries = 1", `request_timeout = "1s"`)+`
variable "stored" {
  sensitive = true
}
variable "written" {
  ephemeral = true
}
variable "sealed" {
  ephemeral = true
}
resource "salesforce_token_revocation" "stored" {
  token  = var.stored
  verify = true
}
resource "salesforce_token_revocation" "written" {
  token_wo  = var.written
  revoke_on = ["create"]
}
resource "salesforce_token_revocation" "sealed" {
  token_wo  = var.sealed
  revoke_on = ["destroy"]
}
`)
			env := []string{"TF_LOG=TRACE", "TF_LOG_PATH=trace.log", "SALESFORCE_AUDIT_FILE=audit.jsonl", "TF_VAR_stored=" + stored, "TF_VAR_written=" + written, "TF_VAR_sealed=" + sealed, sealTo(key), openWith(key)}
			var output strings.Builder
			for _, args := range [][]string{{"plan", "-out=plan"}, {"apply", "plan"}, {"show"}, {"show", "-json", "plan"}, {"destroy", "-auto-approve"}} {
				text, err := run(t, workspace, env, args...)
				if wants := name == "success" || name == "already invalid"; args[0] == "apply" && (err == nil) != wants {
					t.Errorf("apply: %v\n%s", err, text)
				}
				if args[0] == "show" && len(args) > 1 {
					text = strings.ReplaceAll(text, stored, "") // asked for: the plan as JSON
				}
				output.WriteString(text)
			}
			assertAbsent(t, "the output", []byte(output.String()), stored, written, sealed, key.identity)
			logged := readFile(t, workspace.Dir, "trace.log")
			if !bytes.Contains(logged, []byte("Sent a request to Salesforce")) {
				t.Error("the log holds no request")
			}
			assertAbsent(t, "the TRACE log", logged, stored, written, sealed, key.identity)
			assertAbsent(t, "the audit file", readFile(t, workspace.Dir, "audit.jsonl"), stored, written, sealed, key.identity)
			for _, state := range []string{"terraform.tfstate", "terraform.tfstate.backup"} {
				if content, err := os.ReadFile(filepath.Join(workspace.Dir, state)); err == nil {
					assertAbsent(t, state, content, written, sealed, key.identity)
				}
			}
			assertAbsent(t, "the plan", unzip(t, filepath.Join(workspace.Dir, "plan")), written, sealed, key.identity)
		})
	}
}

// assertAbsent looks for secrets in every encoding that a program might apply.
func assertAbsent(t *testing.T, where string, content []byte, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		for _, encoded := range encodings(secret) {
			if bytes.Contains(content, []byte(encoded)) {
				t.Errorf("%s holds a secret, as %s", where, encoded)
			}
		}
	}
}

// encodings returns a secret as it is, percent-encoded, in hexadecimal, and in
// base64 as it shows in the middle of other text, up to three times over: bytes
// in private state are in base64, as are its values and the whole of it.
func encodings(secret string) []string {
	encoded := []string{
		secret, url.QueryEscape(secret), strings.ToLower(url.QueryEscape(secret)), url.QueryEscape(url.QueryEscape(secret)),
		hex.EncodeToString([]byte(secret)), fmt.Sprintf("%q", secret),
	}
	layer := []string{secret}
	for range 3 {
		var next []string
		for _, text := range layer {
			next = append(next, inBase64(text)...)
		}
		slices.Sort(next)
		layer = slices.Compact(next)
		encoded = append(encoded, layer...)
	}
	return encoded
}

// inBase64 returns the base64 of text wherever it may begin among three bytes,
// without the ends that depend on what stands beside it.
func inBase64(text string) []string {
	var encoded []string
	for shift := range 3 {
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			all := encoding.EncodeToString([]byte(strings.Repeat("x", shift) + text))
			encoded = append(encoded, all[4:len(all)-4])
		}
	}
	return encoded
}

func readFile(t *testing.T, elements ...string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// unzip returns the content of all files of an archive, such as a saved plan.
func unzip(t *testing.T, path string) []byte {
	t.Helper()
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	var content bytes.Buffer
	for _, file := range archive.File {
		reader, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&content, reader); err != nil {
			t.Fatal(err)
		}
		if err := reader.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return content.Bytes()
}

// Every example works when copied: it is complete and formatted, a second plan
// is empty, and of the tokens that it is given, none is valid after
// the destroy but those that it spares.
func TestExamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../examples/*/*.tf")
	more, moreErr := filepath.Glob("../../examples/*/*/*.tf")
	files = append(files, more...)
	if err != nil || moreErr != nil || len(files) == 0 {
		t.Fatalf("found %d examples: %v, %v", len(files), err, moreErr)
	}
	invocation := regexp.MustCompile(`(?m)^# terraform apply (-invoke=\S+)$`)
	sparedBy := map[string]func(fake.Token) bool{
		"unused.tf":   func(token fake.Token) bool { return token.AppName == app && token.LastUsed.Year() >= 2026 },
		"teardown.tf": func(token fake.Token) bool { return token.Session.Login == "Application" },
	}
	for _, file := range files {
		t.Run(strings.TrimPrefix(file, "../../examples/"), func(t *testing.T) {
			t.Parallel()
			config := string(readFile(t, file))
			workspace := emptyWorkspace(t)
			must(workspace.Write("main.tf", config))
			mustRun(t, workspace, nil, "fmt", "-check", "-diff")
			if !strings.Contains(config, `"seed-96a09c2e/salesforce"`) {
				t.Error("the example has no required_providers")
			}
			requireEngine(t, config)
			server := startOrg(t, fake.Config{})
			env := valuesFor(t, server, config)
			mustRun(t, workspace, env, "apply", "-auto-approve")
			mustRun(t, workspace, env, "plan", "-detailed-exitcode")
			for _, match := range invocation.FindAllStringSubmatch(config, -1) {
				mustRun(t, workspace, env, "apply", match[1], "-auto-approve")
			}
			mustRun(t, workspace, env, "destroy", "-auto-approve")
			if !strings.Contains(file, "functions") { // which revoke nothing
				assertNoneLeft(t, server.Org, sparedBy[filepath.Base(file)])
			}
		})
	}
}

var variableBlock = regexp.MustCompile(`(?ms)^variable "(\w+)" \{\n(.*?)^\}`)

// valuesFor returns an environment that gives an example what it works with: an
// org, credentials, and a value for each variable, such as a token of the org.
func valuesFor(t *testing.T, server *fake.Server, config string) []string {
	t.Helper()
	key := newAgeKey(t, true)
	values := map[string]string{"instance_url": server.URL, "organization_id": organizationID(server.Org), "app_name": app, "seal_recipient": key.recipient, "seal_identity": "# a comment\n" + key.identity + "\n"}
	env := []string{
		"SALESFORCE_INSTANCE_URL=" + server.URL,
		"SALESFORCE_CLIENT_ID=" + fake.DefaultClientID,
		"SALESFORCE_CLIENT_SECRET=" + fake.DefaultClientSecret,
	}
	for _, match := range variableBlock.FindAllStringSubmatch(config, -1) {
		name, definition := match[1], match[2]
		if strings.Contains(name, "token") {
			values[name] = server.Org.IssueAccessToken()
		}
		switch {
		case strings.Contains(definition, "map(string)"):
			values[name] = fmt.Sprintf("{one = %q, two = %q}", values[name], server.Org.IssueAccessToken())
		case strings.HasSuffix(name, "tokens"):
			values[name] = fmt.Sprintf("[%q]", values[name])
		case name == "app_name":
			server.Org.AddOauthTokens(app, 20)
		case name == "external_client_app":
			values[name] = server.Org.AddExternalClientApp(externalApp, app, 20)
		case name == "user_ids":
			server.Org.AddSessions(20)
			values[name] = fmt.Sprintf("[%q, %q, \"0055g0000000004AAA\", \"0055g0000000005AAA\"]", secondUser, thirdUser)
		}
		if value, known := values[name]; known {
			env = append(env, "TF_VAR_"+name+"="+value)
		}
	}
	return env
}

// assertNoneLeft sees that every token that an example was given is revoked, and
// none that it spares.
func assertNoneLeft(t *testing.T, org *fake.Org, spares func(fake.Token) bool) {
	t.Helper()
	for _, token := range org.Tokens() {
		spared := spares != nil && spares(token)
		older := token.AppName == "" && token.UserID == signedInUser // a session that began before
		switch {
		case token.Alive && !spared && !older:
			t.Error("a token is still valid after the destroy")
		case !token.Alive && spared:
			t.Error("a token that the example does not name was revoked")
		}
	}
}

// organizationID is the id of an org, as its tokens have it.
func organizationID(org *fake.Org) string {
	token := org.IssueAccessToken()
	org.Revoke(token)
	id, _, _ := strings.Cut(token, "!")
	return id
}

// The playbook is applied, also where that fails in part, applied again as its
// header says, and stays the same from then on.
func TestIncidentResponse(t *testing.T) {
	t.Parallel()
	server := appOrg(t, fake.Config{})
	env := []string{
		"TF_VAR_instance_url=" + server.URL,
		"TF_VAR_organization_id=" + organizationID(server.Org),
		"TF_VAR_app_name=" + app,
		"TF_VAR_max_count=30",
		"SALESFORCE_CLIENT_ID=" + fake.DefaultClientID,
		"SALESFORCE_CLIENT_SECRET=" + fake.DefaultClientSecret,
	}
	// A session that was not opened with a token of the app, and so outlives it.
	var session string
	for _, token := range server.Org.Tokens() {
		if token.AppName == otherApp && token.UserID == secondUser {
			session = server.Org.IssueAccessTokenFrom(token.Value)
		}
	}
	workspace := emptyWorkspace(t)
	must(workspace.Copy("../../examples/incident-response"))

	output, err := run(t, workspace, append(env, "TF_VAR_organization_id=00D5g0000000009"), "apply", "-auto-approve")
	if err == nil || !strings.Contains(output, "allowed_organization_ids") {
		t.Errorf("another org is not refused: %v\n%s", err, output)
	}
	output, err = run(t, workspace, append(env, "TF_VAR_max_count=29"), "apply", "-auto-approve")
	if err == nil || !strings.Contains(output, "Too Many Tokens Match") {
		t.Errorf("an unexpected number is not refused: %v\n%s", err, output)
	}
	assertAlive(t, server.Org, 30)
	if !server.Org.Alive(session) {
		t.Error("a session was ended before the tokens were revoked")
	}

	server.Org.ScriptAlways(fake.RevokePath, failFor(3, fake.Status(403, nil, "")))
	if output, err := run(t, workspace, env, "apply", "-auto-approve"); err == nil || !strings.Contains(output, "Tokens Not Revoked") {
		t.Errorf("a sweep that fails in part: %v\n%s", err, output)
	}
	server.Org.ScriptAlways(fake.RevokePath, nil)
	mustRun(t, workspace, env, "apply", "-auto-approve")
	assertAlive(t, server.Org, 0)
	if server.Org.Alive(session) {
		t.Error("the session of a user is valid")
	}
	users := mustRun(t, workspace, env, "output", "users_to_inform")
	if strings.Count(users, `"005`) != 5 {
		t.Errorf("the users to inform are %s", users)
	}
	for range 2 {
		if output := mustRun(t, workspace, env, "apply", "-auto-approve"); !strings.Contains(output, "0 added, 0 changed, 0 destroyed") {
			t.Errorf("another apply changes something:\n%s", output)
		}
	}
	if again := mustRun(t, workspace, env, "output", "users_to_inform"); again != users {
		t.Errorf("the users to inform are %s after another apply", again)
	}
	mustRun(t, workspace, env, "destroy", "-auto-approve")
	assertAlive(t, server.Org, 0)
}

// The SDK would write every message to files, with write-only values in the clear.
func TestProtocolFilesAreRefused(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access := server.Org.IssueAccessToken()
	workspace := newWorkspace(t, revocationConfig(server, tokenWO(access), `revoke_on = ["create"]`))
	dir := t.TempDir()
	output := mustRun(t, workspace, []string{"TF_LOG_SDK_PROTO_DATA_DIR=" + dir}, "apply", "-auto-approve")
	if !strings.Contains(output, "Warning: Protocol Files Not Written") || !strings.Contains(output, "TF_LOG_SDK_PROTO_DATA_DIR") {
		t.Errorf("there is no warning:\n%s", output)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
		t.Errorf("%d files were written, %v", len(files), err)
	}
	assertOrg(t, server.Org, 1, map[string]bool{access: false})
}
