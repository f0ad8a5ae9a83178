package salesforce

import "testing"

func TestAudience(t *testing.T) {
	t.Parallel()
	for loginURL, want := range map[string]string{
		"https://login.salesforce.com":                   "https://login.salesforce.com",
		"https://test.salesforce.com":                    "https://test.salesforce.com",
		"https://example.my.salesforce.com":              "https://login.salesforce.com",
		"https://example.develop.my.salesforce.com":      "https://login.salesforce.com",
		"https://example--uat.sandbox.my.salesforce.com": "https://test.salesforce.com",
		"https://example.scratch.my.salesforce.com":      "https://test.salesforce.com",
		"https://example.my.site.com/partners":           "https://example.my.site.com/partners",
		"https://example.my.salesforce.com/partners":     "https://example.my.salesforce.com/partners",
		"http://127.0.0.1:8080":                          "http://127.0.0.1:8080",
	} {
		if got := audience(loginURL); got != want {
			t.Errorf("audience(%q) = %q; want %q", loginURL, got, want)
		}
	}
}
