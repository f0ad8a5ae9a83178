package provider

import (
	"context"
	"errors"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/sweep"
)

// The messages about work on many tokens.
var (
	tokensNotRevoked = message{
		severity: diag.SeverityError,
		summary:  "Tokens Not Revoked",
		happened: "{work}: {account}.{stopped}",
		meaning:  "What was revoked stays revoked; all other tokens may still be valid. {kept}",
		remedy:   "{remedy}",
		token:    mayBeValid,
		causes:   causes{listingCauses, accessCauses, refusalCauses, revocationCauses},
	}
	tooManyTokensMessage = message{
		severity: diag.SeverityError,
		summary:  "Too Many Tokens Match",
		happened: "{matched} tokens match, but max_count is {max_count}.",
		meaning:  "No token was revoked. {kept}",
		remedy: "Check the filters: the data source salesforce_oauth_tokens lists what matches. " +
			"If the number is right, raise max_count and apply; a destroy uses the max_count in the state.",
		token: unaffected,
	}
	tokensNotListed = message{
		severity: diag.SeverityError,
		summary:  "Tokens Not Listed",
		happened: "Listing the org's OAuth tokens: {error}.",
		meaning:  "No token was revoked.",
		remedy:   "{remedy}",
		token:    unaffected,
		causes:   causes{listingCauses, accessCauses, refusalCauses, revocationCauses},
	}
	noTokenMatches = message{
		severity: diag.SeverityWarning,
		summary:  "No Token Matches",
		happened: "The org lists no token for these filters.",
		meaning:  "Either none is valid, or the filters miss it, or the signed-in user may not see it.",
		remedy: "If you expected some, check that app_name is the label of the app as the org's OAuth usage page shows it, and that the user has the permission " +
			"\"Customize Application\": without it, Salesforce lists the user's own tokens only.",
		token: mayBeValid + ", if the filters miss it",
	}
	appWithoutTokensMessage = message{
		severity: diag.SeverityWarning,
		summary:  "App Without Tokens",
		happened: "The org lists the external client apps that have tokens, and {app} is not among them.",
		meaning: "Either no user has granted the app a token that is still valid, or external_client_app is misspelled, " +
			"or the signed-in user may not see the app.",
		remedy: "If you expected tokens, check that external_client_app is the identifier or the developer name of the app, not its label, " +
			"and that it is not a connected app: app_name is for those.",
		token: mayBeValid + ", if the app is another one",
	}
	ownAppTokensOnlyMessage = message{
		severity: diag.SeverityWarning,
		summary:  "Own Tokens of App Only",
		happened: "The org lists no tokens except those of the signed-in user ({user}).",
		meaning:  "If it leaves out those of other users because of a missing permission, they may still be valid.",
		remedy: "If other users use the app, give the user that the provider signs in as the permissions \"Customize Application\" and " +
			"\"View all External Client Apps, view their settings, and edit their policies\", and run again.",
		token: mayBeValid + " (those of other users)",
	}
	oldAPIVersionMessage = message{
		severity: diag.SeverityError,
		summary:  "API Version Without External Client Apps",
		happened: "external_client_app requires version {required} of the REST API or a later one, and the provider's api_version is {version}.",
		meaning:  "Nothing was sent, so the tokens are unchanged.",
		remedy:   "Raise api_version, in the provider's configuration or in SALESFORCE_API_VERSION, or leave it out.",
		token:    unaffected,
	}
	ownTokensOnlyMessage = message{
		severity: diag.SeverityWarning,
		summary:  "Own Tokens Only",
		happened: "The org lists no tokens, of any app, except those of the signed-in user ({user}).",
		meaning:  "Without the permission \"Customize Application\", Salesforce leaves out the tokens of other users and does not report that: they may still be valid.",
		remedy:   "If other users use the app, give that permission to the user that the provider signs in as, and run again.",
		token:    mayBeValid + " (those of other users)",
	}
	tokensStillListed = message{
		severity: diag.SeverityWarning,
		summary:  "Tokens Still Listed",
		happened: "The org reported that {n} tokens are revoked or invalid, and still lists them.",
		meaning:  "It may take some seconds until a revocation takes effect.",
		remedy:   "Check again later, with the data source salesforce_oauth_tokens.",
		token:    mayBeValid + " for some seconds",
	}
	ownSignInRevoked = message{
		severity: diag.SeverityWarning,
		summary:  "Own Sign-In Revoked",
		happened: "Among the revoked tokens was the one that the provider's own session was issued from.",
		meaning:  "The refresh token or access token of the provider is no longer valid, nor is any session that was issued from it.",
		remedy: "Give the provider other credentials before the next run: preferably those of another app, or of the client credentials or JWT bearer flow, " +
			"which have no refresh token.",
		token: notValid,
	}
	anotherOrg = message{
		severity: diag.SeverityError,
		summary:  "Another Org",
		happened: "The resource was created for the org at {made}, but the provider signs in to another, at {now}.",
		meaning:  "Nothing was revoked, in either org. The resource stays in the state.",
		remedy:   "Give the resource a provider that signs in to its org. If nothing needs to be revoked, remove \"destroy\" from its revoke_on and apply.",
		token:    unaffected,
	}
	someTokensInvalid = message{
		severity: diag.SeverityWarning,
		summary:  "Tokens Already Invalid",
		happened: "POST {url}: the server answered invalid_token for {n} of the tokens.",
		meaning:  "Either they were revoked or expired before, or they belong to another host or org and may still be valid there.",
		remedy:   "If you did not expect them to be invalid, check that instance_url and site are those of the org that issued them.",
		token:    mayBeValid + " at another host or org",
	}
)

