package provider_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/engine"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/ledger"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/provider"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// factories serve the provider in this process to an engine that is started by
// terraform-plugin-testing.
var factories = map[string]func() (tfprotov6.ProviderServer, error){
	"salesforce": func() (tfprotov6.ProviderServer, error) { return provider.New("test", new(ledger.Ledger))(), nil },
}

var (
	enginePath    string           // of terraform or tofu
	engineVersion *version.Version // nil if the engine is missing
	onOpenTofu    bool             // the engine is OpenTofu
	buildDir      string           // for the provider's binary
	userEnv       []string         // which the Go command needs to find its caches
)

// TestMain finds the engine, and keeps the settings of the user out of the
// tests: they would bend the results.
func TestMain(m *testing.M) {
	os.Exit(func() int {
		userEnv = os.Environ()
		enginePath = findEngine()
		live := os.Getenv("TF_ACC") != ""
		for _, variable := range userEnv {
			name, _, _ := strings.Cut(variable, "=")
			if strings.HasPrefix(name, "SALESFORCE_") && !live || strings.HasPrefix(name, "TF_") && !strings.HasPrefix(name, "TF_ACC") {
				must(os.Unsetenv(name))
			}
		}
		dir, err := os.MkdirTemp("", "salesforce-test-")
		must(err)
		defer os.RemoveAll(dir)
		buildDir = dir
		must(os.Setenv("HOME", dir)) // The engine writes there.
		must(os.Setenv("TF_CLI_CONFIG_FILE", os.DevNull))
		must(os.Setenv("CHECKPOINT_DISABLE", "1"))
		must(os.Setenv("TF_ACC_TERRAFORM_PATH", enginePath))
		must(os.Setenv("TF_ACC_PROVIDER_NAMESPACE", "seed-96a09c2e"))
		if engineVersion, onOpenTofu = askEngine(); onOpenTofu {
			must(os.Setenv("TF_ACC_PROVIDER_HOST", "registry.opentofu.org"))
		}
		return m.Run()
	}())
}

func findEngine() string {
	for _, name := range []string{os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform", "tofu"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return "" // terraform-plugin-testing says what is missing.
}

// askEngine returns the version of the engine, and whether it is OpenTofu.
func askEngine() (*version.Version, bool) {
	output, err := exec.CommandContext(context.Background(), enginePath, "version").Output()
	if err != nil {
		return nil, false
	}
	name, rest, _ := strings.Cut(string(output), " v")
	number, _, _ := strings.Cut(rest, "\n")
	parsed, err := version.NewVersion(strings.TrimSpace(number))
	must(err)
	return parsed.Core(), name == "OpenTofu"
}

// features are what not every engine knows that the provider works with: what a
// configuration has of it, and the first release of Terraform that does. All
// releases of OpenTofu that the provider works with know the same.
var features = []struct {
	name       string
	syntax     *regexp.Regexp
	terraform  *version.Version
	noOpenTofu bool
}{
	{"ephemeral values", regexp.MustCompile(`(?m)^\s*ephemeral\b`), version.Must(version.NewVersion("1.10.0")), false},
	{"write-only attributes", regexp.MustCompile(`\btoken_wo\b`), version.Must(version.NewVersion("1.11.0")), false},
	{"actions", regexp.MustCompile(`(?m)^\s*action\b`), version.Must(version.NewVersion("1.14.0")), true},
}

// requireEngine skips a test with a configuration that the engine does not know.
func requireEngine(t *testing.T, config string) {
	t.Helper()
	for _, feature := range features {
		switch {
		case engineVersion == nil || !feature.syntax.MatchString(config):
		case onOpenTofu && feature.noOpenTofu:
			t.Skipf("OpenTofu has no %s", feature.name)
		case !onOpenTofu && engineVersion.LessThan(feature.terraform):
			t.Skipf("Terraform %s has no %s, which came with %s", engineVersion, feature.name, feature.terraform)
		}
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// requireUnix skips a test on Windows.
func requireUnix(t *testing.T, why string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip(why)
	}
}

const noInterrupts = "Windows has no signal that interrupts one process"

// executable is how the names of programs end here.
var executable = map[bool]string{true: ".exe"}[runtime.GOOS == "windows"]

// buildProvider builds the provider's binary once, for tests that run the
// engine's command line.
var buildProvider = sync.OnceValues(func() (string, error) {
	path := filepath.Join(buildDir, "terraform-provider-salesforce"+executable)
	build := exec.CommandContext(context.Background(), "go", "build", "-buildvcs=false", "-o", path, "../..")
	build.Env = userEnv
	output, err := build.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, output)
	}
	return path, nil
})

// emptyWorkspace is a folder for the engine's command line to run in.
func emptyWorkspace(t *testing.T) *engine.Workspace {
	t.Helper()
	if enginePath == "" {
		t.Fatal("neither terraform nor tofu is on the PATH, nor named by TF_ACC_TERRAFORM_PATH")
	}
	binary, err := buildProvider()
	if err != nil {
		t.Fatal(err)
	}
	workspace, err := engine.New(t.TempDir(), enginePath, binary)
	if err != nil {
		t.Fatal(err)
	}
	return workspace
}

// newWorkspace is a workspace with a configuration.
func newWorkspace(t *testing.T, config string) *engine.Workspace {
	t.Helper()
	workspace := emptyWorkspace(t)
	if err := workspace.Write("main.tf", requiredProviders+config); err != nil {
		t.Fatal(err)
	}
	return workspace
}

// requiredProviders is what a configuration needs for the command line;
// terraform-plugin-testing adds its own.
const requiredProviders = `
terraform {
  required_providers {
    salesforce = { source = "seed-96a09c2e/salesforce" }
  }
}
`

// configOf is the configuration of a workspace.
func configOf(t *testing.T, workspace *engine.Workspace) (config string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(workspace.Dir, "*.tf"))
	must(err)
	for _, file := range files {
		config += string(readFile(t, file))
	}
	return config
}

// run runs a command of the engine and returns what it prints. It skips the
// test where the engine does not know what the configuration has.
func run(t *testing.T, workspace *engine.Workspace, env []string, args ...string) (string, error) {
	t.Helper()
	requireEngine(t, configOf(t, workspace))
	output, err := workspace.Command(t.Context(), env, append(args, "-no-color")...).CombinedOutput()
	return string(output), err
}

// mustRun is run for a command that has to succeed.
func mustRun(t *testing.T, workspace *engine.Workspace, env []string, args ...string) string {
	t.Helper()
	output, err := run(t, workspace, env, args...)
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return output
}

func startOrg(t *testing.T, config fake.Config) *fake.Server {
	t.Helper()
	server := fake.NewServer(fake.NewOrg(config))
	t.Cleanup(server.Close)
	return server
}

// providerBlock configures the provider for an org, with more settings if need be.
func providerBlock(server *fake.Server, settings ...string) string {
	return fmt.Sprintf("provider \"salesforce\" {\n  instance_url = %q\n  %s\n}\n", server.URL, strings.Join(settings, "\n  "))
}

// revocations returns how many revoke requests the org has received.
func revocations(org *fake.Org) int {
	n := 0
	for _, request := range org.Requests() {
		if request.Path == fake.RevokePath {
			n++
		}
	}
	return n
}
