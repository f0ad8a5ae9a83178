package salesforce

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	t.Parallel()
	lower := strings.NewReplacer("!", "%21", "_", "%5f", ".", "%2e").Replace(sampleToken)
	for _, test := range []struct{ name, text, want string }{
		{"plain", "expired access/refresh token", "expired access/refresh token"},
		{"raw", "no " + sampleToken + ", sorry", "no [redacted], sorry"},
		{"twice", sampleToken + sampleToken, "[redacted][redacted]"},
		{"query-escaped", url.QueryEscape(sampleToken), "[redacted]"},
		{"percent-encoded in lower case", lower, "[redacted]"},
		{"percent-encoded twice", url.QueryEscape(url.QueryEscape(sampleToken)), "[redacted]"},
		{"torn apart by a control character", sampleToken[:9] + "\x00" + sampleToken[9:], "[redacted]"},
		{"torn apart by an invisible character", sampleToken[:9] + "\u200b" + sampleToken[9:], "[redacted]"},
		{"torn apart by a line break", sampleToken[:9] + "\r\n" + sampleToken[9:], "[redacted]"},
		{"control characters", "a\x1b[31mb\x00c\u202e", "a[31mbc"},
		{"white space", " a\r\n\tb  c ", "a b c"},
		{"behind the cut", strings.Repeat("x", 190) + sampleToken, strings.Repeat("x", 190) + "[redacted]"},
		{"long", strings.Repeat("é", 300), strings.Repeat("é", 200) + "…"},
	} {
		if got := clean(test.text, sampleToken); got != test.want {
			t.Errorf("%s: clean(%q) = %q; want %q", test.name, test.text, got, test.want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("error "+sampleToken, sampleToken)
	f.Add("a\x00b", "ab")
	f.Fuzz(func(t *testing.T, text, secret string) {
		got := clean(text, secret)
		if utf8.RuneCountInString(got) > shownLength+1 {
			t.Errorf("%d characters are shown", utf8.RuneCountInString(got))
		}
		if CheckToken(secret) == nil && strings.Contains(strings.ReplaceAll(got, redacted, " "), secret) {
			t.Errorf("clean(%q, %q) = %q shows the secret", text, secret, got)
		}
	})
}
