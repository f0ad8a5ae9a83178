// Command bench measures what the provider costs: beside the alternatives, with
// the number of tokens, and against what is physically possible. The org is
// simulated, and takes a fixed time for each request. It prints tables, then the
// targets, and exits with 1 if one is missed.
//
// Absolute times mean nothing on a shared machine: compare the ratios.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"strings"
	"time"
)

func main() {
	b := bench{config: standard}
	var parts string
	var quickRun bool
	flag.StringVar(&b.engine, "engine", "terraform", "`path` of terraform or tofu")
	flag.StringVar(&parts, "run", ".", "measure the parts that match this `regexp`: "+strings.Join(partNames(), ", "))
	flag.BoolVar(&quickRun, "quick", false, "see that it works, with few tokens and one run: the ratios mean nothing then")
	flag.IntVar(&b.runs, "runs", b.runs, "how often each row is measured")
	flag.IntVar(&b.tokens, "n", b.tokens, "how many tokens the alternatives are compared by")
	flag.DurationVar(&b.latency, "latency", b.latency, "what the org takes for a request")
	flag.Func("other", "one more alternative, as `source,binary,configuration`; the configuration is a file with the variables of internal/cmd/bench/configurations", b.addOther)
	save := flag.String("save", "", "`file` to write the result to, which the docs are made from")
	flag.Parse()
	if quickRun {
		b.config = quick
	}
	b.repeats = min(b.repeats, b.runs)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := b.main(ctx, parts, *save); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// A config says how much is measured.
type config struct {
	runs    int   // of everything but a resource for each of many tokens
	tokens  int   // that the alternatives are compared by
	single  []int // resources for a token each
	repeats int   // of them
	sweeps  []int // tokens of one resource
	listed  int   // rows of the inventory
	looped  int   // tokens of the bare loop, and of the sweep beside it
	starts  int   // of each provider, to see how long that takes
	latency time.Duration
	release bool // how the programs are built
}

var (
	standard = config{
		runs: 5, tokens: 200, single: []int{50, 200, 1000}, repeats: 3, sweeps: []int{1000, 5000, 10000},
		listed: 10000, looped: 10000, starts: 201, latency: 20 * time.Millisecond, release: true,
	}
	quick = config{
		runs: 1, tokens: 3, single: []int{2}, repeats: 1, sweeps: []int{20},
		listed: 20, looped: 20, starts: 1, latency: time.Millisecond,
	}
)

// What the targets were set for.
const (
	parallelism      = 10 // Terraform's own
	sweepConcurrency = 16 // the provider's default
	loopConcurrency  = 32
	loopLatency      = time.Millisecond
)

type bench struct {
	config
	engine string
	others []alternative

	dir    string // for all that is built and written
	report report
}

// A part is measured on its own, if need be.
type part struct {
	name    string
	measure func(*bench, context.Context) error
}

var parts = []part{
	{"alternatives", (*bench).alternatives},
	{"growth", (*bench).growth},
	{"sweeps", (*bench).sweeps},
	{"inventory", (*bench).inventory},
	{"loop", (*bench).loop},
	{"start", (*bench).start},
}

func partNames() (names []string) {
	for _, p := range parts {
		names = append(names, p.name)
	}
	return names
}

// main measures the chosen parts, and prints what came out.
func (b *bench) main(ctx context.Context, chosen, save string) error {
	pattern, err := regexp.Compile(chosen)
	if err != nil {
		return err
	}
	if err := b.measure(ctx, pattern); err != nil {
		return err
	}
	if err := b.report.print(os.Stdout); err != nil {
		return err
	}
	if save != "" {
		if err := b.report.save(save); err != nil {
			return err
		}
	}
	return b.report.missed()
}

func (b *bench) measure(ctx context.Context, chosen *regexp.Regexp) error {
	if runtime.GOOS == "windows" {
		return errors.New("it needs Unix: on Windows a process is not told what its children used")
	}
	dir, err := os.MkdirTemp("", "salesforce-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b.dir = dir
	if err := b.build(ctx); err != nil {
		return err
	}
	if b.report.System, err = b.system(ctx); err != nil {
		return err
	}
	for _, p := range parts {
		if !chosen.MatchString(p.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "measuring: %s\n", p.name)
		if err := p.measure(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}
