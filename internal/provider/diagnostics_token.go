package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

// The messages about the revocation of one token.
var (
	tokenNotRevoked = message{
		severity: diag.SeverityError,
		summary:  "Token {digest} Not Revoked",
		happened: "POST {url}: {error}.",
		meaning:  "{meaning} {kept}",
		remedy:   "{remedy}",
		token:    mayBeValid,
		causes:   causes{refusalCauses, revocationCauses},
	}
	tokenNotStored = message{
		severity: diag.SeverityError,
		summary:  "Token {digest} Not Stored",
		happened: "A destroy could not revoke the token: {error}.",
		meaning:  "{meaning} {kept}",
		remedy:   "{remedy}",
		token:    unaffected,
		causes:   causes{refusalCauses, {{"anything else happens", nil, "Nothing was sent.", "{readdress}"}}},
	}
	tokenAlreadyInvalid = message{
		severity: diag.SeverityWarning,
		summary:  "Token {digest} Already Invalid",
		happened: "POST {url}: the server answered invalid_token.",
		meaning:  "Either the token was revoked or expired before, or it belongs to another host or org and may still be valid there.",
		remedy:   "If you did not expect it to be invalid, check that instance_url and site are those of the org that issued it.",
		token:    mayBeValid + " at another host or org",
	}
	tokenNotVerified = message{
		severity: diag.SeverityWarning,
		summary:  "Token {digest} Not Verified",
		happened: "Before the token was revoked at {url}, {doubt}. That the org refuses it now proves nothing, so verified_at is null.",
		meaning:  "The outcome of the revocation is as reported. If the token belongs to another host or org, it may still be valid there.",
		remedy: "Check that instance_url and site are those of the org that issued the token, and that its scopes cover the userinfo endpoint " +
			"(openid, id, api or full).",
		token: mayBeValid + " at another host or org",
	}
	tokenNotSentAgain = message{
		severity: diag.SeverityWarning,
		summary:  "Token {digest} Not Sent Again",
		happened: "POST {url}: {error}.",
		meaning:  "{before} The resource is removed from the state.",
		remedy:   "If you have a reason to believe that the token is valid, revoke it with another resource or in Salesforce's Setup.",
		token:    notValid + ", unless the state was edited or the token belongs to another host or org",
	}
	tokenNeverRevoked = message{
		severity: diag.SeverityWarning,
		summary:  "Token {digest} Never Revoked",
		happened: "When the resource was created, {url} answered invalid_token. The token is not stored, so nothing was sent now.",
		meaning: "Either the token was revoked or expired before, or it belongs to another host or org and may still be valid there. " +
			"The resource is removed from the state.",
		remedy: "If it belongs to another org, revoke it with another resource whose provider has that instance_url and site, or in Salesforce's Setup.",
		token:  mayBeValid + " at another host or org",
	}
	tokenRevokedEarlier = message{
		severity: diag.SeverityWarning,
		summary:  "Token {digest} Revoked Earlier in This Run",
		happened: "The resource was to keep the token for a destroy, but another resource, or this one before it was replaced, has revoked it at {url} in this run.",
		meaning:  "The token is invalid. The status is stored as revoked rather than active.",
		remedy: "If the token is still needed, issue a new one and give that to the resource. " +
			"To change triggers without revoking, remove \"destroy\" from revoke_on first.",
		token: notValid,
	}
	tokenUsedElsewhere = message{
		severity: diag.SeverityWarning,
		summary:  "Token {digest} Is Used by Another Resource",
		happened: "The token was revoked at {url}. Another resource that was created in this run keeps the same token for a destroy, as with create_before_destroy.",
		meaning:  "The token is invalid, although the status of that resource is active.",
		remedy:   "If the token is still needed, issue a new one and give that to the resource.",
		token:    notValid,
	}
	auditFileNotWritten = message{
		severity: diag.SeverityWarning,
		summary:  "Audit File Not Written",
		happened: "A line could not be appended to {file}: {error}.",
		meaning:  "What was sent before is done, and its outcome is as reported; a line of it is missing or incomplete. Nothing else is sent in this run.",
		remedy:   "Make the file writable, and check the free space of its disk.",
		token:    asReported,
	}
)

var tokenMessages = []message{
	tokenNotRevoked, tokenAlreadyInvalid, tokenNotVerified, tokenNotStored, tokenNotSentAgain, tokenNeverRevoked,
	tokenRevokedEarlier, tokenUsedElsewhere, auditFileNotWritten,
}

// refusalCauses are of providerData.permit.
var refusalCauses = []cause{
	{
		"the organization is not in `allowed_organization_ids`", isA[*organizationError],
		"Nothing was sent, so the token is unchanged.",
		"Give the resource a provider whose settings are for that organization, or add its ID to allowed_organization_ids.",
	},
	{
		"the audit file cannot be written", isA[*auditError],
		"Nothing was sent, so the token is unchanged.",
		"Make the file that the provider's audit_file names writable, in a folder that exists, then run again.",
	},
}

