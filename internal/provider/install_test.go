package provider_test

import (
	"archive/zip"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/engine"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// archives is for make release-check.
var archives = flag.String("archives", "", "install the provider from the `folder` of a release, instead of from an archive that is made here")

// The provider is installed from an archive in the form of the registries, is
// locked, and serves, without a development override.
func TestInstall(t *testing.T) {
	t.Parallel()
	server := startOrg(t, fake.Config{})
	access := server.Org.IssueAccessToken()
	workspace := newWorkspace(t, revocationConfig(server, token(access)))
	version := useMirror(t, workspace)
	constraint := fmt.Sprintf("source = \"seed-96a09c2e/salesforce\", version = %q", version)
	rewrite(t, workspace, "main.tf", strings.Replace(string(readFile(t, workspace.Dir, "main.tf")), `source = "seed-96a09c2e/salesforce"`, constraint, 1))

	mustRun(t, workspace, nil, "init")
	if lock := string(readFile(t, workspace.Dir, ".terraform.lock.hcl")); !strings.Contains(lock, fmt.Sprintf("%q", version)) || !strings.Contains(lock, "h1:") {
		t.Errorf("the provider is not locked:\n%s", lock)
	}
	mustRun(t, workspace, nil, "apply", "-auto-approve")
	if server.Org.Alive(access) {
		t.Error("the token is valid after the apply")
	}
	mustRun(t, workspace, nil, "init", "-lockfile=readonly")
	mustRun(t, workspace, nil, "plan", "-detailed-exitcode")
	mustRun(t, workspace, nil, "destroy", "-auto-approve")
	for _, request := range server.Org.Requests() {
		if agent := request.Header.Get("User-Agent"); *archives != "" && !strings.HasSuffix(agent, "/"+version) {
			t.Errorf("the provider calls itself %q; want version %s", agent, version)
		}
	}
}

// useMirror has the engine install the provider from an archive, in a mirror of
// the registries, and returns its version.
func useMirror(t *testing.T, workspace *engine.Workspace) (version string) {
	t.Helper()
	mirror := t.TempDir()
	archive, version := releaseArchive(t)
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		dir := filepath.Join(mirror, host, "seed-96a09c2e", "salesforce")
		must(os.MkdirAll(dir, 0o700))
		must(os.WriteFile(filepath.Join(dir, filepath.Base(archive)), readFile(t, archive), 0o600))
	}
	rewrite(t, workspace, "cli.tfrc", fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror))
	return version
}

// releaseArchive is the archive for this platform, and its version: of a
// release, or made of the code as it is.
func releaseArchive(t *testing.T) (path, version string) {
	t.Helper()
	platform := runtime.GOOS + "_" + runtime.GOARCH
	if *archives != "" {
		found, err := filepath.Glob(filepath.Join(*archives, "terraform-provider-salesforce_*_"+platform+".zip"))
		if err != nil || len(found) != 1 {
			t.Fatalf("%s holds %d archives for %s, %v", *archives, len(found), platform, err)
		}
		return found[0], strings.Split(filepath.Base(found[0]), "_")[1]
	}
	binary, err := buildProvider()
	if err != nil {
		t.Fatal(err)
	}
	version = "0.1.0"
	path = filepath.Join(t.TempDir(), "terraform-provider-salesforce_"+version+"_"+platform+".zip")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	archive := zip.NewWriter(file)
	header := &zip.FileHeader{Name: "terraform-provider-salesforce_v" + version + executable, Method: zip.Store}
	header.SetMode(0o755)
	entry, err := archive.CreateHeader(header)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := entry.Write(readFile(t, binary)); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return path, version
}
