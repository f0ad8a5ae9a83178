package provider_test

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// Where nobody asks for logs, the provider does not even make them. Where
// somebody does, they are whole.
func TestLogsAreMadeForWhoeverAsks(t *testing.T) {
	t.Parallel()
	const (
		sdk       = `"@level":"trace","@message":"Received request"`
		framework = `"@module":"sdk.framework"`
		attempt   = `"@level":"debug","@message":"Sent a request to Salesforce"`
		revoked   = `"@level":"info","@message":"Revocation of a token"`
	)
	all := []string{sdk, framework, attempt, revoked}
	for _, test := range []struct {
		variable string
		want     []string
	}{
		{"TF_LOG_CORE=TRACE", nil},
		{"TF_LOG=TRACE", all},
		{"TF_LOG=INFO", all}, // It is the engine that leaves lines out.
		{"TF_LOG_PROVIDER=DEBUG", all},
		{"TF_LOG_PROVIDER_SALESFORCE=INFO", []string{sdk, framework, revoked}},
		{"TF_LOG_SDK=TRACE", all},
		{"TF_LOG_SDK_PROTO=OFF", []string{framework, attempt, revoked}},
	} {
		t.Run(test.variable, func(t *testing.T) {
			t.Parallel()
			server := startOrg(t, fake.Config{})
			access := server.Org.IssueAccessToken()
			output := outputOfProvider(t, test.variable, revocationConfig(server, token(access)))
			assertOrg(t, server.Org, 1, map[string]bool{access: false})
			for _, line := range all {
				want := false
				for _, wanted := range test.want {
					want = want || wanted == line
				}
				if got := strings.Contains(output, line); got != want {
					t.Errorf("a line with %s is there: %t; want %t\n%s", line, got, want, output)
				}
			}
			if test.want == nil && strings.Contains(output, `"@module":"sdk`) {
				t.Errorf("the SDK makes logs:\n%s", output)
			}
		})
	}
}

var reattachLine = regexp.MustCompile(`TF_REATTACH_PROVIDERS='(.*)'`)

// outputOfProvider applies a configuration, and returns what the provider writes
// to its standard error, which an engine reads otherwise.
func outputOfProvider(t *testing.T, variable, config string) string {
	t.Helper()
	workspace := newWorkspace(t, config)
	binary, err := buildProvider()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-debug")
	cmd.Env = append(os.Environ(), variable)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	for {
		line, err := lines.ReadString('\n')
		if match := reattachLine.FindStringSubmatch(line); match != nil {
			reattach := match[1]
			if host := os.Getenv("TF_ACC_PROVIDER_HOST"); host != "" {
				reattach = strings.ReplaceAll(reattach, "registry.terraform.io", host)
			}
			mustRun(t, workspace, []string{"TF_REATTACH_PROVIDERS=" + reattach}, "apply", "-auto-approve")
			break
		}
		if err != nil {
			t.Fatalf("the provider does not say where it is: %v\n%s", err, &stderr)
		}
	}
	_ = cmd.Process.Kill() // There is no interrupt on Windows.
	_, _ = io.Copy(io.Discard, lines)
	_ = cmd.Wait()
	return stderr.String()
}
