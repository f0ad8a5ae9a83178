// Package engine runs Terraform or OpenTofu with a provider that was built
// here, apart from the settings of the user: for the demo and for tests that
// want the command line itself.
package engine

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A Workspace is a folder that holds a configuration and all that a run writes.
type Workspace struct {
	Dir string // absolute

	engine string
}

// New makes a workspace of an empty folder. engine is the path of terraform or
// tofu, and provider that of the provider's binary, whose name must begin with
// terraform-provider-salesforce.
func New(dir, engine, provider string) (*Workspace, error) {
	return NewFor(dir, engine, "seed-96a09c2e/salesforce", provider)
}

// NewFor is New for the provider that a configuration calls by the given source
// address, such as example/other. The name of its binary must begin with
// terraform-provider-other.
func NewFor(dir, engine, source, provider string) (*Workspace, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	provider, err = filepath.Abs(provider)
	if err != nil {
		return nil, err
	}
	// Nothing is fetched from anywhere: there is no other installation method.
	// A short source address means another host to OpenTofu than to Terraform.
	settings := fmt.Sprintf(`provider_installation {
  dev_overrides {
    "registry.terraform.io/%[1]s" = %[2]q
    "registry.opentofu.org/%[1]s" = %[2]q
  }
}
`, source, filepath.Dir(provider))
	workspace := &Workspace{Dir: dir, engine: engine}
	return workspace, workspace.Write("cli.tfrc", settings)
}

// Write puts a file into the workspace.
func (w *Workspace) Write(name, content string) error {
	return os.WriteFile(filepath.Join(w.Dir, name), []byte(content), 0o600)
}

// Copy puts the configuration of another folder into the workspace.
func (w *Workspace) Copy(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.tf"))
	if err != nil {
		return err
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := w.Write(filepath.Base(file), string(content)); err != nil {
			return err
		}
	}
	return nil
}

// Command is a run of the engine that is ready to start. Its environment is
// that of this process without the variables of Terraform and Salesforce, and
// with the given ones, in the form NAME=value.
func (w *Workspace) Command(ctx context.Context, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, w.engine, args...)
	cmd.Dir = w.Dir
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TF_") && !strings.HasPrefix(variable, "SALESFORCE_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env,
		"TF_CLI_CONFIG_FILE="+filepath.Join(w.Dir, "cli.tfrc"),
		"HOME="+w.Dir,
		"CHECKPOINT_DISABLE=1",
		"TF_IN_AUTOMATION=1",
	)
	cmd.Env = append(cmd.Env, env...)
	return cmd
}
