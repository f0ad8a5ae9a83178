package provider

import (
	"context"
	"fmt"
	"net/url"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

// revoke ends a token through one of the provider's clients, if the provider
// may. Errors are as of permit and of salesforce.Client.Revoke.
func (d *providerData) revoke(ctx context.Context, client *salesforce.Client, revocationURL, token string) (salesforce.Outcome, error) {
	info := salesforce.InspectToken(token)
	if err := d.permit(info); err != nil {
		return "", err
	}
	return d.sendRevocation(ctx, client, revocationURL, token, info)
}

// revokeMinted is revoke without asking whether the provider may: what it has
// minted is never left valid.
func (d *providerData) revokeMinted(ctx context.Context, client *salesforce.Client, revocationURL, token string) (salesforce.Outcome, error) {
	return d.sendRevocation(ctx, client, revocationURL, token, salesforce.InspectToken(token))
}

// sendRevocation is what every revocation goes through: it is remembered for this
// run, logged, and written to the audit file. The token is masked in the logs as
// a second line of defence; nothing is known to write it there.
func (d *providerData) sendRevocation(ctx context.Context, client *salesforce.Client, revocationURL, token string, info salesforce.TokenInfo) (salesforce.Outcome, error) {
	ctx = d.maskToken(ctx, token)
	outcome, err := client.Revoke(ctx, revocationURL, token)
	at := d.now().UTC()
	if outcome == salesforce.Revoked {
		d.run.revoke(recordKey{revocationURL, info.SHA256}, at)
	}
	if d.audit == nil && d.silent {
		return outcome, err
	}

	line := auditLine{Time: at, Kind: string(info.Kind), SHA256: info.SHA256, Host: hostOf(revocationURL), Outcome: string(outcome)}
	if err != nil {
		line.Outcome = outcomeFailed
	}
	d.audit.write(line)
	if !d.silent {
		tflog.Info(ctx, "Revocation of a token", map[string]any{"token_sha256": line.SHA256, "host": line.Host, "outcome": line.Outcome})
	}
	return outcome, err
}

// permit returns why a token must not be sent: it is of an organization that is
// not allowed, or the audit file cannot be written. Errors are an
// *organizationError or an *auditError.
func (d *providerData) permit(token salesforce.TokenInfo) error {
	// Only an opaque access token tells its organization.
	if id := token.OrganizationID; id != "" {
		if err := d.checkOrganization(id); err != nil {
			return err
		}
	}
	return d.audit.open()
}

// An organizationError says that something belongs to an organization that is
// not in allowed_organization_ids.
type organizationError struct {
	id string // empty if the org did not tell
}

func (e *organizationError) Error() string {
	if e.id == "" {
		return "the org did not report its organization ID, and the provider's allowed_organization_ids is set"
	}
	return fmt.Sprintf("the organization %s is not one of the provider's allowed_organization_ids", e.id)
}

// checkOrganization returns an *organizationError for an ID, of 15 or 18
// characters, that is not allowed.
func (d *providerData) checkOrganization(id string) error {
	if d == nil || d.allowedOrgs == nil {
		return nil
	}
	for _, allowed := range d.allowedOrgs {
		if salesforce.SameID(id, allowed) {
			return nil
		}
	}
	return &organizationError{id}
}

// auditWarnings reports that something was sent and not recorded.
func (d *providerData) auditWarnings() (diags diag.Diagnostics) {
	if d.audit.failed() != nil {
		diags.Append(notRecorded(d.audit))
	}
	return diags
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
