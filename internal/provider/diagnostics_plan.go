package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

// withoutRefresh is the way to destroy past an error of a plan: without it, a
// destroy plans all resources as an apply would, to refresh them.
const withoutRefresh = "\n\nIf you see this when you destroy, run terraform destroy -refresh=false, which does not need it."

// The messages of a plan.
var (
	noTokenMessage = message{
		severity: diag.SeverityError,
		summary:  "No Token to Revoke",
		happened: "One of token and token_wo is required where the resource is created or replaced, and both are null.",
		meaning:  "Nothing was sent.",
		remedy:   "Set one of them. A write-only token may be left out only once it was used, and only until token_wo_version or triggers change." + withoutRefresh,
		token:    unaffected,
	}
	otherAddressMessage = message{
		severity: diag.SeverityWarning,
		summary:  "Provider Points to Another Address",
		happened: "The token belongs to {stored} according to the state, and the provider points to {configured}.",
		meaning:  "A destroy sends the token to the address in the state, and to no other. If that is the wrong one, the token stays valid.",
		remedy: "If the address in the state was wrong, run terraform apply -replace=ADDRESS, with the address of this resource, to use the provider's. " +
			"If it was right, give this resource a provider alias whose instance_url and site lead to it.",
		token: stillValid + " after a destroy, if the address in the state is wrong",
	}
	otherTokenMessage = message{
		severity: diag.SeverityWarning,
		summary:  "New Token Not Covered",
		happened: "token_wo is not the token that this resource was created with: its SHA-256 is not token_sha256. But token_wo_version is the same, so nothing changes.",
		meaning:  "The new token is not revoked, neither now nor at destroy.",
		remedy:   "Increment token_wo_version to replace the resource, or leave token_wo out if the token that it was created with is the right one.",
		token:    stillValid + " (the new one)",
	}
	formUnknownMessage = message{
		severity: diag.SeverityWarning,
		summary:  "Token of No Known Form",
		happened: "The value does not have the form of an access or refresh token that Salesforce issues. " +
			"With revoke_on = [\"destroy\"] nothing is sent before the destroy, so the org does not check it now.",
		meaning: "If it is something else, such as a placeholder, a client ID or an sfdx auth URL, no token is revoked, not even at destroy.",
		remedy:  "Check the value. Ignore this warning if it is a delete token of the OauthToken object.",
		token:   stillValid + " after a destroy, if the value is not a token",
	}
	armedEphemeralMessage = message{
		severity: diag.SeverityError,
		summary:  "Token Is Revoked at the End of the Run",
		happened: "The token comes from an ephemeral salesforce_access_token, which revokes it at the end of this run. With revoke_on = [\"destroy\"] the state would show it as active.",
		meaning:  "Nothing was sent for this resource, and nothing was stored. The token is revoked at the end of the run.",
		remedy: "Remove this resource, because the ephemeral resource revokes the token anyway. " +
			"Or set revoke_on_close = false there, so that the token is valid until this resource is destroyed.",
		token: notValid + " when the run ends",
	}
	notVerifiableMessage = message{
		severity: diag.SeverityWarning,
		summary:  "Token Cannot Be Verified",
		happened: "With verify, the provider asks the org whether it accepts an access token. By its form, this token is of the kind {kind}: the org cannot be asked about it without issuing another token.",
		meaning:  "The token is revoked all the same; verified_at stays null.",
		remedy:   "Leave out verify. For a refresh token, check the data source salesforce_oauth_tokens: its row is gone once the token is revoked.",
		token:    unaffected + ": it is revoked as without verify",
	}
	organizationRefusedMessage = message{
		severity: diag.SeverityError,
		summary:  "Organization Not Allowed",
		happened: "The token belongs to the organization {id}, which is not one of the provider's allowed_organization_ids.",
		meaning:  "Nothing was sent, so the token is unchanged.",
		remedy:   "Give the resource a provider whose settings are for that organization, or add its ID to allowed_organization_ids.",
		token:    unaffected,
	}
)

var planMessages = []message{
	noTokenMessage, otherAddressMessage, otherTokenMessage, formUnknownMessage, armedEphemeralMessage, notVerifiableMessage, organizationRefusedMessage,
}

var errNoToken = noTokenMessage.with(nil)

// otherAddress warns that a destroy would send the token elsewhere than the
// provider points.
func otherAddress(stored, configured string) diag.Diagnostic {
	return otherAddressMessage.with(values{"stored": stored, "configured": configured})
}

// otherToken warns of a write-only token that no plan takes notice of.
func otherToken() diag.Diagnostic { return otherTokenMessage.with(nil) }

// formUnknown warns of a value that may be no token, which nobody would notice
// before a destroy.
func formUnknown() diag.Diagnostic { return formUnknownMessage.with(nil) }

// armedEphemeral refuses to keep a token that is revoked when the run ends.
func armedEphemeral() diag.Diagnostic { return armedEphemeralMessage.with(nil) }

// notVerifiable warns that verify does nothing.
func notVerifiable(kind salesforce.TokenKind) diag.Diagnostic {
	return notVerifiableMessage.with(values{"kind": kind})
}

// organizationRefused reports a token that must not be sent anywhere.
func organizationRefused(id string) diag.Diagnostic {
	return organizationRefusedMessage.with(values{"id": id})
}
