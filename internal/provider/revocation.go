package provider

import (
	"context"
	"net/url"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

// revoke ends a token through one of the provider's clients. Every revocation
// goes through here: it is remembered for this run, and logged. The token is
// masked in the logs as a second line of defence; nothing is known to write it
// there.
func (d *providerData) revoke(ctx context.Context, client *salesforce.Client, revocationURL, token string) (salesforce.Outcome, error) {
	ctx = maskSecrets(ctx, token, url.QueryEscape(token))
	key := recordKey{revocationURL, salesforce.InspectToken(token).SHA256}
	outcome, err := client.Revoke(ctx, revocationURL, token)
	if err != nil {
		return "", err
	}
	if outcome == salesforce.Revoked {
		d.run.revoke(key, d.now())
	}
	tflog.Info(ctx, "Revocation of a token", map[string]any{
		"token_sha256": key.tokenSHA256,
		"host":         hostOf(revocationURL),
		"outcome":      string(outcome),
	})
	return outcome, nil
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
