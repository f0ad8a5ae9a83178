package provider

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/seal"
)

// What can be said of sealed tokens, in the three parts of diagnostics.go.

// withoutRefresh is the way to destroy past an error of a plan: without it, a
// destroy plans all resources as an apply would, to refresh them.
const withoutRefresh = "\n\nIf you see this when you destroy, run terraform destroy -refresh=false, which does not need it."

// notSealed reports that a write-only token could not be kept for a destroy.
// The digest is empty in a plan.
func notSealed(err error, digest string) diag.Diagnostic {
	const untouched = "Nothing was sent, so the token is as it was, and no destroy would revoke it."
	const toBeSealed = "A destroy is to revoke the token from now on. It is not stored in the state, so it has to be sealed, "
	var happened, remedy string
	switch {
	case errors.Is(err, seal.ErrNoRecipient):
		happened = "token_wo is not stored, and revoke_on asks for a revocation at destroy. For that the token is sealed to an age recipient, and the provider has none."
		remedy = "Set the provider's seal_recipient, or SALESFORCE_SEAL_RECIPIENT, to a recipient that age-keygen made. To revoke the token at creation, set revoke_on = [\"create\"]." + withoutRefresh
	case errors.Is(err, errTokenLeftOut):
		happened = toBeSealed + "but token_wo is null."
		remedy = "Set token_wo to the token that the resource was created with." + withoutRefresh
	case errors.Is(err, errOtherToken):
		happened = toBeSealed + "but token_wo is not the token that this resource was created with: its SHA-256 is not token_sha256."
		remedy = "If token_wo holds a new token, increment token_wo_version: the resource is replaced, and the new token sealed. Otherwise set token_wo to the old token again." + withoutRefresh
	case errors.Is(err, errOtherURL):
		happened = toBeSealed + "but the provider points to another address than revocation_url."
		remedy = "Set the provider's instance_url and site to those of revocation_url, or increment token_wo_version: the resource is replaced, and uses the provider's address." + withoutRefresh
	case errors.Is(err, errUnconfigured):
		return errNotConfigured
	default:
		happened, remedy = fmt.Sprintf("%s.", err), "This is a bug in the provider: please report it."
	}
	return diag.NewErrorDiagnostic(tokenSummary(digest, "Not Sealed"), happened+"\n\n"+untouched+"\n\n"+remedy)
}

// notUnsealed reports that a destroy could not read the token to revoke.
func notUnsealed(err error, digest string) diag.Diagnostic {
	const abandon = "To give up revoking it here, take \"destroy\" out of revoke_on and apply. Then only another resource revokes it, or an administrator in Salesforce's Setup."
	var happened, remedy string
	var version *seal.VersionError
	switch {
	case errors.Is(err, errUnconfigured):
		return errNotConfigured
	case errors.Is(err, seal.ErrNoIdentity):
		happened = "The token is sealed, and the provider has no identity to open it with."
		remedy = "Set the provider's seal_identity, or SALESFORCE_SEAL_IDENTITY, to the age identity of a recipient that the token was sealed to. " + abandon
	case errors.Is(err, seal.ErrWrongIdentity):
		happened = "The token is sealed, and no identity in the provider's seal_identity opens it: it was sealed to other recipients."
		remedy = "Add the identity of one of them to seal_identity, which accepts several, one a line. " + abandon
	case errors.Is(err, seal.ErrDamaged):
		happened = "The sealed token in the state is truncated or altered."
		remedy = "Restore the state from a backup. " + abandon
	case errors.As(err, &version):
		happened = fmt.Sprintf("The token was sealed by another version of this provider: %s.", version)
		remedy = "Use the version of the provider that created the resource, or a later one. " + abandon
	case errors.Is(err, errNoSeal):
		happened = "token_wo is not stored, and the state holds no sealed copy of the token."
		remedy = "Restore the state from a backup, if it was edited. " + abandon
	default: // errOtherSeal
		happened = "The sealed token in the state is not the one that token_sha256 names: somebody may have edited the state."
		remedy = "Restore the state from a backup. " + abandon
	}
	return diag.NewErrorDiagnostic(tokenSummary(digest, "Not Unsealed"),
		happened+"\n\nNothing was sent, so the token may still be valid. "+atDestroy.kept+"\n\n"+remedy)
}
