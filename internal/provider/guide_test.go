package provider_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

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
	must(os.Symlink(enginePath, filepath.Join(bin, "terraform")))
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
		cmd := workspace.Command(t.Context(), []string{
			"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "STORE=" + store, "IDENTITY=" + key.identity, "RECIPIENT=" + key.recipient,
			"TF_CLI_ARGS_apply=-auto-approve", "TF_CLI_ARGS_destroy=-auto-approve", "TF_CLI_ARGS_plan=-detailed-exitcode", "TF_INPUT=0",
		})
		cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-eu", "-c", block[1]}
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", block[1], err, output)
		}
		if last := i == len(blocks)-1; server.Org.Alive(access) == last {
			t.Errorf("the token is valid after command %d of %d: %t", i+1, len(blocks), last)
		}
		assertNoSecretFile(t, workspace, access, key.identity)
	}
}
