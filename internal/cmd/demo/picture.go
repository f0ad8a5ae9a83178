package main

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"
)

// The picture's measures, in pixels.
const (
	lineHeight = 18
	charWidth  = 7.8
	margin     = 16
)

var (
	good = regexp.MustCompile(`(revoked|not found: it is encrypted)$`)
	bad  = regexp.MustCompile(`( valid| found|success, it says)$`)
)

// draw makes an SVG picture of what a run printed.
func draw(output string) []byte {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	width := 0
	for _, line := range lines {
		width = max(width, len([]rune(line)))
	}
	var svg strings.Builder
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%d" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13">`+"\n",
		float64(width)*charWidth+2*margin, len(lines)*lineHeight+2*margin)
	svg.WriteString("<title>Output of make demo</title>\n" + `<rect width="100%" height="100%" rx="8" fill="#1b1f24"/>` + "\n")
	for i, line := range lines {
		color := "#d0d7de"
		switch {
		case strings.HasPrefix(line, "$"):
			color = "#79c0ff"
		case good.MatchString(line), strings.Contains(line, "Error:"):
			color = "#7ee787"
		case bad.MatchString(line):
			color = "#ffa657"
		}
		var text strings.Builder
		_ = xml.EscapeText(&text, []byte(line)) // A strings.Builder does not fail.
		fmt.Fprintf(&svg, `<text x="%d" y="%d" fill="%s" xml:space="preserve">%s</text>`+"\n", margin, margin+(i+1)*lineHeight-4, color, text.String())
	}
	svg.WriteString("</svg>\n")
	return []byte(svg.String())
}
