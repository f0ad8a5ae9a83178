package provider_test

import (
	"strings"
	"testing"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// A destroy warns where it may have left tokens valid, and says nothing where
// the creation has left none to revoke.
func TestAppTokenRevocationWarningsAtDestroy(t *testing.T) {
	t.Parallel()
	const nothing, own = "Warning: No Token Matches", "Warning: Own Tokens Only"
	const both = `revoke_on = ["create", "destroy"]`
	for name, test := range map[string]struct {
		config    fake.Config
		arguments string
		between   func(*testing.T, *fake.Server) // what happens between apply and destroy
		warns     string
	}{
		"revoked, and nothing is left":           {fake.Config{}, both, func(*testing.T, *fake.Server) {}, ""},
		"revoked, and others have signed in":     {fake.Config{}, both, func(_ *testing.T, server *fake.Server) { server.Org.AddOauthTokens(app, 5) }, ""},
		"revoked, and others may have signed in": {fake.Config{OwnRowsOnly: true}, both, func(_ *testing.T, server *fake.Server) { server.Org.AddOauthTokens(app, 5) }, own},
		"active, and nothing is left":            {fake.Config{}, onDestroy, revokeAll, nothing},
		"active, and others may be left":         {fake.Config{OwnRowsOnly: true}, onDestroy, func(*testing.T, *fake.Server) {}, own},
		"active, and all are seen":               {fake.Config{}, onDestroy, func(*testing.T, *fake.Server) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := appOrg(t, test.config)
			workspace := newWorkspace(t, appConfig(server, test.arguments))
			mustRun(t, workspace, nil, "apply", "-auto-approve")
			test.between(t, server)
			output := mustRun(t, workspace, nil, "destroy", "-auto-approve")
			for _, warning := range []string{nothing, own} {
				if got := strings.Contains(output, warning); got != (warning == test.warns) {
					t.Errorf("%s: %t\n%s", warning, got, output)
				}
			}
		})
	}
}

// revokeAll revokes the tokens of the app behind the provider's back.
func revokeAll(t *testing.T, server *fake.Server) {
	t.Helper()
	for _, token := range server.Org.Tokens() {
		if token.AppName != app {
			continue
		}
		if _, err := new(salesforce.Client).Revoke(t.Context(), server.URL+fake.RevokePath, token.Value); err != nil {
			t.Fatal(err)
		}
	}
}
