package salesforce

import "testing"

func TestQuote(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"":                 `''`,
		"Data Loader":      `'Data Loader'`,
		`O'Brien \ Söhne`:  `'O\'Brien \\ Söhne'`,
		`"`:                `'\"'`,
		"a\nb\t\x00\u0085": `'a\u000ab\u0009\u0000\u0085'`,
	} {
		if got := quote(given); got != want {
			t.Errorf("quote(%q) = %s; want %s", given, got, want)
		}
	}
}