var sweepMessages = []message{
	tokensNotRevoked, tokensNotListed, tooManyTokensMessage, noTokenMatches, appWithoutTokensMessage, ownTokensOnlyMessage, ownAppTokensOnlyMessage, oldAPIVersionMessage, tokensStillListed, ownSignInRevoked, anotherOrg, someTokensInvalid,
}

// listingCauses are of the queries of salesforce.API. What else may happen to
// them is among revocationCauses.
var listingCauses = []cause{
	{
		"a token is still listed after it was revoked", wraps(errStillListed), "",
		"A revocation may take some seconds to take effect. Run again later. If the token is listed even then, contact Salesforce.",
	},
	{"the run was interrupted", wraps(context.Canceled), "", "Run again to be sure."},
	{
		"the time is up", wraps(context.DeadlineExceeded), "",
		"Run again, or raise the resource's timeouts or the provider's max_concurrency.",
	},
	{
		"the org lists fewer than it counts", isA[*salesforce.IncompleteError], "",
		"Tokens may have been issued and revoked while they were listed. Run again. If it happens again, narrow the filters.",
	},
	{
		"`INVALID_SESSION_ID`", reported("INVALID_SESSION_ID"), "",
		"The session has ended, or belongs to another org. Set a fresh access_token, or let the provider sign in automatically, at the instance_url of the org.",
	},
	{
		"`INVALID_TYPE`", reported("INVALID_TYPE"), "",
		"The user may not query the object OauthToken. Give the user the permission \"API Enabled\" and, to see the tokens of all users, \"Customize Application\". " +
			"api_version must be 32.0 or later.",
	},
	{
		"`API_DISABLED_FOR_ORG`", reported("API_DISABLED_FOR_ORG"), "",
		"The user or the org may not use the REST API. Give the user the permission \"API Enabled\".",
	},
	{
		"`API_CURRENTLY_DISABLED`", reported("API_CURRENTLY_DISABLED"), "",
		"The user may not use the REST API. Give the user the permission \"API Enabled\".",
	},
	{
		"`REQUEST_LIMIT_EXCEEDED`", reported("REQUEST_LIMIT_EXCEEDED"), "",
		"The org has used all of its API requests for 24 hours. Run again when some are available.",
	},
	{
		"`NOT_FOUND`", reported("NOT_FOUND"), "",
		"Check that instance_url is the org's own My Domain, because a login host has no REST API, and that the org knows api_version.",
	},
}

// accessCauses are what the org says of tokens when it names no permission.
var accessCauses = []cause{
	{
		"the server answers 403, and names no permission", response(func(r *salesforce.ResponseError) bool { return r.Status == http.StatusForbidden && !r.Temporary() }), "",
		"Give the user that the provider signs in as the permission \"API Enabled\" and, for the tokens of all users, \"Customize Application\"; " +
			"for external client apps \"View all External Client Apps, view their settings, and edit their policies\". Then run again.",
	},
}

