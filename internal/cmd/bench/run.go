package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/engine"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// maxOutput is how many bytes of what an engine printed are shown, of the end.
const maxOutput = 4 << 10

// A sample is what one command of the engine used.
type sample struct {
	wall        time.Duration
	engineCPU   time.Duration // and of the commands that it started, but not of the provider
	providerCPU time.Duration // of all its processes
	memory      int64         // bytes at the peak of the largest process of the provider; 0 without one
	connections int           // to the org
	requests    int
	working     time.Duration // from the first request to the last answer
	state       int64         // bytes of the state file after an apply, and before a destroy
}

func (s sample) cpu() time.Duration { return s.engineCPU + s.providerCPU }

// A workplace is a folder with a configuration, and an org for it.
type workplace struct {
	*engine.Workspace
	server   *salesforcetest.Server
	provider string // path of the binary; empty if there is none
	env      []string
	latency  time.Duration
}

// newWorkplace makes one. The source is the provider's. Without a provider, both
// are empty.
func (b *bench) newWorkplace(source, provider string, latency time.Duration, files map[string]string) (*workplace, error) {
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return nil, err
	}
	w := &workplace{provider: provider, latency: latency}
	launcher := filepath.Join(dir, "provider", "terraform-provider-"+filepath.Base(source))
	if err := os.Mkdir(filepath.Dir(launcher), 0o700); err != nil {
		return nil, err
	}
	if provider != "" {
		if err := os.Link(b.path(launcherBinary), launcher); err != nil {
			return nil, err
		}
	}
	if w.Workspace, err = engine.NewFor(dir, b.engine, source, launcher); err != nil {
		return nil, err
	}
	for name, content := range files {
		if err := w.Write(name, content); err != nil {
			return nil, err
		}
	}
	w.server = salesforcetest.NewServer(salesforcetest.NewOrg(salesforcetest.Config{Latency: latency}))
	return w, nil
}

func (w *workplace) close() error {
	w.server.Close()
	return os.RemoveAll(w.Dir)
}

// set gives the configuration its variables.
func (w *workplace) set(variables map[string]any) error {
	content, err := json.Marshal(variables)
	if err != nil {
		return err
	}
	return w.Write("terraform.tfvars.json", string(content))
}

// run measures apply or destroy.
func (w *workplace) run(ctx context.Context, command string) (sample, error) {
	usages := filepath.Join(w.Dir, "usage")
	if err := errors.Join(os.RemoveAll(usages), os.Mkdir(usages, 0o700)); err != nil {
		return sample{}, err
	}
	requests, connections := len(w.server.Org.Requests()), w.server.Connections()
	cmd := w.Command(ctx, append([]string{"BENCH_PROVIDER=" + w.provider, "BENCH_USAGE=" + usages}, w.env...),
		command, "-auto-approve", "-no-color", "-input=false", fmt.Sprintf("-parallelism=%d", parallelism))
	// An engine that is interrupted ends its provider.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	start := time.Now()
	output, err := cmd.CombinedOutput()
	s := sample{wall: time.Since(start)}
	if err != nil {
		return s, fmt.Errorf("%s: %w\n%s", command, err, output[max(0, len(output)-maxOutput):])
	}
	received := w.server.Org.Requests()[requests:]
	s.requests, s.connections = len(received), w.server.Connections()-connections
	if len(received) > 0 {
		s.working = received[len(received)-1].Time.Sub(received[0].Time) + w.latency
	}
	if s.providerCPU, s.memory, err = readUsages(usages); err != nil {
		return s, err
	}
	if w.provider != "" && s.providerCPU == 0 {
		return s, errors.New("the engine has not started the provider")
	}
	// What a process used, Unix says, includes what its children used.
	s.engineCPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime() - s.providerCPU
	return s, nil
}

// readUsages reads what the launcher has written for each process.
func readUsages(dir string) (cpu time.Duration, memory int64, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return 0, 0, err
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return 0, 0, err
		}
		var usage struct {
			CPU    time.Duration
			Memory int64
		}
		if err := json.Unmarshal(content, &usage); err != nil {
			return 0, 0, fmt.Errorf("%s: %w", file, err)
		}
		cpu += usage.CPU
		memory = max(memory, usage.Memory)
	}
	return cpu, memory, nil
}
