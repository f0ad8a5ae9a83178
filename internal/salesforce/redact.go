package salesforce

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// shownLength is how many characters of a server's own words are shown.
const shownLength = 200

const redacted = "[redacted]"

// clean makes text that comes from a server fit to be shown: secrets that it
// repeats are replaced, control characters are left out, and the rest is cut.
func clean(text string, secrets ...string) string {
	for _, secret := range secrets {
		if secret != "" {
			text = secretPattern(secret).ReplaceAllLiteralString(text, redacted)
		}
	}
	text = strings.Join(strings.Fields(text), " ")
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, text)
	if runes := []rune(text); len(runes) > shownLength {
		text = string(runes[:shownLength]) + "…"
	}
	return text
}

// secretPattern matches a secret as it is and with any of its bytes
// percent-encoded, once or several times over, even where characters that are
// not shown stand in between: taking those out must not put it together again.
func secretPattern(secret string) *regexp.Regexp {
	var pattern strings.Builder
	for i, r := range secret {
		if i > 0 {
			pattern.WriteString(`[\s\pC]*`)
		}
		var encoded strings.Builder
		for _, b := range []byte(string(r)) {
			fmt.Fprintf(&encoded, `%%(?:25)*%02x`, b)
		}
		fmt.Fprintf(&pattern, `(?:%s|(?i:%s))`, regexp.QuoteMeta(string(r)), &encoded)
	}
	return regexp.MustCompile(pattern.String())
}
