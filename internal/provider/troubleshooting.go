package provider

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

const troubleshootingHead = `---
page_title: "Troubleshooting"
subcategory: ""
description: |-
  Every error and warning of the provider: what it means, whether the token is still valid, and what to do.
---

# Troubleshooting

Every error and warning of this provider, what it means, whether the token is still valid, and what to do.
In messages, words in *italics* stand for what differs from case to case; *digest* is the first 8 digits of the token's SHA-256.
After an error in an apply, nothing is stored and the next apply tries again. After an error in a destroy, the resource stays in the state and the next run tries again.

`

// Troubleshooting returns the guide of that name, in Markdown. It is made of the
// messages that the provider gives.
func Troubleshooting() string {
	var page strings.Builder
	page.WriteString(troubleshootingHead)
	page.WriteString("| Message | | Token |\n| --- | --- | --- |\n")
	for _, section := range catalogue {
		for _, m := range section.messages {
			fmt.Fprintf(&page, "| [%s](#%s) | %s | %s |\n", m.title(), anchor(m.title()), strings.ToLower(m.severity.String()), m.token)
		}
	}
	explained := make(map[*cause]string) // by the first of a list, where it is
	for _, section := range catalogue {
		fmt.Fprintf(&page, "\n## %s\n", section.title)
		for _, m := range section.messages {
			m.describe(&page, explained)
		}
	}
	return page.String()
}

// title is the summary without what differs from case to case.
func (m message) title() string {
	return strings.Join(strings.Fields(placeholder().ReplaceAllString(m.summary, "")), " ")
}

// describe writes the message, and its causes where they are not explained yet.
func (m message) describe(page *strings.Builder, explained map[*cause]string) {
	fmt.Fprintf(page, "\n### %s\n\n%s. Token: %s.\n", m.title(), m.severity, m.token)
	for _, part := range []string{m.happened, m.meaning, m.remedy} {
		if text := inGuide(part); text != "" {
			fmt.Fprintf(page, "\n%s\n", text)
		}
	}
	var rows []cause
	var elsewhere []string
	for _, list := range m.causes {
		if title, ok := explained[&list[0]]; !ok {
			explained[&list[0]] = m.title()
			rows = append(rows, list...)
		} else if link := fmt.Sprintf("[%s](#%s)", title, anchor(title)); !slices.Contains(elsewhere, link) {
			elsewhere = append(elsewhere, link)
		}
	}
	describeCauses(page, rows)
	if len(elsewhere) > 0 {
		fmt.Fprintf(page, "\nThe causes of %s apply, too.\n", strings.Join(elsewhere, " and "))
	}
}

func describeCauses(page *strings.Builder, rows []cause) {
	if len(rows) == 0 {
		return
	}
	if !slices.ContainsFunc(rows, func(c cause) bool { return inCell(c.meaning) != "" }) {
		page.WriteString("\n| If | what to do |\n| --- | --- |\n")
		for _, c := range rows {
			fmt.Fprintf(page, "| %s | %s |\n", c.when, inCell(c.remedy))
		}
		return
	}
	page.WriteString("\n| If | it means | what to do |\n| --- | --- | --- |\n")
	for _, c := range rows {
		meaning := cmp.Or(inCell(c.meaning), "as above") // which is what the token's validity says
		fmt.Fprintf(page, "| %s | %s | %s |\n", c.when, meaning, inCell(c.remedy))
	}
}

// What the guide has for some words in braces. The rest is in italics.
var guideWords = strings.NewReplacer(
	"{meaning}", "",
	"{remedy}", "",
	"{kept}", "",
	"{stopped}", "",
	"{include}", "",
	"{current}", "",
	"{hint}", "If the value has whitespace at its ends, use trimspace. If it starts with “Bearer”, remove that word. If it is empty, check where it comes from, or use null to leave it out.",
	"{arrival}", "The token may still be valid. It may be revoked, if the request arrived.",
	"{minted}", "",
	"{readdress}", "If the address is wrong, correct the provider's instance_url and site. A destroy uses the address in the state.",
)

// placeholder matches a word in braces.
var placeholder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{([a-z_]+)\}`) })

// inGuide is a text of the catalogue as the guide has it: names of attributes,
// variables and functions are code.
func inGuide(text string) string {
	identifiers := regexp.MustCompile(`(^|[\s(])((?:[a-z0-9]+_[a-z0-9_]+|verify)(?: = (?:\["[a-z]+"\]|[a-z]+))|[a-z0-9]+_[a-z0-9_]+|SALESFORCE_[A-Z_]+|(?:site|username|triggers|timeouts|verify|trimspace)\b|TF_[A-Z_]+|"destroy"|terraform (?:apply|destroy) -[a-z]+=[A-Za-z]+)`)
	text = placeholder().ReplaceAllStringFunc(guideWords.Replace(text), func(word string) string {
		return "*" + strings.ReplaceAll(strings.Trim(word, "{}"), "_", " ") + "*"
	})
	return strings.TrimSpace(identifiers.ReplaceAllString(text, "$1`$2`"))
}

func inCell(text string) string { return strings.ReplaceAll(inGuide(text), "\n\n", " ") }

func anchor(title string) string { return strings.ReplaceAll(strings.ToLower(title), " ", "-") }
