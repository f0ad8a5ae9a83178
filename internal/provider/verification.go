package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

// A proof says what verify has found out about a token.
type proof int

const (
	notAsked          proof = iota // verify is off, or the token is of a kind that cannot be asked about
	notAcceptedBefore              // so a refusal proves nothing
	proved                         // accepted before, and refused after the revocation
)

// A revocationResult is the outcome of a revocation, and what proves it.
type revocationResult struct {
	outcome salesforce.Outcome
	proof   proof
	doubt   string // why there is none, in the words of a sentence, for notAcceptedBefore
}

// A servingError says that a token was accepted before it was revoked, and that
// the org did not refuse it afterwards.
type servingError struct {
	outcome salesforce.Outcome
	cause   error // of salesforce.Client.AwaitRefusal
}

func (e *servingError) Error() string {
	return fmt.Sprintf("the org answered %s, but it is not verified that it refuses the token: %s", e.outcome, e.cause)
}

func isAccessToken(kind salesforce.TokenKind) bool {
	return kind == salesforce.AccessToken || kind == salesforce.JWTAccessToken
}

// revokeAndVerify revokes a token and, with verify, has the org prove that it
// took effect, where key leads and not where the provider points. Errors are as
// of revoke, or a *servingError.
func (d *providerData) revokeAndVerify(ctx context.Context, key recordKey, token string, verify bool) (result revocationResult, err error) {
	if !verify || !isAccessToken(salesforce.InspectToken(token).Kind) {
		result.outcome, err = d.revoke(ctx, d.client, key.revocationURL, token)
		return result, err
	}
	if err := d.permit(salesforce.InspectToken(token)); err != nil {
		return result, err
	}
	asking := d.maskToken(ctx, token)
	accepted, doubt := d.accepts(asking, key, token)
	result.outcome, err = d.revoke(ctx, d.client, key.revocationURL, token)
	if err != nil {
		return result, err
	}
	if !accepted {
		result.proof, result.doubt = notAcceptedBefore, doubt
		return result, nil
	}
	if err := d.client.AwaitRefusal(asking, key.revocationURL, token); err != nil {
		return result, &servingError{result.outcome, err}
	}
	result.proof = proved
	tflog.Info(asking, "Verified that the org refuses a token", map[string]any{"token_sha256": key.tokenSHA256, "host": hostOf(key.revocationURL)})
	return result, nil
}

// accepts asks before the revocation, for a quarter of the time at most: to
// revoke is what matters.
func (d *providerData) accepts(ctx context.Context, key recordKey, token string) (accepted bool, doubt string) {
	if deadline, bounded := ctx.Deadline(); bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/4)
		defer cancel()
	}
	accepted, err := d.client.Accepts(ctx, key.revocationURL, token)
	switch {
	case err != nil:
		return false, fmt.Sprintf("the org could not be asked whether it accepts it (%s)", err)
	case !accepted:
		return false, "the org refused it already"
	}
	return true, ""
}
