package provider

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// Whatever an org supports, a sweep revokes all tokens that can be revoked, and
// its account has every token once, those that are left, too.
func TestAppSweepWhateverTheOrgSupports(t *testing.T) {
	t.Parallel()
	for name, rules := range salesforcetest.Readings() {
		for _, rows := range []int{300, 3100, 12000} {
			for _, stuck := range []int{0, 3} {
				if isPair := strings.Contains(name, ","); rows == 12000 && (isPair || stuck == 0 || rules.OffsetFirstBatch != rules.OffsetLimited) {
					continue // They would take a second each, and "all at once" has them all.
				}
				t.Run(fmt.Sprintf("%s/%d/stuck %d", name, rows, stuck), func(t *testing.T) {
					t.Parallel()
					org, data := orgInProcess(salesforcetest.Config{Query: rules, MaxRequests: 1})
					org.AddOauthTokens("App", rows)
					org.AddOauthTokens("Other", 5)
					isStuck := make(map[string]bool) // by the part of the delete token that stays the same
					for i, token := range org.Tokens() {
						isStuck[token.DeleteToken] = stuck > 0 && i%stuck == 0
					}
					org.ScriptAlways(salesforcetest.RevokePath, func(next http.Handler) http.Handler {
						return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
							token := r.FormValue("token")
							if isStuck[token[max(0, len(token)-64):]] {
								next = salesforcetest.Status(404, nil, "Bad_Id")(next)
							}
							next.ServeHTTP(w, r)
						})
					})
					session, err := data.querySession(t.Context(), nil)
					if err != nil {
						t.Fatal(err)
					}
					s, err := data.newAppSweep(t.Context(), session, salesforce.OauthTokenFilter{AppName: "App"})
					if err != nil || s.Expected != rows {
						t.Fatalf("%d tokens match, %v", s.Expected, err)
					}
					if err := s.run(t.Context()); err != nil {
						t.Error(err)
					}
					left := 0
					for _, token := range org.Tokens() {
						if token.AppName == "App" && token.Alive {
							left++
						}
						if token.AppName == "Other" && !token.Alive {
							t.Fatal("a token of another app was revoked")
						}
					}
					if account := s.Account(); account.Ended != rows-left || account.Failed != left || account.NotTried != 0 || account.AlreadyEnded != 0 {
						t.Errorf("%d of %d tokens are left; the account is %s", left, rows, account)
					}
					if isLeft := left > 0; isLeft != (stuck > 0 || rules.NullDeleteTokens > 0) {
						t.Errorf("%d tokens are left", left)
					}
				})
			}
		}
	}
}
