package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"

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
	errOtherToken = errors.New("token_wo is not the token that this resource was created with")
	errOtherURL   = errors.New("the provider points to another address than the state")
	errNoSeal     = errors.New("the state holds no sealed token")
	errOtherSeal  = errors.New("the sealed token is not the one that token_sha256 names")
)

// seal keeps a write-only token for a destroy.
func (d *providerData) seal(ctx context.Context, private privateState, token string) diag.Diagnostics {
	sealed, err := d.recipients.Seal(seal.Document{Token: token, RevocationURL: d.revocationURL})
	if err != nil {
		return diag.Diagnostics{notSealed(err)}
	}
	return private.SetKey(ctx, sealedTokenKey, sealed)
}

// sealLater seals the token of a resource that exists. What it seals comes from
// the configuration, which is trusted, and has to agree with the state: the
// token may have changed since then unnoticed, and the state may be edited.
func (d *providerData) sealLater(ctx context.Context, private privateState, token string, state tokenRevocationModel) diag.Diagnostics {
	switch {
	case d == nil:
		return diag.Diagnostics{errNotConfigured}
	case salesforce.InspectToken(token).SHA256 != state.TokenSHA256.ValueString():
		return diag.Diagnostics{notSealed(errOtherToken)}
	case d.revocationURL != state.RevocationURL.ValueString():
		return diag.Diagnostics{notSealed(errOtherURL)}
	}
	return d.seal(ctx, private, token)
}

// unseal returns the token that was sealed, with the address to revoke it at.
func (d *providerData) unseal(ctx context.Context, private privateState, state tokenRevocationModel) (seal.Document, diag.Diagnostics) {
	sealed, diags := private.GetKey(ctx, sealedTokenKey)
	if d == nil {
		diags.Append(errNotConfigured)
	}
	if diags.HasError() {
		return seal.Document{}, diags
	}
	if sealed == nil {
		return seal.Document{}, diag.Diagnostics{notUnsealed(errNoSeal)}
	}
	document, err := d.identities.Open(sealed)
	if err == nil && salesforce.InspectToken(document.Token).SHA256 != state.TokenSHA256.ValueString() {
		err = errOtherSeal
	}
	if err != nil {
		return seal.Document{}, diag.Diagnostics{notUnsealed(err)}
	}
	return document, nil
}
