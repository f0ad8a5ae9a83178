package main

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

func findEngine(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform", "tofu"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	t.Fatal("neither terraform nor tofu is on the PATH, nor named by TF_ACC_TERRAFORM_PATH")
	return ""
}

// A quick run measures everything that a whole one does.
func TestQuickRun(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the benchmark needs Unix")
	}
	dir := t.TempDir()
	binary := filepath.Join(dir, salesforceBinary)
	if output, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-ldflags", "-s -w", "-o", binary, module).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, output)
	}
	b := bench{config: quick, engine: findEngine(t)}
	// Another provider, which here is ours, counts if it revokes, and else does not.
	for name, config := range map[string]string{
		"other": configuration("salesforce"),
		"idle":  strings.Replace(configuration("salesforce"), "length(var.tokens)", "0", 1),
	} {
		file := filepath.Join(dir, name+".tf")
		if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := b.addOther("seed-96a09c2e/salesforce," + binary + "," + file); err != nil {
			t.Fatal(err)
		}
		b.others[len(b.others)-1].name = name
	}
	if err := b.measure(t.Context(), regexp.MustCompile(".")); err != nil {
		t.Fatal(err)
	}

	rows := map[string]int{"apply": 4, "destroy": 4, "growth": 1, "sweeps": 2, "inventory": 1, "loop": 2, "start": 2}
	tables := map[string]table{}
	for _, table := range b.report.Tables {
		tables[table.Name] = table
		if want, known := rows[table.Name]; !known || len(table.Rows) < want {
			t.Errorf("the table %s has %d rows; want %d", table.Name, len(table.Rows), want)
		}
		for _, row := range table.Rows {
			if len(row) != len(table.Columns) {
				t.Errorf("the table %s has a row of %d cells for %d columns", table.Name, len(row), len(table.Columns))
			}
		}
	}
	if len(tables) != len(rows) {
		t.Errorf("there are %d tables; want %d", len(tables), len(rows))
	}
	const requests, state = 6, 7 // the columns
	states := map[string]int{}
	for _, command := range []string{"apply", "destroy"} {
		for _, row := range tables[command].Rows {
			want := map[string]string{nothing: "0", noop: "0", same: "0"}[row[0]]
			if want == "" {
				want = strconv.Itoa(quick.tokens)
			}
			if row[requests] != want {
				t.Errorf("%s of %s: %s requests; want %s", command, row[0], row[requests], want)
			}
			var err error
			if states[row[0]], err = strconv.Atoi(strings.TrimSuffix(row[state], " bytes")); err != nil {
				t.Error(err)
			}
			if row[0] == "idle" {
				t.Errorf("%s counts a provider that revokes nothing", command)
			}
		}
	}
	// The names of the provider and of the resource, which are there once, may differ.
	if bytes := states[same] - states[ours]; bytes < -5 || bytes > 5 {
		t.Errorf("%s: %d bytes of state for each; %s: %d", same, states[same], ours, states[ours])
	}
	if notes := strings.Join(b.report.Notes, "\n"); !strings.Contains(notes, "idle does not count: the org saw 0 of 3 tokens revoked.") {
		t.Errorf("the notes are %q", notes)
	}
	if len(b.report.Targets) < 12 || len(b.report.Plots) != 2 {
		t.Errorf("there are %d targets and %d plots", len(b.report.Targets), len(b.report.Plots))
	}
	for _, target := range b.report.Targets {
		// The CPU for each token is a difference of two runs: of so few tokens, it may
		// come out below zero.
		if math.IsNaN(target.Value) || math.IsInf(target.Value, 0) || target.Value == 0 {
			t.Errorf("%s: %v was measured", target.What, target.Value)
		}
	}

	var printed strings.Builder
	file := filepath.Join(dir, "result.json")
	if err := b.report.print(&printed); err != nil {
		t.Fatal(err)
	}
	if err := b.report.save(file); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil || !json.Valid(content) {
		t.Errorf("the result is no JSON: %v", err)
	}
	for _, want := range []string{"local-exec curl", "stripped binary", "≤ 20 MB"} {
		if !strings.Contains(printed.String(), want) {
			t.Errorf("it does not print %q:\n%s", want, printed.String())
		}
	}
}

func TestTargets(t *testing.T) {
	t.Parallel()
	var r report
	r.target("at the limit", 2, 2, "")
	if err := r.missed(); err != nil {
		t.Error(err)
	}
	r.target("above", 2.01, 2, "")
	r.target("not measured", math.NaN(), 2, "")
	if err := r.missed(); err == nil || err.Error() != "2 of 3 targets are missed" {
		t.Errorf("missed = %v", err)
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		values []float64
		want   stats
	}{
		{[]float64{3}, stats{3, 3, 3}},
		{[]float64{5, 1, 3}, stats{3, 1, 5}},
		{[]float64{4, 1, 2, 8}, stats{3, 1, 8}},
	} {
		if got := statsOf(test.values); got != test.want {
			t.Errorf("statsOf(%v) = %v; want %v", test.values, got, test.want)
		}
	}
	if got := (stats{1.234, 1, 2}).seconds(); got != "1.23 s (1.00–2.00)" {
		t.Errorf("seconds = %q", got)
	}
}
