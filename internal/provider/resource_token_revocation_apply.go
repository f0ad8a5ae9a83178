package provider

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/seal"
)

// What an apply of a salesforce_token_revocation does to the token.

// revokeAtCreation revokes the token and sets the status.
func (d *providerData) revokeAtCreation(ctx context.Context, plan *tokenRevocationModel, token string) (diags diag.Diagnostics) {
	key := recordKey{d.revocationURL, plan.TokenSHA256.ValueString()}
	result, err := d.revokeAndVerify(ctx, key, token, plan.Verify.ValueBool())
	diags.Append(d.auditWarnings()...)
	if err != nil {
		diags.Append(notRevoked(err, key, atCreate))
		return diags
	}
	now := types.StringValue(d.now().UTC().Format(time.RFC3339))
	plan.Status = types.StringValue(string(result.outcome))
	switch result.outcome {
	case salesforce.Revoked:
		plan.RevokedAt = now
	case salesforce.AlreadyInvalid:
		diags.Append(alreadyInvalid(key))
	}
	switch result.proof {
	case proved:
		plan.VerifiedAt = now
	case notAcceptedBefore:
		diags.Append(notVerified(result.doubt, key))
	}
	if d.run.isArmed(key) {
		diags.Append(armedTokenRevoked(key))
	}
	return diags
}

// arm keeps the token for a destroy, unless this run has revoked it or is
// going to.
func (d *providerData) arm(ctx context.Context, private privateState, plan *tokenRevocationModel, token string) (diags diag.Diagnostics) {
	key := recordKey{d.revocationURL, plan.TokenSHA256.ValueString()}
	if err := d.permit(salesforce.InspectToken(token)); err != nil {
		diags.Append(notArmed(err, key))
		return diags
	}
	if d.ledger.Holds(key.tokenSHA256) {
		diags.Append(armedEphemeral())
		return diags
	}
	if at, revoked := d.run.arm(key); revoked {
		plan.Status = types.StringValue(string(salesforce.Revoked))
		plan.RevokedAt = types.StringValue(at.UTC().Format(time.RFC3339))
		diags.Append(revokedInThisRun(key))
	}
	if plan.requiresSeal() {
		diags.Append(d.seal(ctx, private, token)...)
	}
	return diags
}

// revokeAtDestroy revokes the token of a resource that is to go.
func (d *providerData) revokeAtDestroy(ctx context.Context, state tokenRevocationModel, doomed seal.Document) (diags diag.Diagnostics) {
	if d == nil {
		diags.Append(errNotConfigured)
		return diags
	}
	key := recordKey{doomed.RevocationURL, salesforce.InspectToken(doomed.Token).SHA256}
	result, err := d.revokeAndVerify(ctx, key, doomed.Token, state.Verify.ValueBool())
	diags.Append(d.auditWarnings()...)
	var serving *servingError
	switch {
	case err != nil && state.isInvalid() && !errors.As(err, &serving):
		diags.Append(notRevokedAgain(err, key, state.Status.ValueString()))
		return diags
	case err != nil:
		diags.Append(notRevoked(err, key, atDestroy))
		return diags
	}
	if !state.isInvalid() && result.outcome == salesforce.AlreadyInvalid {
		diags.Append(alreadyInvalid(key))
	}
	if !state.isInvalid() && result.proof == notAcceptedBefore {
		diags.Append(notVerified(result.doubt, key))
	}
	if d.run.isArmed(key) {
		diags.Append(armedTokenRevoked(key))
	}
	return diags
}

// isInvalid reports whether the org said, when the resource was created, that
// the token is invalid: then no failure keeps a destroy from going on.
func (m *tokenRevocationModel) isInvalid() bool {
	status := salesforce.Outcome(m.Status.ValueString())
	return status == salesforce.Revoked || status == salesforce.AlreadyInvalid
}

// notAtHand reports that a destroy cannot send the token, which is neither in
// the state nor to be had from a seal. A token that was revoked needs no more.
func (m *tokenRevocationModel) notAtHand(err error) (diags diag.Diagnostics) {
	switch digest := m.TokenSHA256.ValueString(); salesforce.Outcome(m.Status.ValueString()) {
	case salesforce.Revoked:
	case salesforce.AlreadyInvalid:
		diags.Append(leftAlreadyInvalid(recordKey{m.RevocationURL.ValueString(), digest}))
	default:
		diags.Append(notUnsealed(err, digest))
	}
	return diags
}
