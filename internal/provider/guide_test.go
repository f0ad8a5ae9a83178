package provider_test

import (
	"bufio"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/engine"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// The commands of the guide to sealed tokens work as they stand, after the file
// that held the identity is gone.
func TestGuideCommands(t *testing.T) {
	requireUnix(t, "the commands are for a Unix shell")
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access, key := server.Org.IssueAccessToken(), newAgeKey(t, true)
	workspace := emptyWorkspace(t)
	must(workspace.Copy("../../examples/sealed-token"))
	requireEngine(t, configOf(t, workspace))

	// The other programs of the guide do what it requires of them.
	bin, store := t.TempDir(), t.TempDir()
	script := func(name, body string) {
		must(os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\nset -eu\n"+body), 0o700))
	}
	script("age-keygen", `case "$1" in
-pq) echo "$IDENTITY" >"$3" ;;
-y) test -s "$2" && echo "$RECIPIENT" ;;
esac`)
	script("aws", `case "$2" in
create-secret) mkdir -p "$STORE/${4%/*}" && cp "${6#file://}" "$STORE/$4" ;;
get-secret-value) cat "$STORE/$4" ;;
esac`)
	must(os.WriteFile(filepath.Join(store, "deployment-token"), []byte(access), 0o600))

	guide := strings.ReplaceAll(string(readFile(t, "../../templates/guides/keep-tokens-out-of-state.md.tmpl")), "https://example.my.salesforce.com", server.URL)
	blocks := regexp.MustCompile("(?s)```shell\n(.*?)```").FindAllStringSubmatch(guide, -1)
	if len(blocks) != 4 {
		t.Fatalf("the guide has %d blocks of commands; want keys, apply, plan, destroy", len(blocks))
	}
	for i, block := range blocks {
		runShell(t, workspace, bin, []string{
			"STORE=" + store, "IDENTITY=" + key.identity, "RECIPIENT=" + key.recipient, "TF_CLI_ARGS_plan=-detailed-exitcode", "TF_INPUT=0",
		}, block[1])
		if last := i == len(blocks)-1; server.Org.Alive(access) == last {
			t.Errorf("the token is valid after command %d of %d: %t", i+1, len(blocks), last)
		}
		assertNoSecretFile(t, workspace, access, key.identity)
	}
}

// runShell runs commands of a page, with the engine as terraform and whatever else
// is in bin, and approves what they apply and destroy. It returns what they print.
func runShell(t *testing.T, workspace *engine.Workspace, bin string, env []string, commands string) string {
	t.Helper()
	terraform := filepath.Join(bin, "terraform")
	if _, err := os.Lstat(terraform); err != nil {
		must(os.Symlink(enginePath, terraform))
	}
	cmd := workspace.Command(t.Context(), append([]string{
		"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"),
		"TF_CLI_ARGS_apply=-auto-approve", "TF_CLI_ARGS_destroy=-auto-approve",
	}, env...))
	cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-eu", "-c", commands}
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", commands, err, output)
	}
	return string(output)
}

// Whoever follows the guide for beginners sees what it promises.
func TestGuideGettingStarted(t *testing.T) {
	requireUnix(t, "the commands are for a Unix shell")
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	t.Parallel()
	blocks := documentedBlocks(t)["getting-started.md.tmpl"]
	simulator := blocks[0].text
	workspace := emptyWorkspace(t)
	useMirror(t, workspace)

	// Of this repository instead of a release, and at any free port.
	binary := filepath.Join(t.TempDir(), "simulator")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", binary, "../cmd/simulator")
	build.Env = userEnv
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	released := "go run github.com/seed-96a09c2e/terraform-provider-salesforce/internal/cmd/simulator@latest"
	if !strings.Contains(simulator, released) {
		t.Fatalf("the guide starts with %q", simulator)
	}
	org := exec.CommandContext(t.Context(), "sh", "-c", "exec "+strings.Replace(simulator, released, binary+" -listen 127.0.0.1:0", 1))
	stdout, err := org.StdoutPipe()
	must(err)
	must(org.Start())
	t.Cleanup(func() {
		_ = org.Process.Kill()
		_ = org.Wait()
	})
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() {
		t.Fatalf("%s: nothing was printed: %v", simulator, lines.Err())
	}
	url := strings.TrimPrefix(lines.Text(), "listening on ")

	var commands strings.Builder
	for _, block := range blocks[1:] {
		text := strings.ReplaceAll(block.text, "http://127.0.0.1:8080", url)
		switch block.language {
		case "terraform":
			must(workspace.Write("main.tf", text))
		case "shell":
			commands.WriteString(text)
		}
	}
	output := runShell(t, workspace, t.TempDir(), []string{"TF_CLI_ARGS=-no-color"}, commands.String())
	rest := output
	for _, want := range []string{"status = \"active\"", "Destroy complete! Resources: 1 destroyed.", "HTTP/1.1 400", "error=invalid_token"} {
		var found bool
		if _, rest, found = strings.Cut(rest, want); !found {
			t.Errorf("%q is not printed, or too early:\n%s", want, output)
		}
	}
}

