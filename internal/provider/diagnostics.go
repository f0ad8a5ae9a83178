package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

// Diagnostics say what happened, what it means for the token, and what to do.

var errNotConfigured = diag.NewErrorDiagnostic("Provider Not Configured",
	"The configuration of the provider is not known yet, so nothing was sent and the token is as it was. Apply what the configuration depends on first.")

// A moment is when a resource revokes, and what follows from a failure then.
type moment struct {
	kept      string // what Terraform keeps
	readdress string // how to have the token sent to another address
}

var (
	atCreate = moment{
		kept:      "Nothing was stored: the next apply tries again.",
		readdress: "Correct the provider's instance_url and site, then apply again.",
	}
	atDestroy = moment{
		kept: "The resource stays in the state: the next run tries again.",
		readdress: "A destroy uses the address in the state, not the provider's. To revoke the token elsewhere, give it to another resource whose provider " +
			"has the right instance_url and site, then take \"destroy\" out of this one's revoke_on.",
	}
)

// notRevoked reports that a revocation failed.
func notRevoked(err error, revocationURL string, when moment) diag.Diagnostic {
	happened := fmt.Sprintf("POST %s: %s.", revocationURL, err)
	meaning, remedy := explain(err, when)
	return diag.NewErrorDiagnostic("Token Not Revoked", happened+"\n\n"+meaning+" "+when.kept+"\n\n"+remedy)
}

// explain says of an error of salesforce.Client.Revoke what it means for the
// token, and what to do.
func explain(err error, when moment) (meaning, remedy string) {
	var (
		redirect    *salesforce.RedirectError
		notEndpoint *salesforce.NotRevokeEndpointError
		response    *salesforce.ResponseError
		unanswered  *salesforce.UnansweredError
	)
	const alive = "The token may still be alive."
	switch {
	case errors.As(err, &redirect):
		return "The token was not sent on, because a redirect may lead anywhere. " + alive,
			"Use an address that answers by itself, best the org's own My Domain, such as https://example.my.salesforce.com; the host named above, if you trust it. " + when.readdress
	case errors.As(err, &notEndpoint):
		return alive, "Check that instance_url and site lead to Salesforce, and that no proxy or login page answers in its place. " + when.readdress
	case errors.As(err, &response) && response.Temporary():
		return alive, "The org may be overloaded or under maintenance. Run again later, or raise the provider's max_retries or the resource's timeouts."
	case errors.As(err, &response) && response.Code == "unsupported_token_type":
		return alive, "Check that the value is a whole access token, refresh token or delete token. An ID token, an authorization code or a client secret cannot be revoked."
	case errors.As(err, &response):
		return alive, "Check that instance_url and site are those of the org that issued the token. " + when.readdress
	case errors.As(err, &unanswered):
		if unanswered.Arrived {
			meaning = "The request may have arrived, so the token may be revoked, or still be alive."
		} else {
			meaning = alive
		}
		switch {
		case errors.Is(err, context.Canceled):
			return meaning, "Run again to be sure."
		case errors.Is(err, context.DeadlineExceeded):
			return meaning, "Run again later, or raise the resource's timeouts."
		}
		return meaning, "Check that the address can be reached from here and that its certificate is trusted (the provider's ca_cert_pem adds roots), then run again."
	}
	return alive, when.readdress
}

// alreadyInvalid warns that the org does not know a token that was believed to
// be alive.
func alreadyInvalid(revocationURL string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Token Already Invalid",
		fmt.Sprintf("POST %s: the server answered invalid_token.\n\n"+
			"Either the token is dead already, or it belongs to another host or org and may still be alive there.\n\n"+
			"If you did not expect it to be dead, check that instance_url and site are those of the org that issued it.", revocationURL))
}