// The moments of a sweep.
var (
	atSweepCreate = moment{
		kept:      "Nothing was stored: the next apply continues with what is left.",
		readdress: "Check that instance_url is the org's own My Domain, then apply again.",
	}
	atSweepDestroy = moment{
		kept:      "The resource stays in the state: the next run continues with what is left.",
		readdress: "Check that instance_url is the org's own My Domain, then run again.",
	}
	atRead = moment{
		kept:      "Nothing was stored.",
		readdress: "Check that instance_url is the org's own My Domain, then run again.",
	}
	atInvoke = moment{
		kept:      "Tokens that are invalid by now do no harm in the next run.",
		readdress: "Correct the provider's instance_url and site, then invoke the action again.",
	}
)

// checkSession reports why there can be no session to query with.
func (d *providerData) checkSession() (diags diag.Diagnostics) {
	if d == nil {
		diags.Append(errNotConfigured)
	} else if d.grant == nil && d.accessToken.IsEmpty() {
		diags.Append(errNoSession)
	}
	return diags
}

// notSwept reports that a sweep left tokens. err is what ended it early, or nil.
func notSwept(work string, account sweep.Account, err error, when moment) diag.Diagnostic {
	return tokensNotRevoked.ofSweep(account, err, when, values{"work": work})
}

// ofSweep makes the diagnostic of a sweep that left something. err is what ended
// it early, or nil.
func (m message) ofSweep(account sweep.Account, err error, when moment, v values) diag.Diagnostic {
	v["account"], v["stopped"], v["kept"], v["readdress"] = account, "", when.kept, when.readdress
	cause := account.Example
	if err != nil {
		v["stopped"] = " The work stopped early: " + ended(err) + "."
		cause = err
	}
	var signIn signInError
	if errors.As(cause, &signIn) {
		m.causes, cause = causes{signInCauses}, signIn.error
	}
	return m.because(cause, v)
}

// tooManyTokens reports that more tokens match than the user expects.
func tooManyTokens(matched int, maxCount int64, when moment) diag.Diagnostic {
	return tooManyTokensMessage.with(values{"matched": matched, "max_count": maxCount, "kept": when.kept})
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
// revoked.
func (d *providerData) notListed(err error, when moment) diag.Diagnostic {
	return d.notQueried(tokensNotListed, err, when)
}

// notQueried reports with m that a query failed, or that there was no session to
// query with.
func (d *providerData) notQueried(m message, err error, when moment) diag.Diagnostic {
	var signIn signInError
	if errors.As(err, &signIn) {
		return notSignedIn(signIn.error, d.loginURL)
	}
	return m.because(err, values{"error": ended(err), "readdress": when.readdress})
}

// matchesNothing warns that there was nothing to revoke or to list.
func matchesNothing() diag.Diagnostic { return noTokenMatches.with(nil) }

// appWithoutTokens warns that an external client app has nothing to revoke or to
// list.
func appWithoutTokens(app string) diag.Diagnostic {
	return appWithoutTokensMessage.with(values{"app": app})
}

// ownAppTokensOnly is ownTokensOnly of an external client app.
func ownAppTokensOnly(userID string) diag.Diagnostic {
	return ownAppTokensOnlyMessage.with(values{"user": userID})
}

// oldAPIVersion reports that the API that the provider is told to use has no
// external client apps.
func oldAPIVersion(version string) diag.Diagnostic {
	return oldAPIVersionMessage.at(path.Root("external_client_app"), values{"required": salesforce.ExternalClientAppVersion, "version": version})
}

// sweepNotes warn of what a sweep that has come to its end has met.
func sweepNotes(listed int, ownSessionEnded bool) (diags diag.Diagnostics) {
	if listed > 0 {
		diags.Append(stillListed(listed))
	}
	if ownSessionEnded {
		diags.Append(sessionEnded())
	}
	return diags
}

// ownTokensOnly warns that the user may not see all there is.
func ownTokensOnly(userID string) diag.Diagnostic {
	return ownTokensOnlyMessage.with(values{"user": userID})
}

// stillListed warns of tokens that are invalid by the org's word, and yet listed.
func stillListed(n int) diag.Diagnostic { return tokensStillListed.with(values{"n": n}) }

// sessionEnded warns that the provider cannot sign in any more.
func sessionEnded() diag.Diagnostic { return ownSignInRevoked.with(nil) }

// otherOrg reports that a destroy would work on an org that the resource was
// not made for.
func otherOrg(made, now string) diag.Diagnostic {
	return anotherOrg.with(values{"made": made, "now": now})
}

// someInvalid is alreadyInvalid of several tokens.
func someInvalid(n int, revocationURL string) diag.Diagnostic {
	return someTokensInvalid.with(values{"n": n, "url": revocationURL})
}
