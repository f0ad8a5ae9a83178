package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/ledger"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

// Diagnostics say what happened, what it means for the token, and what to do.
// The summary names the token: Terraform merges diagnostics with equal
// summaries, and gives no address at a destroy. Those of a plan are constant for
// the same reason: they are to be merged.

// tokenSummary is a summary such as "Token 9f86d081 Not Revoked". The digest is
// the SHA-256 of the token, or empty.
func tokenSummary(digest, what string) string {
	if digest == "" {
		return "Token " + what
	}
	return "Token " + digest[:min(8, len(digest))] + " " + what
}

var errNotConfigured = diag.NewErrorDiagnostic("Provider Not Configured",
	"The configuration of the provider is not known yet, so nothing was sent and no token was touched. Apply what the configuration depends on first.")

var errNoCredentials = diag.NewErrorDiagnostic("No Credentials to Sign In With",
	"The provider has nothing to sign in with, so no token was minted.\n\n"+
		"Set one of these for the provider: client_id and client_secret; client_id, username and private_key; client_id and refresh_token; sfdx_auth_url. "+
		"An access_token is a session already, and mints no other.")

var protocolFilesRefused = diag.NewWarningDiagnostic("Protocol Files Not Written",
	"The environment variable "+protocolFiles+" is set. It makes a provider write every message of the plugin protocol to a file, with all tokens and keys in the clear.\n\n"+
		"This provider ignores it: no such file was written, and the run is not affected.\n\n"+
		"Unset the variable to be rid of this warning.")

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

// atClose is the end of an ephemeral resource.
var atClose = moment{
	kept:      "The provider tries once more when it ends.",
	readdress: "Correct the provider's instance_url and site, then run again.",
}

// notRevoked reports that a revocation failed.
func notRevoked(err error, key recordKey, when moment) diag.Diagnostic {
	happened := fmt.Sprintf("POST %s: %s.", key.revocationURL, err)
	meaning, remedy := explain(err, when)
	return diag.NewErrorDiagnostic(tokenSummary(key.tokenSHA256, "Not Revoked"), happened+"\n\n"+meaning+" "+when.kept+"\n\n"+remedy)
}

// explain says of an error of salesforce.Client.Revoke what it means for the
// token, and what to do.
func explain(err error, when moment) (meaning, remedy string) {
	var (
		serving     *servingError
		otherOrg    *organizationError
		audit       *auditError
		redirect    *salesforce.RedirectError
		notEndpoint *salesforce.UnexpectedAnswerError
		response    *salesforce.ResponseError
		unanswered  *salesforce.UnansweredError
	)
	const alive = "The token may still be alive."
	switch {
	case errors.As(err, &serving):
		return "The token was accepted before it was revoked, and no answer since then proves that the org refuses it: it may still be valid.",
			"Run again later, or raise the resource's timeouts: a revocation may take some time to take effect. If the token stays valid, contact Salesforce; verify = false goes on without proof."
	case errors.As(err, &otherOrg):
		return "Nothing was sent, so the token is as it was.", "Give the resource a provider whose settings are for that organization, or add its ID to allowed_organization_ids."
	case errors.As(err, &audit):
		return "The token is as it was.", "Make the file that the provider's audit_file names writable, in a folder that exists, then run again."
	case errors.As(err, &redirect):
		return "The token was not sent on, because a redirect may lead anywhere. " + alive,
			"Use an address that answers by itself, best the org's own My Domain, such as https://example.my.salesforce.com; the host named above, if you trust it. " + when.readdress
	case errors.As(err, &notEndpoint):
		return alive, "Check that instance_url and site lead to Salesforce, and that no proxy or login page answers in its place. " + when.readdress
	case errors.Is(err, errNoDeleteToken):
		return alive, "Revoke it in Setup, on the org's OAuth usage page, or end it with its app or its user."
	case errors.As(err, &response) && response.BrokenOff:
		return alive, "The connection broke before the answer was complete. Run again."
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
		case errors.Is(err, salesforce.ErrPaused):
			return meaning, "Run again when the org accepts requests again, or raise the resource's timeouts."
		case errors.Is(err, context.Canceled):
			return meaning, "Run again to be sure."
		case errors.Is(err, context.DeadlineExceeded):
			return meaning, "Run again later, or raise the resource's timeouts."
		}
		return meaning, "Check that the address can be reached from here and that its certificate is trusted (the provider's ca_cert_pem adds roots), then run again."
	}
	return alive, when.readdress
}

// notRecorded warns that what was sent is missing in the audit file.
func notRecorded(audit *auditFile) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Audit File Not Written", fmt.Sprintf(
		"A line could not be appended to %s: %s.\n\nWhat was sent before is done, and its outcome is as reported; a line of it is missing or not whole. "+
			"Nothing else is sent in this run.\n\nMake the file writable, and check the space left on its disk.", audit.path, audit.failed()))
}

