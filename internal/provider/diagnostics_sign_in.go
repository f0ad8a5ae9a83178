package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/ledger"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

// The messages about signing in.
var (
	notSignedInMessage = message{
		severity: diag.SeverityError,
		summary:  "Not Signed In",
		happened: "Signing in at {url}: {error}.",
		meaning:  "{meaning}",
		remedy:   "{remedy}",
		token:    "not issued, unless the message says otherwise",
		causes:   causes{signInCauses},
	}
	noCredentials = message{
		severity: diag.SeverityError,
		summary:  "No Credentials to Sign In With",
		happened: "The provider has no credentials to sign in with.",
		meaning:  "No token was issued.",
		remedy: "Set one of these for the provider: client_id and client_secret; client_id, username and private_key; client_id and refresh_token; sfdx_auth_url. " +
			"An access_token is a session already, and cannot be used to open another.",
		token: unaffected,
	}
	noCredentialsToQuery = message{
		severity: diag.SeverityError,
		summary:  "No Credentials to Query With",
		happened: "This object requires a session of the org, and the provider has no credentials to sign in with.",
		meaning:  "Nothing was sent.",
		remedy: "Set one of these for the provider: client_id and client_secret; client_id, username and private_key; client_id and refresh_token; " +
			"sfdx_auth_url; access_token.",
		token: unaffected,
	}
	privateDataDamaged = message{
		severity: diag.SeverityError,
		summary:  "Private Data Not Decoded",
		happened: "The data that the provider stored when it opened the ephemeral resource came back altered: {error}.",
		meaning:  "The token may still be valid. The provider tries to revoke it when it exits.",
		remedy:   "This is a bug: please report it.",
		token:    mayBeValid,
	}
)

var signInMessages = []message{notSignedInMessage, noCredentials, noCredentialsToQuery, privateDataDamaged}

// Diagnostics without anything to fill in.
var (
	errNoCredentials = noCredentials.with(nil)
	errNoSession     = noCredentialsToQuery.with(nil)
)

