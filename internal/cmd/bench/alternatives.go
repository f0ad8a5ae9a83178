package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

//go:embed configurations
var configurations embed.FS

func configuration(name string) string {
	content, err := configurations.ReadFile("configurations/" + name + ".tf")
	if err != nil {
		panic(err) // It is part of this program.
	}
	return string(content)
}

// An alternative is a way to do something for each of many tokens.
type alternative struct {
	name          string
	configuration string
	source        string // of the provider; empty if there is none
	binary        string // of the provider
	revokes       bool   // at creation or destroy, as it is told; else nothing is sent
	needs         string // a program that has to be there
	quiet         bool   // the SDK makes no trace lines, as in ours
}

// The names of the alternatives that targets are about.
const (
	nothing = "terraform_data"
	noop    = "no-op provider"
	same    = "no-op, same attributes"
	curl    = "local-exec curl"
	ours    = "this provider"
)

func (b *bench) allAlternatives() []alternative {
	return append([]alternative{
		{name: nothing, configuration: configuration("terraform_data")},
		{name: noop, configuration: configuration("noop"), source: "seed-96a09c2e/noop", binary: b.path(noopBinary)},
		{name: same, configuration: configuration("same_attributes"), source: "seed-96a09c2e/noop", binary: b.path(noopBinary), quiet: true},
		{name: curl, configuration: configuration("curl"), revokes: true, needs: "curl"},
		b.ours(),
	}, b.others...)
}

func (b *bench) ours() alternative {
	return alternative{name: ours, configuration: configuration("salesforce"), source: "seed-96a09c2e/salesforce", binary: b.path(salesforceBinary), revokes: true}
}

// addOther reads the flag -other.
func (b *bench) addOther(value string) error {
	fields := strings.Split(value, ",")
	if len(fields) != 3 {
		return errors.New("want source,binary,configuration")
	}
	content, err := os.ReadFile(fields[2])
	if err != nil {
		return err
	}
	binary, err := filepath.Abs(fields[1])
	if err != nil {
		return err
	}
	if _, err := os.Stat(binary); err != nil {
		return err
	}
	b.others = append(b.others, alternative{name: fields[0], configuration: string(content), source: fields[0], binary: binary, revokes: true})
	return nil
}

// alternatives compares them, one after another in each run, so that whatever
// else the machine does meanwhile hits all of them.
func (b *bench) alternatives(ctx context.Context) error {
	rows := b.allAlternatives()
	applies, destroys := map[string][]sample{}, map[string][]sample{}
	skipped := map[string]string{}
	for run := range b.runs {
		for i := range rows {
			a := rows[(i+run)%len(rows)]
			if _, err := exec.LookPath(a.needs); a.needs != "" && err != nil {
				skipped[a.name] = a.needs + " is missing"
			}
			if skipped[a.name] != "" {
				continue
			}
			apply, destroy, err := b.measureAlternative(ctx, a, b.tokens)
			var wrong *countError
			if errors.As(err, &wrong) && a.name != ours {
				skipped[a.name] = err.Error()
				continue
			}
			if err != nil {
				return fmt.Errorf("%s: %w", a.name, err)
			}
			applies[a.name] = append(applies[a.name], apply)
			destroys[a.name] = append(destroys[a.name], destroy)
		}
	}
	for name, reason := range skipped {
		delete(applies, name)
		delete(destroys, name)
		b.report.Notes = append(b.report.Notes, fmt.Sprintf("%s does not count: %s.", name, reason))
	}
	b.reportAlternatives(rows, applies, destroys)
	return nil
}

// A countError says that an alternative did not do what it is measured for.
type countError struct{ revoked, want int }

func (e *countError) Error() string {
	return fmt.Sprintf("the org saw %d of %d tokens revoked", e.revoked, e.want)
}

// measureAlternative applies and destroys n resources. An apply that is to revoke
// is measured with other tokens than a destroy that is to.
func (b *bench) measureAlternative(ctx context.Context, a alternative, n int) (apply, destroy sample, err error) {
	apply, _, err = b.measureEvent(ctx, a, n, "create")
	if err == nil {
		_, destroy, err = b.measureEvent(ctx, a, n, "destroy")
	}
	return apply, destroy, err
}