// revocationCauses are of salesforce.Client.Revoke and what surrounds it.
// {readdress} is how to have the token sent to another address.
var revocationCauses = []cause{
	{
		"`verify` is set and the org still accepts the token", isA[*servingError],
		"The token was accepted before it was revoked, and no answer since then proves that the org refuses it: it may still be valid.",
		"Run again later, or raise the resource's timeouts: a revocation may take some time to take effect. " +
			"If the token stays valid, contact Salesforce. With verify = false, the provider does not ask for proof.",
	},
	{
		"the server redirects", isA[*salesforce.RedirectError],
		"The token was not sent on, because a redirect may lead anywhere. The token may still be valid.",
		"Use an address that does not redirect, preferably the org's own My Domain, such as https://example.my.salesforce.com, or the host named above if you trust it. {readdress}",
	},
	{
		"the answer does not come from Salesforce's endpoint", isA[*salesforce.UnexpectedAnswerError],
		"The token may still be valid.",
		"Check that instance_url and site lead to Salesforce, and that no proxy or login page answers in its place. {readdress}",
	},
	{
		"the org lists no delete token", wraps(errNoDeleteToken),
		"The token may still be valid.",
		"Revoke it in Setup, on the org's OAuth usage page, or delete or block its app, or deactivate its user.",
	},
	{
		"the answer is incomplete", isBrokenOff,
		"The token may still be valid.",
		"The connection broke before the answer was complete. Run again.",
	},
	{
		"the server answers 420, 429, 500, 502, 503 or 504", isTemporary,
		"The token may still be valid.",
		"The org may be overloaded or under maintenance. Run again later, or raise the provider's max_retries or the resource's timeouts.",
	},
	{
		"the server answers `unsupported_token_type`", reported("unsupported_token_type"),
		"The token may still be valid.",
		"Check that the value is a whole access token, refresh token or delete token. An ID token, an authorization code or a client secret cannot be revoked.",
	},
	{
		"the server answers with another error", isA[*salesforce.ResponseError],
		"The token may still be valid.",
		"Check that instance_url and site are those of the org that issued the token. {readdress}",
	},
	{
		"the org rate-limits for longer than the operation may take", unanswered(salesforce.ErrPaused),
		"{arrival}",
		"Run again when the org accepts requests again, or raise the resource's timeouts.",
	},
	{
		"the run was interrupted", unanswered(context.Canceled),
		"{arrival}",
		"Run again to be sure.",
	},
	{
		"the time is up", unanswered(context.DeadlineExceeded),
		"{arrival}",
		"Run again later, or raise the resource's timeouts.",
	},
	{
		"no answer arrives", isA[*salesforce.UnansweredError],
		"{arrival}",
		"Check that the address can be reached from here and that its certificate is trusted (the provider's ca_cert_pem adds roots), then run again.",
	},
	{"anything else happens", nil, "The token may still be valid.", "{readdress}"},
}

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
			"has the right instance_url and site, then remove \"destroy\" from this one's revoke_on.",
	}
	// atClose is the end of an ephemeral resource.
	atClose = moment{
		kept:      "The provider tries once more when it exits.",
		readdress: "Correct the provider's instance_url and site, then run again.",
	}
)

// values are those of a failure then.
func (when moment) values(err error) values {
	arrival := "The token may still be valid."
	var unanswered *salesforce.UnansweredError
	if errors.As(err, &unanswered) && unanswered.Arrived {
		arrival = "The request may have arrived, so the token may be revoked, or may still be valid."
	}
	return values{"error": err, "arrival": arrival, "kept": when.kept, "readdress": when.readdress}
}

// of adds the token and the address of a case.
func (v values) of(key recordKey) values {
	v["digest"], v["url"] = short(key.tokenSHA256), key.revocationURL
	return v
}

// notRevoked reports that a revocation failed.
func notRevoked(err error, key recordKey, when moment) diag.Diagnostic {
	return tokenNotRevoked.because(err, when.values(err).of(key))
}

// notArmed reports that a token could not be kept for a destroy.
func notArmed(err error, key recordKey) diag.Diagnostic {
	return tokenNotStored.because(err, atCreate.values(err).of(key))
}

// notRecorded warns that what was sent is missing in the audit file.
func notRecorded(audit *auditFile) diag.Diagnostic {
	return auditFileNotWritten.with(values{"file": audit.path, "error": audit.failed()})
}

// notVerified warns that verify could prove nothing.
func notVerified(doubt string, key recordKey) diag.Diagnostic {
	return tokenNotVerified.with(values{"doubt": doubt}.of(key))
}

// notRevokedAgain warns that a destroy could not send a token once more that
// the org has called invalid before.
func notRevokedAgain(err error, key recordKey, status string) diag.Diagnostic {
	before := "The token was revoked before, so this does not matter unless the state was edited."
	if status == string(salesforce.AlreadyInvalid) {
		before = "The org did not know the token when the resource was created. If it belongs to another host or org, it may still be valid there."
	}
	return tokenNotSentAgain.with(values{"error": err, "before": before}.of(key))
}

// alreadyInvalid warns that the org does not know a token that was believed to
// be valid.
func alreadyInvalid(key recordKey) diag.Diagnostic { return tokenAlreadyInvalid.with(values{}.of(key)) }

// leftAlreadyInvalid warns of a destroy that sends nothing for a token that
// another org may have issued.
func leftAlreadyInvalid(key recordKey) diag.Diagnostic {
	return tokenNeverRevoked.with(values{}.of(key))
}

// revokedInThisRun warns that a token cannot be kept for a destroy.
func revokedInThisRun(key recordKey) diag.Diagnostic {
	return tokenRevokedEarlier.with(values{}.of(key))
}

// armedTokenRevoked warns that a resource calls a token active that was revoked
// after it.
func armedTokenRevoked(key recordKey) diag.Diagnostic {
	return tokenUsedElsewhere.with(values{}.of(key))
}
