package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// The objects that work on many.
const (
	appSweep     = "salesforce_app_token_revocation"
	sessionSweep = "salesforce_session_revocation"
	inventory    = "salesforce_oauth_tokens"
)

// growth shows how a resource for each token grows with their number.
func (b *bench) growth(ctx context.Context) error {
	t := table{
		Name:    "growth",
		Title:   fmt.Sprintf("salesforce_token_revocation, one for each token, %d at a time, %s a request (%d runs)", parallelism, b.latency, b.repeats),
		Columns: []string{"tokens", "apply", "destroy", "CPU of the engine, apply", "CPU of the provider, apply", "memory of the provider", "state for each"},
	}
	line := series{Name: "salesforce_token_revocation, apply"}
	for _, n := range b.single {
		var applies, destroys []sample
		for range b.repeats {
			apply, destroy, err := b.measureAlternative(ctx, b.ours(), n)
			if err != nil {
				return fmt.Errorf("%d tokens: %w", n, err)
			}
			applies, destroys = append(applies, apply), append(destroys, destroy)
		}
		t.add(fmt.Sprint(n), median(applies, wall).seconds(), median(destroys, wall).seconds(), median(applies, engineCPU).seconds(),
			median(applies, providerCPU).seconds(), median(applies, memory).megabytes(), stateOf(destroys[0], n))
		line.addAt(float64(n), median(applies, wall))
	}
	b.report.Tables = append(b.report.Tables, t)
	b.growthPlot().Series = append(b.growthPlot().Series, line)
	return nil
}

// growthPlot is what growth and sweeps draw into.
func (b *bench) growthPlot() *plot {
	for i, p := range b.report.Plots {
		if p.Name == "growth" {
			return &b.report.Plots[i]
		}
	}
	b.report.Plots = append(b.report.Plots, plot{Name: "growth", Title: fmt.Sprintf("Time of an apply, %s a request", b.latency), X: "tokens or sessions", Y: "seconds"})
	return &b.report.Plots[len(b.report.Plots)-1]
}

// sweeps shows how one resource for all grows with their number.
func (b *bench) sweeps(ctx context.Context) error {
	t := table{
		Name:    "sweeps",
		Title:   fmt.Sprintf("one resource for all, %d at a time, %s a request (%d runs)", sweepConcurrency, b.latency, b.runs),
		Columns: []string{"resource", "tokens or sessions", "requests", "apply", "from first to last request", "/ (requests × latency / concurrency)", "CPU of the provider for each", "memory of the provider"},
	}
	for _, object := range []string{appSweep, sessionSweep} {
		line := series{Name: object + ", apply"}
		for i, n := range b.sweepSizes() {
			var samples []sample
			for range b.runs {
				s, err := b.bulk(ctx, object, n, sweepConcurrency, b.latency)
				if err != nil {
					return fmt.Errorf("%s of %d: %w", object, n, err)
				}
				samples = append(samples, s)
			}
			limit := median(samples, requests).times(b.latency.Seconds() / sweepConcurrency)
			taken, peak := median(samples, working), median(samples, memory)
			t.add(object, fmt.Sprint(n), median(samples, requests).count(), median(samples, wall).seconds(), taken.seconds(), fmt.Sprintf("%.3f", taken.over(limit)),
				median(samples, providerCPU).times(1/float64(n)).microseconds(), peak.megabytes())
			line.addAt(float64(n), median(samples, wall))
			if i == len(b.sweepSizes())-1 {
				what := fmt.Sprintf("%s of %d", object, n)
				b.report.target(what+", time / (requests × latency / concurrency)", taken.over(limit), 1.08, "")
				b.report.target(what+", memory", peak.times(1.0/(1<<20)).high, 40, " MB")
			}
		}
		b.growthPlot().Series = append(b.growthPlot().Series, line)
	}
	b.report.Tables = append(b.report.Tables, t)
	return nil
}

func (b *bench) sweepSizes() []int { return b.config.sweeps }

// inventory shows what it takes to list tokens.
func (b *bench) inventory(ctx context.Context) error {
	var samples []sample
	for range b.runs {
		s, err := b.bulk(ctx, inventory, b.listed, sweepConcurrency, b.latency)
		if err != nil {
			return err
		}
		samples = append(samples, s)
	}
	t := table{
		Name:    "inventory",
		Title:   fmt.Sprintf("the data source salesforce_oauth_tokens, %s a request (%d runs)", b.latency, b.runs),
		Columns: []string{"rows", "requests", "apply", "CPU of the engine", "CPU of the provider", "memory of the provider"},
	}
	peak := median(samples, memory)
	t.add(fmt.Sprint(b.listed), median(samples, requests).count(), median(samples, wall).seconds(), median(samples, engineCPU).seconds(), median(samples, providerCPU).seconds(), peak.megabytes())
	b.report.Tables = append(b.report.Tables, t)
	b.report.target(fmt.Sprintf("inventory of %d rows, memory", b.listed), peak.times(1.0/(1<<20)).high, 80, " MB")
	return nil
}

// bulk measures the apply of one object that works on n things of an org.
func (b *bench) bulk(ctx context.Context, object string, n, concurrency int, latency time.Duration) (s sample, err error) {
	w, err := b.newWorkplace("seed-96a09c2e/salesforce", b.path(salesforceBinary), latency, map[string]string{"main.tf": configuration("bulk")})
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	org := w.server.Org
	if object == sessionSweep {
		org.AddSessions(n)
	} else {
		org.AddOauthTokens("Data Loader", n)
	}
	users := map[string]bool{}
	var ids []string
	for _, token := range org.Tokens() {
		if !users[token.UserID] {
			users[token.UserID] = true
			ids = append(ids, token.UserID)
		}
	}
	if err := w.set(map[string]any{
		"instance_url": w.server.URL, "client_id": salesforcetest.DefaultClientID, "client_secret": salesforcetest.DefaultClientSecret,
		"object": object, "concurrency": concurrency, "user_ids": ids,
	}); err != nil {
		return s, err
	}
	if s, err = w.run(ctx, "apply"); err != nil {
		return s, err
	}
	revoked := 0
	for _, token := range org.Tokens()[:n] { // What follows are the provider's own sessions.
		if !token.Alive {
			revoked++
		}
	}
	want := n
	if object == inventory {
		want = 0
	}
	if revoked != want {
		return s, &countError{revoked, want}
	}
	return s, nil
}
