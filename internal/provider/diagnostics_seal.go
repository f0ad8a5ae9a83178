package provider

import (
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/seal"
)

// The messages about sealed tokens.
var (
	tokenNotSealed = message{
		severity: diag.SeverityError,
		summary:  "Token {digest} Not Sealed",
		happened: "{meaning}",
		meaning:  "Nothing was sent, so the token is unchanged, and no destroy would revoke it.",
		remedy:   "{remedy}",
		token:    unaffected,
		causes:   causes{sealCauses},
	}
	tokenNotUnsealed = message{
		severity: diag.SeverityError,
		summary:  "Token {digest} Not Unsealed",
		happened: "{meaning}",
		meaning:  "Nothing was sent, so the token may still be valid. {kept}",
		remedy:   "{remedy}",
		token:    mayBeValid,
		causes:   causes{unsealCauses},
	}
)

var sealMessages = []message{tokenNotSealed, tokenNotUnsealed}

const toBeSealed = "A destroy is to revoke the token from now on. It is not stored in the state, so it has to be sealed, "

// sealCauses are why a write-only token could not be kept for a destroy.
var sealCauses = []cause{
	{
		"the provider has no `seal_recipient`", wraps(seal.ErrNoRecipient),
		"token_wo is not stored, and revoke_on includes destroy. For that the token is sealed to an age recipient, and the provider has none.",
		"Set the provider's seal_recipient, or SALESFORCE_SEAL_RECIPIENT, to a recipient that age-keygen printed. " +
			"To revoke the token at creation, set revoke_on = [\"create\"]." + withoutRefresh,
	},
	{
		"`token_wo` is null", wraps(errTokenLeftOut),
		toBeSealed + "but token_wo is null.",
		"Set token_wo to the token that the resource was created with." + withoutRefresh,
	},
	{
		"`token_wo` is another token", wraps(errOtherToken),
		toBeSealed + "but token_wo is not the token that this resource was created with: its SHA-256 is not token_sha256.",
		"If token_wo holds a new token, increment token_wo_version: the resource is replaced, and the new token sealed. " +
			"Otherwise set token_wo to the old token again." + withoutRefresh,
	},
	{
		"the provider points to another address", wraps(errOtherURL),
		toBeSealed + "but the provider points to another address than revocation_url.",
		"Set the provider's instance_url and site to those of revocation_url, or increment token_wo_version: the resource is replaced, and uses the provider's address." + withoutRefresh,
	},
	{"anything else happens", nil, "{error}.", "This is a bug in the provider: please report it."},
}

const abandon = " To give up revoking it here, remove \"destroy\" from revoke_on and apply. Then only another resource revokes it, or an administrator in Salesforce's Setup."

// unsealCauses are why a destroy could not read the token to revoke.
var unsealCauses = []cause{
	{
		"the provider has no `seal_identity`", wraps(seal.ErrNoIdentity),
		"The token is sealed, and the provider has no identity to open it with.",
		"Set the provider's seal_identity, or SALESFORCE_SEAL_IDENTITY, to the age identity of a recipient that the token was sealed to." + abandon,
	},
	{
		"no identity in `seal_identity` opens it", wraps(seal.ErrWrongIdentity),
		"The token is sealed, and no identity in the provider's seal_identity opens it: it was sealed to other recipients.",
		"Add the identity of one of them to seal_identity, which accepts several, one per line." + abandon,
	},
	{
		"the sealed token is damaged", wraps(seal.ErrDamaged),
		"The sealed token in the state is truncated or altered.",
		"Restore the state from a backup." + abandon,
	},
	{
		"another version of the provider sealed it", isA[*seal.VersionError],
		"The token was sealed by another version of this provider: {error}.",
		"Use the version of the provider that created the resource, or a later one." + abandon,
	},
	{
		"the state has no sealed token", wraps(errNoSeal),
		"token_wo is not stored, and the state holds no sealed copy of the token.",
		"Restore the state from a backup, if it was edited." + abandon,
	},
	{
		"the state has the sealed token of another resource", nil, // errOtherSeal
		"The sealed token in the state is not the one that token_sha256 names: somebody may have edited the state.",
		"Restore the state from a backup." + abandon,
	},
}

// notSealed reports that a write-only token could not be kept for a destroy.
// The digest is empty in a plan.
func notSealed(err error, digest string) diag.Diagnostic {
	if errors.Is(err, errUnconfigured) {
		return errNotConfigured
	}
	return tokenNotSealed.because(err, values{"error": err, "digest": short(digest)})
}

// notUnsealed reports that a destroy could not read the token to revoke.
func notUnsealed(err error, digest string) diag.Diagnostic {
	if errors.Is(err, errUnconfigured) {
		return errNotConfigured
	}
	return tokenNotUnsealed.because(err, values{"error": err, "digest": short(digest), "kept": atDestroy.kept})
}