// notVerified warns that verify could prove nothing.
func notVerified(doubt string, key recordKey) diag.Diagnostic {
	return diag.NewWarningDiagnostic(tokenSummary(key.tokenSHA256, "Not Verified"), fmt.Sprintf(
		"Before the token was revoked at %s, %s. That the org refuses it now proves nothing, so verified_at is null.\n\n"+
			"The outcome of the revocation is as reported. If the token belongs to another host or org, it may still be valid there.\n\n"+
			"Check that instance_url and site are those of the org that issued the token, and that its scopes cover the userinfo endpoint (openid, id, api or full).", key.revocationURL, doubt))
}

// notArmed reports that a token could not be kept for a destroy.
func notArmed(err error, key recordKey) diag.Diagnostic {
	meaning, remedy := explain(err, atCreate)
	return diag.NewErrorDiagnostic(tokenSummary(key.tokenSHA256, "Not Stored"), fmt.Sprintf("A destroy could not revoke the token: %s.\n\n%s %s\n\n%s", err, meaning, atCreate.kept, remedy))
}

// notRevokedAgain warns that a destroy could not send a token once more that
// the org has called invalid before.
func notRevokedAgain(err error, key recordKey, status string) diag.Diagnostic {
	meaning := "The token was revoked before, so this does not matter unless the state was edited."
	if status == string(salesforce.AlreadyInvalid) {
		meaning = "The org did not know the token when the resource was created. If it belongs to another host or org, it may still be valid there."
	}
	return diag.NewWarningDiagnostic(tokenSummary(key.tokenSHA256, "Not Sent Again"), fmt.Sprintf("POST %s: %s.\n\n%s The resource is removed from the state.\n\n"+
		"If you have a reason to believe that the token is valid, revoke it with another resource or in Salesforce's Setup.", key.revocationURL, err, meaning))
}

// alreadyInvalid warns that the org does not know a token that was believed to
// be valid.
func alreadyInvalid(key recordKey) diag.Diagnostic {
	return diag.NewWarningDiagnostic(tokenSummary(key.tokenSHA256, "Already Invalid"),
		fmt.Sprintf("POST %s: the server answered invalid_token.\n\n"+
			"Either the token was revoked or expired before, or it belongs to another host or org and may still be valid there.\n\n"+
			"If you did not expect it to be invalid, check that instance_url and site are those of the org that issued it.", key.revocationURL))
}

// leftAlreadyInvalid warns of a destroy that sends nothing for a token that
// another org may have issued.
func leftAlreadyInvalid(key recordKey) diag.Diagnostic {
	return diag.NewWarningDiagnostic(tokenSummary(key.tokenSHA256, "Never Revoked"),
		fmt.Sprintf("When the resource was created, %s answered invalid_token. The token is not stored, so nothing was sent now.\n\n"+
			"Either the token was revoked or expired before, or it belongs to another host or org and may still be valid there. The resource is removed from the state.\n\n"+
			"If it belongs to another org, revoke it with another resource whose provider has that instance_url and site, or in Salesforce's Setup.", key.revocationURL))
}

// revokedInThisRun warns that a token cannot be kept for a destroy.
func revokedInThisRun(key recordKey) diag.Diagnostic {
	return diag.NewWarningDiagnostic(tokenSummary(key.tokenSHA256, "Revoked Earlier in This Run"),
		fmt.Sprintf("The resource was to keep the token for a destroy, but another resource, or this one before it was replaced, has revoked it at %s in this run.\n\n"+
			"The token is invalid. The status is stored as revoked rather than active.\n\n"+
			"If the token is still needed, issue a new one and give that to the resource. To change triggers without revoking, leave out \"destroy\" from revoke_on first.", key.revocationURL))
}

// armedTokenRevoked warns that a resource calls a token active that was revoked
// after it.
func armedTokenRevoked(key recordKey) diag.Diagnostic {
	return diag.NewWarningDiagnostic(tokenSummary(key.tokenSHA256, "Is Used by Another Resource"),
		fmt.Sprintf("The token was revoked at %s. Another resource that was created in this run keeps the same token for a destroy, as with create_before_destroy.\n\n"+
			"The token is invalid, although the state of that resource says active.\n\n"+
			"If the token is still needed, issue a new one and give that to the resource.", key.revocationURL))
}

// notSignedIn reports that no session was to be had.
func notSignedIn(err error, loginURL string) diag.Diagnostic {
	meaning, remedy := explainSignIn(err)
	return diag.NewErrorDiagnostic("Not Signed In", fmt.Sprintf("Signing in at %s: %s.\n\n%s\n\n%s", loginURL, err, meaning, remedy))
}

