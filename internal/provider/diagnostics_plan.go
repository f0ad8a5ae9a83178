package provider

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

// What a plan says, in the three parts of diagnostics.go.

var errNoToken = diag.NewErrorDiagnostic("No Token to Revoke",
	"One of token and token_wo is required where the resource is created or replaced, and both are null.\n\n"+
		"Nothing was sent, and no token was touched.\n\n"+
		"Set one of them. A write-only token may be left out only once it was used, and only until token_wo_version or triggers change."+withoutRefresh)

// otherAddress warns that a destroy would send the token elsewhere than the
// provider points.
func otherAddress(stored, configured string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Provider Points to Another Address", fmt.Sprintf(
		"The token belongs to %s according to the state, and the provider points to %s.\n\n"+
			"A destroy sends the token to the address in the state, and to no other. If that is the wrong one, the token stays valid.\n\n"+
			"If the address in the state was wrong, run terraform apply -replace=ADDRESS, with the address of this resource, to use the provider's. "+
			"If it was right, give this resource a provider alias whose instance_url and site lead to it.", stored, configured))
}

// otherToken warns of a write-only token that no plan takes notice of.
func otherToken() diag.Diagnostic {
	return diag.NewWarningDiagnostic("New Token Not Covered",
		"token_wo is not the token that this resource was created with: its SHA-256 is not token_sha256. But token_wo_version is the same, so nothing changes.\n\n"+
			"The new token is not revoked, neither now nor at destroy.\n\n"+
			"Increment token_wo_version to replace the resource, or leave token_wo out if the token that it was created with is the right one.")
}

// formUnknown warns of a value that may be no token, which nobody would notice
// before a destroy.
func formUnknown() diag.Diagnostic {
	return diag.NewWarningDiagnostic("Token of No Known Form",
		"The value has no form of an access or refresh token that Salesforce issues. With revoke_on = [\"destroy\"] nothing is sent before the destroy, so the org does not check it now.\n\n"+
			"If it is something else, such as a placeholder, a client ID or an sfdx auth URL, no token is revoked, not even at destroy.\n\n"+
			"Check the value. Ignore this warning if it is a delete token of the OauthToken object.")
}

// armedEphemeral refuses to keep a token that is revoked when the run ends.
func armedEphemeral() diag.Diagnostic {
	return diag.NewErrorDiagnostic("Token Is Revoked at the End of the Run",
		"The token comes from an ephemeral salesforce_access_token, which revokes it at the end of this run. With revoke_on = [\"destroy\"] the state would call it active.\n\n"+
			"Nothing was sent for this resource, and nothing was stored. The token is revoked at the end of the run.\n\n"+
			"Remove this resource, because the ephemeral resource revokes the token anyway; or set revoke_on_close = false there, so that the token is valid until this resource is destroyed.")
}

// notVerifiable warns that verify does nothing.
func notVerifiable(kind salesforce.TokenKind) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Token Cannot Be Verified", fmt.Sprintf(
		"verify asks the org whether it accepts an access token. The form of this token says %s, and the org answers no such question about it without minting another token.\n\n"+
			"The token is revoked all the same; verified_at stays null.\n\n"+
			"Leave out verify, or look at the data source salesforce_oauth_tokens for a refresh token: its row is gone once it is revoked.", kind))
}

// organizationRefused reports a token that must not be sent anywhere.
func organizationRefused(id string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Organization Not Allowed", fmt.Sprintf(
		"The token belongs to the organization %s, which is not one of the provider's allowed_organization_ids.\n\n"+
			"Nothing was sent, so the token is as it was.\n\n"+
			"Give the resource a provider whose settings are for that organization, or add its ID to allowed_organization_ids.", id))
}