// documentedOrg is what the pages call the org: each configuration is run with
// the address of a simulated one instead, and with nothing else changed.
var documentedOrg = regexp.MustCompile(`https://example\.my\.salesforce\.com|http://127\.0\.0\.1:8080`)

// notRun are configurations that no test can run, by what they contain, and why.
var notRun = map[string]string{
	`ephemeral "aws_secretsmanager_secret_version"`: "it needs the AWS provider, which is fetched from a registry, and an account",
}

// The configurations of the pages work when copied: each is complete and
// formatted, is applied and destroyed, and leaves no token valid. Blocks of HCL
// after one are tests of it, and pass.
func TestGuideConfigurations(t *testing.T) {
	t.Parallel()
	for page, blocks := range documentedBlocks(t) {
		var last string // configuration so far
		for i, block := range blocks {
			if block.language == "terraform" {
				last = block.text
			} else if block.language != "hcl" || !strings.Contains(block.text, "\nrun ") {
				continue
			}
			config := last
			t.Run(fmt.Sprintf("%s/%d", page, i), func(t *testing.T) {
				t.Parallel()
				server := startOrg(t, fake.Config{RefreshTokens: []string{"5Aep861.example"}})
				workspace := emptyWorkspace(t)
				must(workspace.Write("main.tf", documentedOrg.ReplaceAllString(config, server.URL)))
				if block.language == "hcl" {
					tests := documentedOrg.ReplaceAllString(block.text, server.URL)
					if onOpenTofu && strings.Contains(tests, "mock_provider") { // as the guide says
						tests = strings.ReplaceAll(tests, "\n\n  expect_failures", "\n\n  command = plan\n\n  expect_failures")
					}
					must(os.Mkdir(filepath.Join(workspace.Dir, "tests"), 0o700))
					must(workspace.Write("tests/guide.tftest.hcl", tests))
				}
				mustRun(t, workspace, nil, "fmt", "-check", "-diff", "-recursive")
				if !strings.Contains(config, `"seed-96a09c2e/salesforce"`) {
					t.Error("the configuration has no required_providers")
				}
				for content, reason := range notRun {
					if strings.Contains(config, content) {
						t.Skip(reason)
					}
				}
				requireEngine(t, config+block.text)
				mustRun(t, workspace, nil, "validate")
				if block.language == "hcl" {
					mustRun(t, workspace, nil, "test")
					return
				}
				env := valuesFor(t, server, config)
				mustRun(t, workspace, env, "apply", "-auto-approve")
				mustRun(t, workspace, env, "plan", "-detailed-exitcode")
				mustRun(t, workspace, env, "destroy", "-auto-approve")
				server.Org.Revoke("5Aep861.example")
				assertNoneLeft(t, server.Org, nil)
			})
		}
	}
}

// The rotation of the guide revokes the old token after the new one is in use:
// where a deployment fails, the old one is still valid.
func TestGuideRotation(t *testing.T) {
	t.Parallel()
	requireUnix(t, "the deployment is a command of a Unix shell")
	server := startOrg(t, fake.Config{})
	before, after := server.Org.IssueAccessToken(), server.Org.IssueAccessToken()
	config := documentedOrg.ReplaceAllString(documentedBlocks(t)["rotate-tokens.md.tmpl"][0].text, server.URL)
	workspace := emptyWorkspace(t)
	must(workspace.Write("main.tf", config))
	mustRun(t, workspace, []string{"TF_VAR_service_token=" + before}, "apply", "-auto-approve")

	must(workspace.Write("main.tf", strings.Replace(config, `"echo `, `"exit 1; echo `, 1)))
	mustFail(t, workspace, []string{"TF_VAR_service_token=" + after}, "exit status 1", "apply", "-auto-approve")
	assertOrg(t, server.Org, 0, map[string]bool{before: true, after: true})

	must(workspace.Write("main.tf", config))
	mustRun(t, workspace, []string{"TF_VAR_service_token=" + after}, "apply", "-auto-approve")
	assertOrg(t, server.Org, 1, map[string]bool{before: false, after: true})
}