// explainSignIn says of an error of providerData.mint what it means, and what
// to do.
func explainSignIn(err error) (meaning, remedy string) {
	const (
		notMinted = "No token was minted."
		mayBe     = "The org may have minted a token that nobody holds. It stays valid until the org's session time-out ends it."
	)
	var (
		otherOrg   *organizationError
		audit      *auditError
		late       *ledger.LateError
		underWay   *ledger.UnderWayError
		redirect   *salesforce.RedirectError
		unexpected *salesforce.UnexpectedAnswerError
		response   *salesforce.ResponseError
		unanswered *salesforce.UnansweredError
	)
	meaning = notMinted
	if salesforce.MayHaveMinted(err) {
		meaning = mayBe
	}
	switch {
	case errors.As(err, &otherOrg):
		return "Nothing else was sent with the session. If the provider has minted it, it was given up to be revoked.",
			"Set instance_url and the credentials to those of an organization that is allowed, or add the ID to allowed_organization_ids."
	case errors.As(err, &audit):
		return notMinted, "Make the file that the provider's audit_file names writable, in a folder that exists, then run again."
	case errors.Is(err, salesforce.ErrLoginHost):
		return notMinted, "Set instance_url to the org's own My Domain, such as https://example.my.salesforce.com."
	case errors.Is(err, errRotated):
		return "This sign-in made the configured refresh token invalid. Nobody could keep the new one, so it was given up to be revoked, and the session with it.",
			"Switch off refresh token rotation for the app, or sign in another way (client credentials, JWT bearer); then authorize anew."
	case errors.As(err, &late) && late.Failure == nil:
		return "No token is left.", "Run again."
	case errors.As(err, &late):
		return "The token may still be valid. The provider tries to revoke it once more when it ends.", "Run again."
	case errors.As(err, &redirect):
		return meaning + " The credentials were not sent on.", "If you trust the host named above, set instance_url to it: best to the org's own My Domain."
	case errors.As(err, &unexpected):
		return meaning, "Check that instance_url and site lead to Salesforce, and that no proxy or login page answers in its place."
	case errors.As(err, &response) && response.BrokenOff:
		return meaning, "The connection broke before the answer was complete. Run again."
	case errors.As(err, &response) && response.Temporary():
		return meaning, "The org may be overloaded or under maintenance: run again later. A sign-in is not repeated automatically, because each may mint a token."
	case errors.As(err, &response):
		return meaning, signInRemedy(response)
	case errors.As(err, &unanswered) && (unanswered.Arrived || errors.Is(err, context.Canceled)):
		return meaning, "Run again later."
	case errors.As(err, &underWay):
		return "The sign-in was still under way. If it brings a token, that is revoked when it arrives.", "Run again later, or raise the resource's timeouts."
	case errors.Is(err, context.DeadlineExceeded):
		return meaning, "Run again later, or raise the resource's timeouts."
	case errors.As(err, &unanswered):
		return meaning, "Check that instance_url can be reached from here and that its certificate is trusted (ca_cert_pem adds roots), then run again."
	case errors.Is(err, context.Canceled), errors.Is(err, ledger.ErrEmptying):
		return meaning, "Run again."
	}
	return meaning, "Correct what the message names, then run again."
}

// signInRemedies are Salesforce's ways of saying no, and what helps. The words
// are all that tells many of them apart: their code is invalid_grant alike.
var signInRemedies = []struct{ says, remedy string }{
	{"request not supported on this domain", "The client credentials flow works at the org's own address only: set instance_url to its My Domain, such as https://example.my.salesforce.com."},
	{"no client credentials user enabled", "The app has no run-as user. In the org's Setup, give the app a run-as user for the client credentials flow."},
	{"client credentials flow not enabled", "In the org's Setup, enable the client credentials flow for the app, and give it a run-as user."},
	{"hasn't approved this consumer", "The user is not pre-authorized for the app. In the org's Setup, let admin-approved users be pre-authorized, and assign the app to the user's profile or a permission set."},
	{"not admin approved", "The user may not use the app. In the org's Setup, assign the app to the user's profile or a permission set."},
	{"expired access/refresh token", "The refresh token is dead: revoked, expired by the app's policy, or, if the app rotates refresh tokens, replaced at the last sign-in. Authorize anew, and use an app without rotation."},
	{"audience is invalid", "The assertion names another login host than the org expects. Set instance_url to the org's My Domain, or to https://login.salesforce.com or https://test.salesforce.com."},
	{"invalid assertion", "The org does not accept the assertion: check that private_key belongs to the certificate of the app, and that username and client_id are right."},
	{"client identifier invalid", "The org does not know client_id. Check it, and that instance_url is the org that has the app; a new app takes some minutes to be known."},
	{"invalid client credentials", "client_secret is not that of the app. Check it for white space and for a rotated secret."},
	{"inactive user", "The user is not active, or not one of this org. Check username and instance_url."},
	{"login rate exceeded", "The user signed in too often: Salesforce allows 3,600 sign-ins an hour. Wait, and give Terraform a user of its own."},
}

func signInRemedy(err *salesforce.ResponseError) string {
	for _, known := range signInRemedies {
		if strings.Contains(strings.ToLower(err.Description), known.says) {
			return known.remedy
		}
	}
	return "Check the provider's credentials, and that instance_url and site are those of the org that they are for."
}
