// Command launcher stands between an engine and a provider, because only the
// process that started another is told what it used. It starts the provider that
// the environment names, and writes down what it used when it has ended.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/parent"
)

// The environment variables that the launcher reads.
const (
	binaryVariable = "BENCH_PROVIDER" // path of the provider
	usageVariable  = "BENCH_USAGE"    // folder for a file of each process
)

// A usage is what a process used.
type usage struct {
	CPU    time.Duration // of user and system
	Memory int64         // bytes at the peak; 0 if this system does not tell
}

func main() {
	// What a terminal sends to the process group is for the provider to act on.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGTERM)

	cmd := exec.Command(os.Getenv(binaryVariable), os.Args[1:]...) //nolint:noctx // It ends when the provider does.
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Start()
	if err == nil {
		go endWithEngine(cmd.Process)
		err = cmd.Wait()
	}
	if cmd.ProcessState == nil {
		fmt.Fprintln(os.Stderr, "launcher:", err)
		os.Exit(1)
	}
	content, err := json.Marshal(usage{cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), peakMemory(cmd.ProcessState)})
	if err == nil {
		file := filepath.Join(os.Getenv(usageVariable), strconv.Itoa(os.Getpid())+".json")
		err = os.WriteFile(file, content, 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "launcher:", err)
		os.Exit(1)
	}
	os.Exit(cmd.ProcessState.ExitCode())
}

// endWithEngine kills the provider when the engine was killed, which a provider
// notices only if it is the engine's own child.
func endWithEngine(provider *os.Process) {
	if parent.Wait() == nil {
		_ = provider.Kill()
	}
}
