package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/ledger"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/seal"
)

// Diagnostics say what happened, what it means for the token, and what to do.

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
		notEndpoint *salesforce.UnexpectedAnswerError
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

// alreadyInvalid warns that the org does not know a token that was believed to
// be alive.
func alreadyInvalid(revocationURL string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Token Already Invalid",
		fmt.Sprintf("POST %s: the server answered invalid_token.\n\n"+
			"Either the token is dead already, or it belongs to another host or org and may still be alive there.\n\n"+
			"If you did not expect it to be dead, check that instance_url and site are those of the org that issued it.", revocationURL))
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

// notSealed reports that a write-only token could not be kept for a destroy.
func notSealed(err error) diag.Diagnostic {
	const summary = "Token Not Sealed"
	const untouched = "Nothing was sent, so the token is as it was, and no destroy would revoke it."
	switch {
	case errors.Is(err, seal.ErrNoRecipient):
		return diag.NewErrorDiagnostic(summary,
			"token_wo is not stored, and revoke_on, which defaults to create and destroy, asks for a revocation at destroy. For that the token is sealed to an age recipient, "+
				"and the provider has none.\n\n"+untouched+"\n\n"+
				"Set the provider's seal_recipient, or SALESFORCE_SEAL_RECIPIENT, to a recipient that age-keygen made. To revoke the token at creation only, set revoke_on = [\"create\"].")
	case errors.Is(err, errOtherToken):
		return diag.NewErrorDiagnostic(summary,
			"destroy was added to revoke_on, and token_wo, which would be sealed for that, is not the token that this resource was created with: its SHA-256 is not token_sha256.\n\n"+
				untouched+"\n\n"+
				"If token_wo holds a new token, count token_wo_version up: the resource is replaced, and the new token sealed. Else give the old token again.")
	case errors.Is(err, errOtherURL):
		return diag.NewErrorDiagnostic(summary,
			"destroy was added to revoke_on, and the provider points to another address than revocation_url, where the token belongs.\n\n"+untouched+"\n\n"+
				"Set the provider's instance_url and site to those of revocation_url, or count token_wo_version up: the resource is replaced, and has the provider's address.")
	}
	return diag.NewErrorDiagnostic(summary, fmt.Sprintf("%s.\n\n%s\n\nThis is a bug in the provider: please report it.", err, untouched))
}

// notUnsealed reports that a destroy could not read the token to revoke.
func notUnsealed(err error) diag.Diagnostic {
	const abandon = "To give up revoking it here, take \"destroy\" out of revoke_on and apply. Then it dies only by another resource, or in Salesforce's setup."
	var happened, remedy string
	var version *seal.VersionError
	switch {
	case errors.Is(err, seal.ErrNoIdentity):
		happened = "The token is sealed, and the provider has no identity to open it with."
		remedy = "Set the provider's seal_identity, or SALESFORCE_SEAL_IDENTITY, to the age identity of a recipient that the token was sealed to. " + abandon
	case errors.Is(err, seal.ErrWrongIdentity):
		happened = "The token is sealed, and no identity in the provider's seal_identity opens it: it was sealed to other recipients."
		remedy = "Add the identity of one of them to seal_identity, which takes several, one a line. " + abandon
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
	return diag.NewErrorDiagnostic("Sealed Token Not Opened",
		happened+"\n\nNothing was sent, so the token may still be alive. "+atDestroy.kept+"\n\n"+remedy)
}