// measureEvent applies n resources that revoke at that event, and destroys them
// if it is destroy.
func (b *bench) measureEvent(ctx context.Context, a alternative, n int, event string) (apply, destroy sample, err error) {
	w, err := b.newWorkplace(a.source, a.binary, b.latency, map[string]string{"main.tf": a.configuration, "variables.tf": configuration("variables")})
	if err != nil {
		return apply, destroy, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if a.quiet {
		w.env = []string{"TF_LOG_SDK=OFF", "TF_LOG_SDK_PROTO=OFF", "TF_LOG_SDK_FRAMEWORK=OFF"}
	}
	tokens := make([]string, n)
	for i := range tokens {
		tokens[i] = w.server.Org.IssueAccessToken()
	}
	// What is revoked must be revoked by the command that is to do it.
	check := func(command string) error {
		want := 0
		if a.revokes && (event == "create" || command == "destroy") {
			want = n
		}
		revoked := 0
		for _, token := range tokens {
			if !w.server.Org.Alive(token) {
				revoked++
			}
		}
		if revoked != want {
			return &countError{revoked, want}
		}
		return nil
	}
	if err := w.set(map[string]any{"instance_url": w.server.URL, "tokens": tokens, "revoke_on": event}); err != nil {
		return apply, destroy, err
	}
	if apply, err = w.run(ctx, "apply"); err != nil {
		return apply, destroy, err
	}
	if err := check("apply"); err != nil {
		return apply, destroy, err
	}
	state, err := os.Stat(filepath.Join(w.Dir, "terraform.tfstate"))
	if err != nil {
		return apply, destroy, err
	}
	apply.state = state.Size()
	if event == "create" {
		return apply, destroy, nil // Another folder is for the destroy.
	}
	if destroy, err = w.run(ctx, "destroy"); err != nil {
		return apply, destroy, err
	}
	destroy.state = apply.state
	return apply, destroy, check("destroy")
}

// stateOf is how many bytes of the state there are for each of n resources.
func stateOf(s sample, n int) string { return fmt.Sprintf("%d bytes", s.state/int64(n)) }

// requestTime is what the org's own time for n requests comes to.
func (b *bench) requestTime(n int) time.Duration {
	return time.Duration(n) * b.latency / parallelism
}

// reportAlternatives has a table and a series of bars for each command.
func (b *bench) reportAlternatives(rows []alternative, applies, destroys map[string][]sample) {
	bars := plot{Name: "alternatives", Title: fmt.Sprintf("%d tokens, %s a request", b.tokens, b.latency), Y: "seconds"}
	for _, a := range rows {
		if len(applies[a.name]) > 0 {
			bars.Labels = append(bars.Labels, a.name)
		}
	}
	for _, command := range []struct {
		name    string
		samples map[string][]sample
	}{{"apply", applies}, {"destroy", destroys}} {
		least := median(command.samples[noop], wall).plus(b.requestTime(b.tokens).Seconds())
		t := table{
			Name:  command.name,
			Title: fmt.Sprintf("%s of %d, %d at a time, %s a request (%d runs)", command.name, b.tokens, parallelism, b.latency, b.runs),
			Columns: []string{"", "time", "CPU of the engine", "CPU of the provider", "memory of the provider", "connections", "requests", "state for each",
				"time / (no-op + requests)", "time / curl", "CPU / curl"},
		}
		s := series{Name: command.name}
		for _, a := range rows {
			samples := command.samples[a.name]
			if len(samples) == 0 {
				continue
			}
			time := median(samples, wall)
			t.add(a.name, time.seconds(), median(samples, engineCPU).seconds(), orDash(a.binary != "", median(samples, providerCPU).seconds()),
				orDash(a.binary != "", median(samples, memory).megabytes()), median(samples, connections).count(), median(samples, requests).count(),
				stateOf(samples[0], b.tokens),
				ratio(time, least), ratio(time, median(command.samples[curl], wall)), ratio(median(samples, cpu), median(command.samples[curl], cpu)))
			s.add(time)
		}
		b.report.Tables = append(b.report.Tables, t)
		bars.Series = append(bars.Series, s)

		mine := median(command.samples[ours], wall)
		what := fmt.Sprintf("%s of %d", command.name, b.tokens)
		limit := map[string]struct{ least, curl, cpu float64 }{"apply": {1.00, 0.75, 0.70}, "destroy": {1.05, 0.80, 0}}[command.name]
		b.report.target(what+", time / (no-op provider + requests × latency / parallelism)", mine.over(least), limit.least, "")
		if len(command.samples[curl]) > 0 {
			b.report.target(what+", time / curl", mine.over(median(command.samples[curl], wall)), limit.curl, "")
			if limit.cpu > 0 {
				b.report.target(what+", CPU / curl", median(command.samples[ours], cpu).over(median(command.samples[curl], cpu)), limit.cpu, "")
			}
		}
	}
	b.report.Plots = append(b.report.Plots, bars)
	most := median(applies[ours], connections).high
	b.report.target(fmt.Sprintf("connections of an apply, %d at a time", parallelism), most, parallelism, "")
}
