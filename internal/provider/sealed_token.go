package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/seal"
)

// sealedTokenKey is where a resource's private state holds its sealed token.
const sealedTokenKey = "sealed_token"

// privateState is that of a resource.
type privateState interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// Why a token was not sealed or unsealed, besides the errors of package seal.
var (
	errUnconfigured = errors.New("the provider is not configured")
	errTokenLeftOut = errors.New("token_wo is null")
	errOtherToken   = errors.New("token_wo is not the token that this resource was created with")
	errOtherURL     = errors.New("the provider points to another address than the state")
	errNoSeal       = errors.New("the state holds no sealed token")
	errOtherSeal    = errors.New("the sealed token is not the one that token_sha256 names")
)

// seal keeps a write-only token for a destroy.
func (d *providerData) seal(ctx context.Context, private privateState, token string) diag.Diagnostics {
	sealed, err := d.recipients.Seal(seal.Document{Token: token, RevocationURL: d.revocationURL})
	if err != nil {
		return diag.Diagnostics{notSealed(err, salesforce.InspectToken(token).SHA256)}
	}
	return private.SetKey(ctx, sealedTokenKey, sealed)
}

// sealLater seals the token of a resource that exists.
func (d *providerData) sealLater(ctx context.Context, private privateState, token types.String, state tokenRevocationModel) diag.Diagnostics {
	if err := d.checkSeal(token, state); err != nil {
		return diag.Diagnostics{notSealed(err, state.TokenSHA256.ValueString())}
	}
	return d.seal(ctx, private, token.ValueString())
}

// checkSeal returns why the token of a resource that exists cannot be sealed.
// What is sealed comes from the configuration, which is trusted, and has to
// agree with the state: the token may have changed since then unnoticed, and
// the state may be edited. An unknown token is accepted.
func (d *providerData) checkSeal(token types.String, state tokenRevocationModel) error {
	switch {
	case d == nil:
		return errUnconfigured
	case token.IsNull():
		return errTokenLeftOut
	case !token.IsUnknown() && !state.isOf(token):
		return errOtherToken
	case d.revocationURL != state.RevocationURL.ValueString():
		return errOtherURL
	case len(d.recipients) == 0:
		return seal.ErrNoRecipient
	}
	return nil
}

// unseal returns the token that was sealed, with the address to revoke it at.
func (d *providerData) unseal(ctx context.Context, private privateState, state tokenRevocationModel) (seal.Document, error) {
	sealed, diags := private.GetKey(ctx, sealedTokenKey)
	switch {
	case diags.HasError() || sealed == nil:
		return seal.Document{}, errNoSeal
	case d == nil:
		return seal.Document{}, errUnconfigured
	}
	document, err := d.identities.Open(sealed)
	if err == nil && !state.isOf(types.StringValue(document.Token)) {
		err = errOtherSeal
	}
	return document, err
}
