package salesforce

import (
	"strings"
	"testing"
)

func TestParseInstanceURL(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"https://login.salesforce.com":             "https://login.salesforce.com",
		"https://Example.My.Salesforce.com/":       "https://example.my.salesforce.com",
		"https://example.my.site.com:8443":         "https://example.my.site.com:8443",
		"https://example--dev_1.sandbox.my.sf.com": "https://example--dev_1.sandbox.my.sf.com",
		"HTTPS://login.salesforce.com":             "https://login.salesforce.com",
		"http://localhost:8080":                    "http://localhost:8080",
		"http://127.0.0.1":                         "http://127.0.0.1",
		"http://127.1.2.3:80/":                     "http://127.1.2.3:80",
		"http://[::1]:8080":                        "http://[::1]:8080",
	} {
		if got, err := ParseInstanceURL(input); got != want || err != nil {
			t.Errorf("ParseInstanceURL(%q) = %q, %v; want %q", input, got, err, want)
		}
	}
	for input, reason := range map[string]string{
		"https://Example.lightning.force.com/":             "is https://example.my.salesforce.com",
		"https://example--dev.sandbox.lightning.force.com": "is https://example--dev.sandbox.my.salesforce.com",
		"https://example.develop.my.salesforce-setup.com":  "is https://example.develop.my.salesforce.com",
		"https://example--c.vf.force.com:443":              "is https://example.my.salesforce.com",
		"https://example--dev--c.sandbox.vf.force.com":     "is https://example--dev.sandbox.my.salesforce.com",
		"https://example--c.visualforce.com":               "is https://example.my.salesforce.com",
		"https://example--c.na1.visual.force.com":          "is https://example.my.salesforce.com",
		"":                                "https://",
		"login.salesforce.com":            "https://",
		"//login.salesforce.com":          "https://",
		"ftp://login.salesforce.com":      "https://",
		"http://login.salesforce.com":     "loopback",
		"http://0.0.0.0":                  "loopback",
		"http://localhost.example.com":    "loopback",
		"https://":                        "no host",
		"https://:443":                    "no host",
		"https://sf.example:":             "no port",
		"https://sf.example:0":            "port",
		"https://sf.example:65536":        "port",
		"https://sf.example:https":        "not a URL",
		"https://u:hunter2@sf.example":    "user name",
		"https://hunter2@sf.example":      "user name",
		"https://u:hunter2@sf example":    "not a URL",
		"https://sf.example/hunter2":      "path",
		"https://sf.example//":            "path",
		"https://sf.example?hunter2":      "query",
		"https://sf.example/?":            "query",
		"https://sf.example#hunter2":      "fragment",
		"https://sf.example/#":            "fragment",
		" https://sf.example":             "not a URL",
		"https://sf.example ":             "not a URL",
		"https://sf.example\n":            "not a URL",
		"https://sf.exa\\mple":            "not a URL",
		"https://sf.example,hunter2":      "characters",
		"https://%68unter2":               "not a URL",
		"https://[fe80::1%25hunter2]":     "characters",
		"https://{{instance}}.sf.example": "not a URL",
	} {
		got, err := ParseInstanceURL(input)
		if err == nil {
			t.Errorf("ParseInstanceURL(%q) = %q; want an error", input, got)
			continue
		}
		if !strings.Contains(err.Error(), reason) {
			t.Errorf("ParseInstanceURL(%q): %q does not name the reason %q", input, err, reason)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("ParseInstanceURL(%q): %q quotes the input", input, err)
		}
	}
}

func TestParseSite(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"": "", "/": "", "partners": "/partners", "/partners": "/partners", "partners/": "/partners", "/partners/": "/partners",
		"/a/b": "/a/b", "/Part-ners_1.x~": "/Part-ners_1.x~",
	} {
		if got, err := ParseSite(input); got != want || err != nil {
			t.Errorf("ParseSite(%q) = %q, %v; want %q", input, got, err, want)
		}
	}
	for _, input := range []string{
		"https://sf.example/partners", "//", "//sf.example", "a//b", "a/..", "../a", ".", "a/./b", "a?b", "a#b", "a b", "%2e%2e", `a\b`, "a\n", "a@b", "a:b",
	} {
		if got, err := ParseSite(input); err == nil {
			t.Errorf("ParseSite(%q) = %q; want an error", input, got)
		}
	}
}

func TestRevocationURL(t *testing.T) {
	t.Parallel()
	for _, site := range []string{"", "/partners"} {
		want := "https://sf.example" + site + "/services/oauth2/revoke"
		if got := RevocationURL("https://sf.example", site); got != want {
			t.Errorf("RevocationURL with site %q = %q; want %q", site, got, want)
		}
	}
}
