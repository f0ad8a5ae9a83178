// Command bench measures how long salesforce_app_token_revocation takes for
// many tokens, and how much memory the provider. The org is simulated, and takes
// a fixed time for each request. It exits with 1 if a limit is missed.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/engine"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// What has to hold: a sweep takes little more than the org's own time for its
// requests, and memory that hardly depends on the number of tokens.
const (
	maxRatio  = 1.15
	maxMemory = 80 << 20 // bytes
)

func main() {
	var b bench
	flag.StringVar(&b.engine, "engine", "terraform", "`path` of terraform or tofu")
	flag.StringVar(&b.provider, "provider", "bin/terraform-provider-salesforce", "`path` of the provider's binary")
	flag.DurationVar(&b.latency, "latency", 20*time.Millisecond, "what the org takes for a request")
	flag.IntVar(&b.concurrency, "concurrency", 16, "the provider's max_concurrency")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := b.run(ctx, 2500, 5000, 10000); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

type bench struct {
	engine, provider string
	latency          time.Duration
	concurrency      int
}

// run prints a line for each number of tokens.
func (b *bench) run(ctx context.Context, sizes ...int) error {
	fmt.Printf("One salesforce_app_token_revocation; %s a request, %d at a time.\n", b.latency, b.concurrency)
	fmt.Printf("The limit is requests × latency / concurrency; at most %.2f times that, and %d MB, are to be taken.\n\n", maxRatio, maxMemory>>20)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "tokens\trequests\tlimit\ttaken\tratio\tper token\tpeak memory\t")
	var missed []error
	for _, n := range sizes {
		r, err := b.measure(ctx, n)
		if err != nil {
			return fmt.Errorf("%d tokens: %w", n, err)
		}
		limit := time.Duration(r.requests) * b.latency / time.Duration(b.concurrency)
		ratio := r.taken.Seconds() / limit.Seconds()
		memory := "unknown"
		if r.memory > 0 {
			memory = fmt.Sprintf("%.1f MB", float64(r.memory)/(1<<20))
		}
		fmt.Fprintf(table, "%d\t%d\t%.2f s\t%.2f s\t%.3f\t%.3f ms\t%s\t\n", n, r.requests, limit.Seconds(), r.taken.Seconds(), ratio,
			1000*r.taken.Seconds()/float64(n), memory)
		if ratio > maxRatio {
			missed = append(missed, fmt.Errorf("%d tokens took %.3f times the limit", n, ratio))
		}
		if r.memory > maxMemory {
			missed = append(missed, fmt.Errorf("%d tokens took %d MB", n, r.memory>>20))
		}
	}
	return errors.Join(table.Flush(), errors.Join(missed...))
}

type result struct {
	requests int
	taken    time.Duration // from the first request to the last answer
	memory   int64         // bytes at the peak; 0 if this system does not tell
}

// measure applies a configuration that revokes n tokens, with a provider that
// was started here, because the peak of its memory is told to its parent only.
func (b *bench) measure(ctx context.Context, n int) (result, error) {
	dir, err := os.MkdirTemp("", "salesforce-bench-")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir)
	workspace, err := engine.New(dir, b.engine, b.provider)
	if err != nil {
		return result{}, err
	}
	server := salesforcetest.NewServer(salesforcetest.NewOrg(salesforcetest.Config{Latency: b.latency}))
	defer server.Close()
	server.Org.AddOauthTokens("Data Loader", n)
	if err := workspace.Write("main.tf", fmt.Sprintf(configuration, server.URL, salesforcetest.DefaultClientID, salesforcetest.DefaultClientSecret, b.concurrency)); err != nil {
		return result{}, err
	}

	cmd, reattach, err := b.startProvider(ctx)
	if err != nil {
		return result{}, err
	}
	apply := workspace.Command(ctx, []string{"TF_REATTACH_PROVIDERS=" + reattach}, "apply", "-auto-approve", "-no-color", "-input=false")
	output, applyErr := apply.CombinedOutput()
	requests := server.Org.Requests()

	stopErr := errors.Join(cmd.Process.Signal(os.Interrupt), cmd.Wait())
	if applyErr != nil {
		return result{}, fmt.Errorf("apply: %w\n%s", applyErr, output)
	}
	if stopErr != nil {
		return result{}, fmt.Errorf("the provider: %w", stopErr)
	}
	for _, token := range server.Org.Tokens() {
		if token.Alive {
			return result{}, errors.New("a token is alive")
		}
	}
	last := requests[len(requests)-1].Time.Add(b.latency)
	return result{len(requests), last.Sub(requests[0].Time), peakMemory(cmd.ProcessState)}, nil
}

const configuration = `
terraform {
  required_providers {
    salesforce = { source = "seed-96a09c2e/salesforce" }
  }
}
provider "salesforce" {
  instance_url    = %q
  client_id       = %q
  client_secret   = %q
  max_concurrency = %d
}
resource "salesforce_app_token_revocation" "bench" {
  app_name  = "Data Loader"
  revoke_on = ["create"]
}
`

var reattachLine = regexp.MustCompile(`TF_REATTACH_PROVIDERS='(.*)'`)

// startProvider also returns what tells an engine where the provider is.
func (b *bench) startProvider(ctx context.Context) (*exec.Cmd, string, error) {
	cmd := exec.CommandContext(ctx, b.provider, "-debug")
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	lines := bufio.NewReader(output)
	for {
		line, err := lines.ReadString('\n')
		if match := reattachLine.FindStringSubmatch(line); match != nil {
			go func() { _, _ = io.Copy(io.Discard, lines) }() // It may say more.
			reattach := match[1]
			if strings.Contains(b.engine, "tofu") {
				reattach = strings.ReplaceAll(reattach, "registry.terraform.io", "registry.opentofu.org")
			}
			return cmd, reattach, nil
		}
		if err != nil {
			return nil, "", errors.Join(fmt.Errorf("the provider does not say where it is: %w", err), cmd.Wait())
		}
	}
}
