package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

// What can be said of work on many tokens, in the three parts of diagnostics.go.

var errNoSession = diag.NewErrorDiagnostic("No Credentials to Query With",
	"This object requires a session of the org, and the provider has no credentials to sign in with. Nothing was sent.\n\n"+
		"Set one of these for the provider: client_id and client_secret; client_id, username and private_key; client_id and refresh_token; sfdx_auth_url; access_token.")

// checkSession reports why there can be no session to query with.
func (d *providerData) checkSession() (diags diag.Diagnostics) {
	if d == nil {
		diags.Append(errNotConfigured)
	} else if d.grant == nil && d.accessToken.IsEmpty() {
		diags.Append(errNoSession)
	}
	return diags
}

// The moments of a sweep.
var (
	atSweepCreate = moment{
		kept:      "Nothing was stored: the next apply goes on with what is left.",
		readdress: "Check that instance_url is the org's own My Domain, then apply again.",
	}
	atSweepDestroy = moment{
		kept:      "The resource stays in the state: the next run goes on with what is left.",
		readdress: "Check that instance_url is the org's own My Domain, then run again.",
	}
	atRead = moment{
		kept:      "Nothing was stored.",
		readdress: "Check that instance_url is the org's own My Domain, then run again.",
	}
	atInvoke = moment{
		kept:      "Tokens that are dead by now do no harm in the next run.",
		readdress: "Correct the provider's instance_url and site, then invoke the action again.",
	}
)

// notSwept reports that a sweep left tokens. err is what ended it early, or nil.
func notSwept(s tokenSweep, err error, when moment) diag.Diagnostic {
	account := s.Account()
	happened := fmt.Sprintf("POST %s: %s.", s.revocationURL, account)
	var remedy string
	if err == nil {
		_, remedy = explain(account.Example, when)
	} else {
		happened += fmt.Sprintf(" Then this ended it: %s.", ended(err))
		remedy = explainListing(err, when)
	}
	return diag.NewErrorDiagnostic("Tokens Not Revoked", happened+"\n\nWhat was revoked stays revoked; all other tokens may still be valid. "+when.kept+"\n\n"+remedy)
}

// tooManyTokens reports that more tokens match than the user expects.
func tooManyTokens(matched int, maxCount int64, when moment) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Too Many Tokens Match",
		fmt.Sprintf("%d tokens match, but max_count is %d.\n\nNo token was revoked. %s\n\n"+
			"Check the filters: the data source salesforce_oauth_tokens lists what matches. If the number is right, raise max_count and apply; a destroy uses the max_count in the state.",
			matched, maxCount, when.kept))
}

// ended says why a sweep ended early.
func ended(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "the run was interrupted"
	case errors.Is(err, context.DeadlineExceeded):
		return "the time for this operation is up"
	}
	return err.Error()
}

// notListed reports that the org's tokens could not be listed, before any was
// touched.
func (d *providerData) notListed(err error, when moment) diag.Diagnostic {
	var signIn signInError
	if errors.As(err, &signIn) {
		return notSignedIn(signIn.error, d.loginURL)
	}
	return diag.NewErrorDiagnostic("Tokens Not Listed", fmt.Sprintf("Asking the org for its OAuth tokens: %s.\n\nNo token was touched.\n\n%s", ended(err), explainListing(err, when)))
}

// explainListing says of an error of salesforce.OauthTokens what to do.
func explainListing(err error, when moment) string {
	var (
		response   *salesforce.ResponseError
		incomplete *salesforce.IncompleteError
		signIn     signInError
	)
	switch {
	case errors.As(err, &signIn):
		_, remedy := explainSignIn(signIn.error)
		return remedy
	case errors.Is(err, context.Canceled):
		return "Run again to be sure."
	case errors.Is(err, context.DeadlineExceeded):
		return "Run again, or raise the resource's timeouts or the provider's max_concurrency."
	case errors.As(err, &incomplete):
		return "Tokens may have come and gone while they were listed. Run again; narrow the filters if it stays so."
	case errors.As(err, &response) && !response.Temporary():
		for _, known := range listingRemedies {
			if response.Code == known.code {
				return known.remedy
			}
		}
	}
	_, remedy := explain(err, when)
	return remedy
}

