package provider

import (
	"fmt"
	"regexp"
	"strings"
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
	page.WriteString("| Message | | The token is |\n| --- | --- | --- |\n")
	for _, section := range catalogue {
		for _, m := range section.messages {
			fmt.Fprintf(&page, "| [%s](#%s) | %s | %s |\n", m.title(), anchor(m.title()), strings.ToLower(m.severity.String()), m.token)
		}
	}
	for _, section := range catalogue {
		fmt.Fprintf(&page, "\n## %s\n", section.title)
		for _, m := range section.messages {
			m.describe(&page)
		}
	}
	return page.String()
}

// title is the summary without what differs from case to case.
func (m message) title() string {
	return strings.Join(strings.Fields(placeholder.ReplaceAllString(m.summary, "")), " ")
}

func (m message) describe(page *strings.Builder) {
	fmt.Fprintf(page, "\n### %s\n\n%s: the token is %s.\n", m.title(), m.severity, m.token)
	for _, part := range []string{m.happened, m.meaning, m.remedy} {
		if text := inGuide(part); text != "" {
			fmt.Fprintf(page, "\n%s\n", text)
		}
	}
	if m.causes == nil {
		return
	}
	page.WriteString("\n| If | it means | what to do |\n| --- | --- | --- |\n")
	shown := make(map[string]bool)
	for _, c := range m.causes {
		if !shown[c.when] { // The first counts.
			fmt.Fprintf(page, "| %s | %s | %s |\n", c.when, inCell(c.meaning), inCell(c.remedy))
		}
		shown[c.when] = true
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
	"{minted}", "The message says whether a token may have been issued.",
	"{readdress}", "If the address is wrong, correct the provider's instance_url and site. A destroy uses the address in the state.",
)

var placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)

func inGuide(text string) string {
	text = placeholder.ReplaceAllStringFunc(guideWords.Replace(text), func(word string) string {
		return "*" + strings.ReplaceAll(strings.Trim(word, "{}"), "_", " ") + "*"
	})
	return strings.TrimSpace(identifiers.ReplaceAllString(text, "$1`$2`"))
}

func inCell(text string) string { return strings.ReplaceAll(inGuide(text), "\n\n", " ") }

// identifiers are names of attributes, variables and functions, which the guide
// has as code.
var identifiers = regexp.MustCompile("(^|[\\s(])([a-z]+_[a-z_]+[a-z](?: = (?:\\[\"[a-z]+\"\\]|[a-z]+))?|SALESFORCE_[A-Z_]+|TF_[A-Z_]+|\"destroy\")")

func anchor(title string) string { return strings.ReplaceAll(strings.ToLower(title), " ", "-") }