// The commands of the pages exist: the targets of make, the programs of this
// repository, and otherwise programs that a reader has or is told to install.
func TestGuideCommandsExist(t *testing.T) {
	t.Parallel()
	targets := string(readFile(t, "../../GNUmakefile"))
	known := []string{"terraform", "export", "openssl", "age-keygen", "aws", "sf", "jq", "curl", "cat", "rm"}
	continued := regexp.MustCompile(`(?s)<<EOF.*?\nEOF\n`)
	assignment := regexp.MustCompile(`^\w+=("[^"]*"|\S*) `)
	for page, blocks := range documentedBlocks(t) {
		for _, block := range blocks {
			if block.language != "shell" {
				continue
			}
			for line := range strings.Lines(continued.ReplaceAllString(block.text, "\n")) {
				words := strings.Fields(assignment.ReplaceAllString(line, ""))
				switch {
				case len(words) == 0, slices.Contains(known, words[0]):
				case words[0] == "make":
					if !strings.Contains(targets, "\n"+words[1]+": ") {
						t.Errorf("%s: there is no target %s", page, words[1])
					}
				case words[0] == "go" && words[1] == "run":
					folder, _, versioned := strings.Cut(strings.TrimPrefix(words[2], "github.com/seed-96a09c2e/terraform-provider-salesforce/"), "@")
					if _, err := os.Stat(filepath.Join("../..", folder, "main.go")); err != nil || !versioned {
						t.Errorf("%s: %s cannot be run: %v", page, words[2], err)
					}
				default:
					t.Errorf("%s: nobody is told where %s comes from", page, words[0])
				}
			}
		}
	}
}

// The key and the certificate that the openssl command of the index page makes
// are what the JWT bearer flow requires.
func TestGuideKeyAndCertificate(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	command := regexp.MustCompile(`(?m)^ *openssl .*$`).FindString(string(readFile(t, "../../templates/index.md.tmpl")))
	if command == "" {
		t.Fatal("the page has no openssl command")
	}
	dir := t.TempDir()
	shell := exec.CommandContext(t.Context(), "sh", "-c", command)
	shell.Dir = dir
	if output, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	block, _ := pem.Decode(readFile(t, dir, "salesforce.crt"))
	if block == nil {
		t.Fatal("there is no certificate in PEM")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	server := startOrg(t, fake.Config{Certificate: certificate})
	workspace := newWorkspace(t, "data \"salesforce_identity\" \"current\" {}\n")
	mustRun(t, workspace, []string{
		"SALESFORCE_INSTANCE_URL=" + server.URL,
		"SALESFORCE_CLIENT_ID=" + fake.DefaultClientID,
		"SALESFORCE_USERNAME=" + fake.DefaultUsername,
		"SALESFORCE_PRIVATE_KEY=" + string(readFile(t, dir, "salesforce.key")),
	}, "apply", "-auto-approve")
}

// What age-keygen makes is what the provider takes for a recipient and an
// identity, as the guide to sealed tokens has it.
func TestGuideAgeKeys(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("age-keygen"); err != nil {
		t.Skip("age-keygen is not installed")
	}
	dir := t.TempDir()
	keygen := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "age-keygen", args...)
		cmd.Dir = dir
		output, err := cmd.Output()
		return string(output), err
	}
	if _, err := keygen("-pq", "-o", "seal-identity.txt"); err != nil {
		t.Log("this age-keygen is older than 1.3: without -pq")
		if _, err := keygen("-o", "seal-identity.txt"); err != nil {
			t.Fatal(err)
		}
	}
	recipient, err := keygen("-y", "seal-identity.txt")
	if err != nil {
		t.Fatal(err)
	}
	key := ageKey{strings.TrimSpace(recipient), string(readFile(t, dir, "seal-identity.txt"))}
	server := startOrg(t, fake.Config{})
	access := server.Org.IssueAccessToken()
	workspace := newWorkspace(t, revocationConfig(server, tokenWO(access), onDestroy))
	mustRun(t, workspace, []string{sealTo(key)}, "apply", "-auto-approve")
	mustRun(t, workspace, []string{openWith(key)}, "destroy", "-auto-approve")
	assertOrg(t, server.Org, 1, map[string]bool{access: false})
}

type documentedBlock struct{ language, text string }

// documentedBlocks returns the fenced blocks of the pages for readers, by page.
func documentedBlocks(t *testing.T) map[string][]documentedBlock {
	t.Helper()
	pages, err := filepath.Glob("../../templates/guides/*.md.tmpl")
	if err != nil || len(pages) == 0 {
		t.Fatalf("there are no guides: %v", err)
	}
	fence := regexp.MustCompile("(?ms)^( *)```(\\w+)\n(.*?)^ *```$")
	blocks := make(map[string][]documentedBlock)
	for _, page := range append(pages, "../../templates/index.md.tmpl", "../../README.md") {
		for _, match := range fence.FindAllStringSubmatch(string(readFile(t, page)), -1) {
			blocks[filepath.Base(page)] = append(blocks[filepath.Base(page)], documentedBlock{match[2], match[3]})
		}
	}
	return blocks
}
