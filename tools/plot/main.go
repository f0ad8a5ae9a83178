// Command plot puts the result of a benchmark into the docs: tables into the
// guide on performance, where its template names them in comments such as
// <!-- table: apply -->, and plots beside it. It has a go.mod of its own, so that
// the provider does not depend on what draws them.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Below the root of the repository.
const (
	resultFile = "internal/cmd/bench/result.json"
	guideFile  = "docs/guides/performance.md"
	imagesDir  = "docs/images"
)

// A result is what internal/cmd/bench saves.
type result struct {
	System struct {
		Date, Engine, Go, OS, CPU string
		CPUs                      int
	}
	Tables []struct {
		Name    string
		Title   string
		Columns []string
		Rows    [][]string
	}
	Plots   []plotData
	Targets []struct {
		What         string
		Value, Limit float64
		Unit         string
		Met          bool
	}
	Notes []string
}

// A plotData has bars if it has labels, else lines.
type plotData struct {
	Name, Title, X, Y string
	Labels            []string
	Series            []seriesData
}

type seriesData struct {
	Name            string
	X, Y, Low, High []float64
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: plot REPOSITORY")
	}
	if err := run(os.Args[1]); err != nil {
		log.Fatal("plot: ", err)
	}
}

func run(root string) error {
	content, err := os.ReadFile(filepath.Join(root, resultFile))
	if err != nil {
		return err
	}
	var r result
	if err := json.Unmarshal(content, &r); err != nil {
		return fmt.Errorf("%s: %w", resultFile, err)
	}
	if err := os.MkdirAll(filepath.Join(root, imagesDir), 0o755); err != nil {
		return err
	}
	for _, p := range r.Plots {
		file := filepath.Join(root, imagesDir, "performance-"+p.Name+".svg")
		if err := draw(p, file); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	guide, err := os.ReadFile(filepath.Join(root, guideFile))
	if err != nil {
		return err
	}
	filled, err := r.fill(string(guide))
	if err != nil {
		return fmt.Errorf("%s: %w", guideFile, err)
	}
	return os.WriteFile(filepath.Join(root, guideFile), []byte(filled), 0o644)
}

var placeholder = regexp.MustCompile(`<!-- ([a-z]+)(?:: ([a-z]+))? -->`)

// fill replaces the comments that name a part of the result.
func (r *result) fill(guide string) (string, error) {
	var unknown []string
	filled := placeholder.ReplaceAllStringFunc(guide, func(comment string) string {
		match := placeholder.FindStringSubmatch(comment)
		switch match[1] {
		case "system":
			return r.system()
		case "targets":
			return r.targets()
		case "table":
			for _, t := range r.Tables {
				if t.Name == match[2] {
					return t.Title + ":\n\n" + markdown(t.Columns, t.Rows)
				}
			}
		}
		unknown = append(unknown, comment)
		return comment
	})
	if unknown != nil {
		return "", fmt.Errorf("the result has nothing for %s", strings.Join(unknown, ", "))
	}
	return filled, nil
}

func (r *result) system() string {
	s := r.System
	text := fmt.Sprintf("%s, %s, %d × %s, Go %s, on %s", s.Engine, s.OS, s.CPUs, s.CPU, strings.TrimPrefix(s.Go, "go"), s.Date)
	if len(r.Notes) > 0 {
		text += ". " + strings.Join(r.Notes, " ")
	}
	return text
}

func (r *result) targets() string {
	var rows [][]string
	for _, t := range r.Targets {
		met := "yes"
		if !t.Met {
			met = "**no**"
		}
		rows = append(rows, []string{t.What, fmt.Sprintf("%.4g%s", t.Value, t.Unit), fmt.Sprintf("≤ %.4g%s", t.Limit, t.Unit), met})
	}
	return markdown([]string{"what", "measured", "target", "met"}, rows)
}

// markdown is a table, with code for whatever is a name in Terraform.
func markdown(columns []string, rows [][]string) string {
	var table strings.Builder
	write := func(cells []string) {
		for _, cell := range cells {
			table.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
		}
		table.WriteString("|\n")
	}
	write(columns)
	table.WriteString("|" + strings.Repeat(" --- |", len(columns)) + "\n")
	for _, row := range rows {
		cells := append([]string{}, row...)
		for i, cell := range cells {
			cells[i] = terraformName.ReplaceAllString(cell, "`$0`")
		}
		write(cells)
	}
	return strings.TrimSuffix(table.String(), "\n")
}

var terraformName = regexp.MustCompile(`\b[a-z]+(?:_[a-z]+)+\b`)
