package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const module = "github.com/seed-96a09c2e/terraform-provider-salesforce"

// Where build puts the programs, below bench.dir.
const (
	salesforceBinary = "terraform-provider-salesforce"
	noopBinary       = "terraform-provider-noop"
	loopBinary       = "loop"
	launcherBinary   = "launcher"
)

// build builds what is measured, as a release does. A quick run does without,
// because that would compile everything anew.
func (b *bench) build(ctx context.Context) error {
	for name, pkg := range map[string]string{
		salesforceBinary: module,
		noopBinary:       module + "/internal/cmd/bench/noop",
		loopBinary:       module + "/internal/cmd/bench/loop",
		launcherBinary:   module + "/internal/cmd/bench/launcher",
	} {
		cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-ldflags", "-s -w", "-o", b.path(name))
		if b.release {
			cmd.Args = append(cmd.Args, "-trimpath")
			cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		}
		cmd.Args = append(cmd.Args, pkg)
		if output, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("go build %s: %w\n%s", pkg, err, output)
		}
	}
	return nil
}

// path is that of something which build has made.
func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// system says what it was measured with and on.
func (b *bench) system(ctx context.Context) (system, error) {
	output, err := exec.CommandContext(ctx, b.engine, "version").Output()
	if err != nil {
		return system{}, fmt.Errorf("%s version: %w", b.engine, err)
	}
	version, _, _ := strings.Cut(string(output), "\n")
	return system{
		Date:   time.Now().UTC().Format(time.DateOnly),
		Engine: version,
		Go:     runtime.Version(),
		OS:     runtime.GOOS + "/" + runtime.GOARCH,
		CPUs:   runtime.NumCPU(),
		CPU:    processor(),
	}, nil
}

// processor is the name of the processor where Linux tells it.
func processor() string {
	content, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(content)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
