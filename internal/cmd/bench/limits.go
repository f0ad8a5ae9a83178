package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// loop compares a sweep with the least that Go can do it for. What a process
// needs to start has a row and a target of its own, so each token is charged with
// what many of them need beyond a hundredth of them.
func (b *bench) loop(ctx context.Context) error {
	ways := []struct {
		name    string
		measure func(context.Context, int) (sample, error)
	}{
		{"bare net/http loop", b.bareLoop},
		{appSweep, func(ctx context.Context, n int) (sample, error) {
			return b.bulk(ctx, appSweep, n, loopConcurrency, loopLatency)
		}},
	}
	few := max(1, b.looped/100)
	many := make([][]sample, len(ways))
	each := make([][]float64, len(ways)) // seconds of CPU
	for range b.runs {
		for i, way := range ways {
			base, err := way.measure(ctx, few)
			if err != nil {
				return fmt.Errorf("%s: %w", way.name, err)
			}
			s, err := way.measure(ctx, b.looped)
			if err != nil {
				return fmt.Errorf("%s: %w", way.name, err)
			}
			many[i] = append(many[i], s)
			each[i] = append(each[i], (s.providerCPU-base.providerCPU).Seconds()/float64(b.looped-few))
		}
	}
	t := table{
		Name:    "loop",
		Title:   fmt.Sprintf("%d tokens, %d at a time, %s a request (%d runs)", b.looped, loopConcurrency, loopLatency, b.runs),
		Columns: []string{"", "from first to last request, for each token", "CPU for each token", "/ bare loop", "CPU of all, start included", "memory"},
	}
	for i, way := range ways {
		cpu := statsOf(each[i])
		t.add(way.name, median(many[i], working).times(1/float64(b.looped)).microseconds(), cpu.microseconds(), ratio(cpu, statsOf(each[0])),
			median(many[i], providerCPU).seconds(), median(many[i], memory).megabytes())
	}
	b.report.Tables = append(b.report.Tables, t)
	b.report.target(fmt.Sprintf("sweep of %d, CPU for each token / bare loop", b.looped), statsOf(each[1]).over(statsOf(each[0])), 2, "")
	return nil
}

// bareLoop revokes n tokens with nothing but net/http.
func (b *bench) bareLoop(ctx context.Context, n int) (sample, error) {
	server := salesforcetest.NewServer(salesforcetest.NewOrg(salesforcetest.Config{Latency: loopLatency}))
	defer server.Close()
	var tokens []string
	for range n {
		tokens = append(tokens, server.Org.IssueAccessToken())
	}
	usages, err := os.MkdirTemp(b.dir, "usage-")
	if err != nil {
		return sample{}, err
	}
	cmd := exec.CommandContext(ctx, b.path(launcherBinary), "-url", server.URL+salesforcetest.RevokePath, "-concurrency", fmt.Sprint(loopConcurrency))
	cmd.Env = append(os.Environ(), "BENCH_PROVIDER="+b.path(loopBinary), "BENCH_USAGE="+usages)
	cmd.Stdin = strings.NewReader(strings.Join(tokens, "\n") + "\n")
	start := time.Now()
	if output, err := cmd.CombinedOutput(); err != nil {
		return sample{}, fmt.Errorf("%w\n%s", err, output)
	}
	s := sample{wall: time.Since(start)}
	if s.providerCPU, s.memory, err = readUsages(usages); err != nil {
		return s, err
	}
	received := server.Org.Requests()
	s.requests, s.connections = len(received), server.Connections()
	s.working = received[len(received)-1].Time.Sub(received[0].Time) + loopLatency
	for _, token := range tokens {
		if server.Org.Alive(token) {
			return s, errors.New("a token is still valid")
		}
	}
	return s, nil
}

// start compares how long the providers take to serve, and how large they are.
func (b *bench) start(ctx context.Context) error {
	binaries := []struct{ name, file string }{{noop, noopBinary}, {ours, salesforceBinary}}
	times := make([][]float64, len(binaries))
	for run := range b.starts {
		for i := range binaries {
			i = (i + run) % len(binaries)
			taken, err := b.handshake(ctx, b.path(binaries[i].file))
			if err != nil {
				return fmt.Errorf("%s: %w", binaries[i].name, err)
			}
			times[i] = append(times[i], taken.Seconds())
		}
	}
	t := table{
		Name:    "start",
		Title:   fmt.Sprintf("start-up (%d runs), and size of the stripped binary", b.starts),
		Columns: []string{"", "process start to handshake", "/ no-op", "size", "/ no-op"},
	}
	sizes := make([]stats, len(binaries))
	for i, binary := range binaries {
		info, err := os.Stat(b.path(binary.file))
		if err != nil {
			return err
		}
		sizes[i] = statsOf([]float64{float64(info.Size())})
		t.add(binary.name, statsOf(times[i]).milliseconds(), ratio(statsOf(times[i]), statsOf(times[0])), sizes[i].megabytes(), ratio(sizes[i], sizes[0]))
	}
	b.report.Tables = append(b.report.Tables, t)
	b.report.target("start-up / no-op provider", statsOf(times[1]).over(statsOf(times[0])), 1.1, "")
	b.report.target("stripped binary", sizes[1].times(1.0/(1<<20)).median, 20, " MB")
	b.report.target("stripped binary / no-op provider", sizes[1].over(sizes[0]), 1.10, "")
	return nil
}

// handshake starts a provider as an engine does, and returns how long it takes to
// say where it serves.
func (b *bench) handshake(ctx context.Context, binary string) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, binary)
	cmd.Env = append(os.Environ(), "TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2", "PLUGIN_PROTOCOL_VERSIONS=6")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	taken := time.Since(start)
	_ = cmd.Process.Kill() // It waits for an engine.
	_ = cmd.Wait()
	if err != nil || !strings.Contains(line, "|grpc") {
		return 0, fmt.Errorf("it said %q: %w", line, err)
	}
	return taken, nil
}
