package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/seal"
)

// What a plan for a salesforce_token_revocation says. The provider's data is
// nil while its configuration is unknown; the engine plans again at apply.

// planCreation fills in what is known before the creation, and refuses a plan
// whose apply could not keep the token.
func (d *providerData) planCreation(config tokenRevocationModel, plan *tokenRevocationModel) (diags diag.Diagnostics) {
	token := config.givenToken()
	if token.IsNull() {
		diags.Append(errNoToken)
		return diags
	}
	info := salesforce.InspectToken(token.ValueString())
	if !token.IsUnknown() {
		if !plan.Token.IsNull() { // A write-only value may be another one at apply.
			plan.describe(info)
		}
		if plan.armsAtCreation() && info.Kind == salesforce.UnknownToken {
			diags.Append(formUnknown())
		}
		if plan.Verify.ValueBool() && !isAccessToken(info.Kind) {
			diags.Append(notVerifiable(info.Kind))
		}
	}
	if d == nil {
		return diags
	}
	plan.RevocationURL = types.StringValue(d.revocationURL)
	diags.Append(d.planOrganization(info.OrganizationID)...)
	switch {
	case plan.armsAtCreation() && d.ledger.Holds(info.SHA256):
		diags.Append(armedEphemeral())
	case plan.requiresSeal() && len(d.recipients) == 0:
		diags.Append(notSealed(seal.ErrNoRecipient, ""))
	}
	return diags
}

// replacements returns the attributes whose change from the state replaces the
// resource. The same token may move between token and token_wo in place.
func (m *tokenRevocationModel) replacements(config, state tokenRevocationModel) (paths path.Paths) {
	moved := m.Token.IsNull() != state.Token.IsNull() && state.isOf(config.givenToken())
	if !moved && !m.Token.Equal(state.Token) {
		paths.Append(path.Root("token"))
	}
	if !moved && !m.TokenWOVersion.Equal(state.TokenWOVersion) {
		paths.Append(path.Root("token_wo_version"))
	}
	if !m.Triggers.Equal(state.Triggers) {
		paths.Append(path.Root("triggers"))
	}
	return paths
}

// isOf reports whether a resource was created with this token.
func (m *tokenRevocationModel) isOf(token types.String) bool {
	return salesforce.InspectToken(token.ValueString()).SHA256 == m.TokenSHA256.ValueString()
}

// planChange looks at a plan that leaves the resource where it is.
func (d *providerData) planChange(config, plan, state tokenRevocationModel) (diags diag.Diagnostics) {
	if d == nil {
		return nil
	}
	kind := salesforce.TokenKind(state.TokenKind.ValueString())
	if plan.Verify.ValueBool() && !state.Verify.ValueBool() && !isAccessToken(kind) {
		diags.Append(notVerifiable(kind))
	}
	token := config.TokenWO
	seals := plan.requiresSeal() && !state.requiresSeal()
	switch {
	case seals:
		if err := d.checkSeal(token, state); err != nil {
			diags.Append(notSealed(err, ""))
		}
	case token.ValueString() != "" && !state.isOf(token) && !d.ledger.Holds(salesforce.InspectToken(token.ValueString()).SHA256):
		diags.Append(otherToken())
	}
	return diags
}

// planDestroy looks at a plan that removes the resource.
func (d *providerData) planDestroy(state tokenRevocationModel) diag.Diagnostics {
	diags := d.checkAddress(state)
	if revokesOn(state.RevokeOn, revokeOnDestroy) && !state.isInvalid() {
		diags.Append(d.planOrganization(state.OrganizationID.ValueString())...)
	}
	return diags
}

// planOrganization refuses a token of an organization that is not allowed.
// Only an opaque access token tells its own; else the ID is empty.
func (d *providerData) planOrganization(id string) (diags diag.Diagnostics) {
	if id != "" && d.checkOrganization(id) != nil {
		diags.Append(organizationRefused(id))
	}
	return diags
}

// checkAddress warns of a provider that points elsewhere than the state, which
// leaves the token valid if the address in the state is the wrong one.
func (d *providerData) checkAddress(state tokenRevocationModel) (diags diag.Diagnostics) {
	url := state.RevocationURL.ValueString()
	if d != nil && d.addressSet && d.revocationURL != url && state.Status.ValueString() != string(salesforce.Revoked) {
		diags.Append(otherAddress(url, d.revocationURL))
	}
	return diags
}