// signInCauses are of providerData.mint. {minted} says whether the org may have
// issued a token. Salesforce's descriptions are all that tells many causes
// apart: their code is invalid_grant alike.
var signInCauses = []cause{
	{
		"the organization is not in `allowed_organization_ids`", isA[*organizationError],
		"Nothing else was sent with the session. If the provider opened it, it was handed over to be revoked.",
		"Set instance_url and the credentials to those of an organization that is allowed, or add the ID to allowed_organization_ids.",
	},
	{
		"the audit file cannot be written", isA[*auditError],
		"No token was issued.",
		"Make the file that the provider's audit_file names writable, in a folder that exists, then run again.",
	},
	{
		"client credentials are used at a login host", wraps(salesforce.ErrLoginHost),
		"No token was issued.",
		"Set instance_url to the org's own My Domain, such as https://example.my.salesforce.com.",
	},
	{
		"the app rotates refresh tokens", wraps(errRotated),
		"This sign-in made the configured refresh token invalid. The new one could not be stored, so it was handed over to be revoked, and the session with it.",
		"Switch off refresh token rotation for the app, or sign in another way (client credentials, JWT bearer). Then authorize again.",
	},
	{
		"the run ended before the token arrived, and it was revoked", func(err error) bool {
			var late *ledger.LateError
			return errors.As(err, &late) && late.Failure == nil
		},
		"No token is left.",
		"Run again.",
	},
	{
		"the run ended before the token arrived, and it is not revoked yet", isA[*ledger.LateError],
		"The token may still be valid. The provider tries to revoke it once more when it exits.",
		"Run again.",
	},
	{
		"the server redirects", isA[*salesforce.RedirectError],
		"{minted} The credentials were not sent on.",
		"If you trust the host named above, set instance_url to it, or preferably to the org's own My Domain.",
	},
	{
		"the answer does not come from Salesforce's endpoint", isA[*salesforce.UnexpectedAnswerError],
		"{minted}",
		"Check that instance_url and site lead to Salesforce, and that no proxy or login page answers in its place.",
	},
	{
		"the answer is incomplete", isBrokenOff,
		"{minted}",
		"The connection broke before the answer was complete. Run again.",
	},
	{
		"the server answers 420, 429, 500, 502, 503 or 504", isTemporary,
		"{minted}",
		"The org may be overloaded or under maintenance: run again later. A sign-in is not repeated automatically, because each may issue a token.",
	},
	{
		"“request not supported on this domain”", described("request not supported on this domain"), "{minted}",
		"The client credentials flow works only at the org's own address: set instance_url to its My Domain, such as https://example.my.salesforce.com.",
	},
	{
		"“no client credentials user enabled”", described("no client credentials user enabled"), "{minted}",
		"The app has no run-as user. In the org's Setup, give the app a run-as user for the client credentials flow.",
	},
	{
		"“client credentials flow not enabled”", described("client credentials flow not enabled"), "{minted}",
		"In the org's Setup, enable the client credentials flow for the app, and give it a run-as user.",
	},
	{
		"“user hasn't approved this consumer”", described("hasn't approved this consumer"), "{minted}",
		"The user is not pre-authorized for the app. In the org's Setup, let admin-approved users be pre-authorized, and assign the app to the user's profile or a permission set.",
	},
	{
		"“user is not admin approved”", described("not admin approved"), "{minted}",
		"The user may not use the app. In the org's Setup, assign the app to the user's profile or a permission set.",
	},
	{
		"“expired access/refresh token”", described("expired access/refresh token"), "{minted}",
		"The refresh token is no longer valid: it was revoked, it expired by the app's policy, or the app rotates refresh tokens and replaced it at the last sign-in. " +
			"Authorize again, and use an app without rotation.",
	},
	{
		"“audience is invalid”", described("audience is invalid"), "{minted}",
		"The assertion names another login host than the org expects. Set instance_url to the org's My Domain, or to https://login.salesforce.com or https://test.salesforce.com.",
	},
	{
		"“invalid assertion”", described("invalid assertion"), "{minted}",
		"The org does not accept the assertion: check that private_key belongs to the certificate of the app, and that username and client_id are right.",
	},
	{
		"“client identifier invalid”", described("client identifier invalid"), "{minted}",
		"The org does not know client_id. Check it, and that instance_url is the org that has the app. A new app is known only after some minutes.",
	},
	{
		"“invalid client credentials”", described("invalid client credentials"), "{minted}",
		"client_secret is not that of the app. Check whether it contains whitespace, and whether the app's secret was rotated.",
	},
	{
		"“inactive user”", described("inactive user"), "{minted}",
		"The user is not active, or does not belong to this org. Check username and instance_url.",
	},
	{
		"“login rate exceeded”", described("login rate exceeded"), "{minted}",
		"The user signed in too often: Salesforce allows 3,600 sign-ins an hour. Wait, and give Terraform a user of its own.",
	},
	{
		"the server answers with another error", isA[*salesforce.ResponseError],
		"{minted}",
		"Check the provider's credentials, and that instance_url and site are those of the org that they belong to.",
	},
	{
		"the request may have arrived, or the run was interrupted", func(err error) bool {
			var unanswered *salesforce.UnansweredError
			return errors.As(err, &unanswered) && (unanswered.Arrived || errors.Is(err, context.Canceled))
		},
		"{minted}",
		"Run again later.",
	},
	{
		"the time is up while another resource signs in", isA[*ledger.UnderWayError],
		"The sign-in was still under way. If a token arrives, it is revoked then.",
		"Run again later, or raise the resource's timeouts.",
	},
	{
		"the time is up", wraps(context.DeadlineExceeded),
		"{minted}",
		"Run again later, or raise the resource's timeouts.",
	},
	{
		"no answer arrives", isA[*salesforce.UnansweredError],
		"{minted}",
		"Check that instance_url can be reached from here and that its certificate is trusted (ca_cert_pem adds roots), then run again.",
	},
	{
		"the run ends", func(err error) bool { return errors.Is(err, context.Canceled) || errors.Is(err, ledger.ErrEmptying) },
		"{minted}",
		"Run again.",
	},
	{"anything else happens", nil, "{minted}", "Correct what the message names, then run again."},
}

// notSignedIn reports that no session was to be had.
func notSignedIn(err error, loginURL string) diag.Diagnostic {
	return notSignedInMessage.because(err, values{"error": err, "url": loginURL, "minted": minted(err)})
}

// minted says whether a sign-in that failed may have issued a token.
func minted(err error) string {
	if salesforce.MayHaveMinted(err) {
		return "The org may have issued a token that the provider never received. It stays valid until the org's session timeout ends it."
	}
	return "No token was issued."
}
