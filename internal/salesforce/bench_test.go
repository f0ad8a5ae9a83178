package salesforce

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// What costs the client its time, without a network or a server. Compare two
// versions with benchstat.

func BenchmarkRevoke(b *testing.B) {
	client := &Client{Gate: NewGate(12), Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	})}
	b.ReportAllocs()
	for b.Loop() {
		outcome, err := client.Revoke(b.Context(), "https://example.my.salesforce.com/services/oauth2/revoke", sampleToken)
		if err != nil || outcome != Revoked {
			b.Fatal(outcome, err)
		}
	}
}

func BenchmarkInspectToken(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		InspectToken(sampleToken)
	}
}

// A listing of 2,000 rows, in pages of 200.
func BenchmarkListOauthTokens(b *testing.B) {
	const rows, page = 2000, 200
	var pages []string
	for from := 0; from < rows; from += page {
		var records []string
		for i := range page {
			records = append(records, fmt.Sprintf(`{"attributes":{"type":"OauthToken"},"AppName":"Data Loader","UserId":"0055g00000%05dAAA","LastUsedDate":"2026-01-02T03:04:05.000+0000","UseCount":%d,"DeleteToken":"5Aep861%080d"}`, from+i, i, from+i))
		}
		next := ""
		if from+page < rows {
			next = fmt.Sprintf(`,"nextRecordsUrl":"/services/data/%s/query/01g-%d"`, DefaultAPIVersion, from+page)
		}
		pages = append(pages, fmt.Sprintf(`{"totalSize":%d%s,"records":[%s]}`, rows, next, strings.Join(records, ",")))
	}
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		body := fmt.Sprintf(`{"totalSize":%d,"records":[]}`, rows) // of COUNT()
		if _, offset, isNext := strings.Cut(r.URL.Path, "/01g-"); isNext {
			var from int
			if _, err := fmt.Sscan(offset, &from); err != nil {
				panic(err)
			}
			body = pages[from/page]
		} else if !strings.Contains(r.URL.Query().Get("q"), "COUNT()") {
			body = pages[0]
		}
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(body))}, nil
	})
	session := &Session{AccessToken: NewSecret(sampleToken), InstanceURL: "https://example.my.salesforce.com"}
	api := &API{Client: &Client{Transport: transport}, Version: DefaultAPIVersion, Session: func(context.Context, *Session) (*Session, error) { return session, nil }}
	b.ReportAllocs()
	for b.Loop() {
		tokens, err := api.OauthTokens(b.Context(), OauthTokenFilter{AppName: "Data Loader"})
		if err != nil || len(tokens) != rows {
			b.Fatal(len(tokens), err)
		}
	}
}
