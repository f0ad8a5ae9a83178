package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
)

// A report is what a run has brought. The docs are made from its JSON.
type report struct {
	System  system
	Tables  []table
	Plots   []plot
	Targets []target
	Notes   []string // why something does not count
}

// A system is what was measured, and what on.
type system struct {
	Date   string // of the run
	Engine string // with its version
	Go     string
	OS     string // and architecture
	CPUs   int
	CPU    string // empty where it is not known
}

type table struct {
	Name    string // in the template of the docs
	Title   string
	Columns []string
	Rows    [][]string
}

func (t *table) add(cells ...string) { t.Rows = append(t.Rows, cells) }

// A plot has bars, if it has labels, else lines.
type plot struct {
	Name   string // in the template of the docs
	Title  string
	X, Y   string // what the axes show
	Labels []string
	Series []series
}

// A series has a bar for each label, or a line through the points.
type series struct {
	Name string
	X    []float64 `json:",omitempty"` // of points
	Y    []float64 // medians
	Low  []float64 // the least that was measured
	High []float64 // the most
}

func (s *series) add(y stats) {
	s.Y, s.Low, s.High = append(s.Y, y.median), append(s.Low, y.low), append(s.High, y.high)
}

func (s *series) addAt(x float64, y stats) {
	s.X = append(s.X, x)
	s.add(y)
}

// A target is met if the value is not above the limit.
type target struct {
	What         string
	Value, Limit float64
	Unit         string // empty for a ratio or a count
	Met          bool
}

func (r *report) target(what string, value, limit float64, unit string) {
	r.Targets = append(r.Targets, target{what, value, limit, unit, value <= limit}) // NaN is not met.
}

func (r *report) print(w io.Writer) error {
	fmt.Fprintf(w, "%s, %s, %s, %d × %s, %s\n", r.System.Date, r.System.Engine, r.System.OS, r.System.CPUs, r.System.CPU, r.System.Go)
	fmt.Fprintln(w, "Medians, with the least and the most.")
	for _, t := range r.Tables {
		fmt.Fprintf(w, "\n%s\n\n", t.Title)
		if err := printTable(w, t.Columns, t.Rows); err != nil {
			return err
		}
	}
	if len(r.Notes) > 0 {
		fmt.Fprintf(w, "\n%s\n", strings.Join(r.Notes, "\n"))
	}
	fmt.Fprint(w, "\ntargets\n\n")
	var rows [][]string
	for _, t := range r.Targets {
		rows = append(rows, []string{t.What, t.format(t.Value), "≤ " + t.format(t.Limit), map[bool]string{true: "pass", false: "MISS"}[t.Met]})
	}
	return printTable(w, []string{"what", "measured", "target", ""}, rows)
}

func (t target) format(value float64) string { return fmt.Sprintf("%.4g%s", value, t.Unit) }

func printTable(w io.Writer, columns []string, rows [][]string) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(columns, "\t"))
	for _, row := range rows {
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	return table.Flush()
}

// missed is an error if a target is.
func (r *report) missed() error {
	n := 0
	for _, t := range r.Targets {
		if !t.Met {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d targets are missed", n, len(r.Targets))
}

// save writes the report for the docs.
func (r *report) save(path string) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(content, '\n'), 0o600)
}