var listingRemedies = []struct{ code, remedy string }{
	{"INVALID_SESSION_ID", "The session is over, or belongs to another org. Give a fresh access_token, or let the provider sign in by itself, at the instance_url of the org."},
	{"INVALID_TYPE", "The user may not query the object OauthToken. Give the user the permission \"API Enabled\" and, to see the tokens of all users, \"Customize Application\"; api_version must be 32.0 or later."},
	{"API_DISABLED_FOR_ORG", "The user or the org may not use the REST API. Give the user the permission \"API Enabled\"."},
	{"API_CURRENTLY_DISABLED", "The user may not use the REST API. Give the user the permission \"API Enabled\"."},
	{"REQUEST_LIMIT_EXCEEDED", "The org has used up its API requests of the last 24 hours. Run again when it has some left."},
	{"NOT_FOUND", "Check that instance_url is the org's own My Domain, since a login host has no REST API, and that the org knows api_version."},
}

// matchesNothing warns that there was nothing to revoke or to list.
func matchesNothing() diag.Diagnostic {
	return diag.NewWarningDiagnostic("No Token Matches",
		"The org lists no token for these filters.\n\n"+
			"Either none is alive, or the filters miss it, or the user who asks may not see it.\n\n"+
			"If you expected some, check that app_name is the label of the app as the org's OAuth usage page has it, and that the user has the permission "+
			"\"Customize Application\": without it, Salesforce lists the user's own tokens only.")
}

// ownTokensOnly warns that the user may not see all there is.
func ownTokensOnly(userID string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Own Tokens Only",
		fmt.Sprintf("The org lists no tokens, of whichever app, but those of the user who asks (%s).\n\n"+
			"Without the permission \"Customize Application\", Salesforce leaves out those of other users and does not say so: they may be alive.\n\n"+
			"If other users use the app, give that permission to the user whom the provider signs in as, and run again.", userID))
}

// stillListed warns of tokens that are dead by the org's word, and yet listed.
func stillListed(n int) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Tokens Still Listed",
		fmt.Sprintf("The org says of %d tokens that they are revoked or invalid, and lists them all the same.\n\n"+
			"A revocation may take some seconds to spread.\n\n"+
			"Look again in a while, with the data source salesforce_oauth_tokens.", n))
}

// sessionEnded warns that the provider cannot sign in any more.
func sessionEnded() diag.Diagnostic {
	return diag.NewWarningDiagnostic("Own Sign-In Revoked",
		"Among the revoked tokens was the one that the provider's own session was issued from.\n\n"+
			"The refresh token or access token of the provider is no longer valid, nor is any session that was issued from it.\n\n"+
			"Give the provider other credentials before the next run: best those of an app that is not swept, or of the client credentials or JWT bearer flow, which hold no refresh token.")
}

// otherOrg reports that a destroy would work on an org that the resource was
// not made for.
func otherOrg(made, now string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Another Org",
		fmt.Sprintf("The resource was created for the org at %s, but the provider signs in to another, at %s.\n\n"+
			"Nothing was revoked, in either org. The resource stays in the state.\n\n"+
			"Give the resource a provider that signs in to its org. If nothing needs to be revoked, remove \"destroy\" from its revoke_on and apply.", made, now))
}

// someInvalid is alreadyInvalid of several tokens.
func someInvalid(n int, revocationURL string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Tokens Already Invalid",
		fmt.Sprintf("POST %s: the server answered invalid_token for %d of the tokens.\n\n"+
			"Either they are dead already, or they belong to another host or org and may still be alive there.\n\n"+
			"If you did not expect them to be dead, check that instance_url and site are those of the org that issued them.", revocationURL, n))
}
