package salesforce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
)

// An Outcome says what became of a token that was to be revoked.
type Outcome string

const (
	// Revoked means that this call ended the token: the endpoint said so, or
	// it said that the token is invalid after an earlier attempt of the same
	// call got no answer.
	Revoked Outcome = "revoked"

	// AlreadyInvalid means that the endpoint does not know the token: it was
	// invalid before, or it belongs to another host or org.
	AlreadyInvalid Outcome = "already_invalid"
)

// Revoke revokes a token at the given address, which RevocationURL returns. With
// a refresh token, the access tokens that were issued from it are revoked, too
// (Mobile SDK guide, "Revoking OAuth tokens").
//
// Every outcome but the two named is an error, and the token may still be valid: a
// *ResponseError, *RedirectError, *UnexpectedAnswerError or *UnansweredError.
// No error holds the token.
func (c *Client) Revoke(ctx context.Context, revocationURL, token string) (Outcome, error) {
	// The address may come from a state that somebody edited.
	u, err := url.Parse(revocationURL)
	if err != nil {
		return "", errors.New("the revocation URL is malformed")
	}
	if err := checkOrigin(u); err != nil {
		return "", errors.New("the revocation URL " + err.Error())
	}
	answer, err := c.send(ctx, postForm(revocationURL, url.Values{"token": {token}}))
	if err != nil {
		return "", err
	}
	return answer.outcome()
}

// outcome reads an answer of the revoke endpoint.
func (a *answer) outcome() (Outcome, error) {
	code, _ := a.oauthError()
	if a.status == http.StatusOK && code == "" && !a.brokenOff() {
		if !a.isEmptyOrObject() {
			return "", a.unexpected()
		}
		return Revoked, nil
	}
	if a.status == http.StatusBadRequest && code == "invalid_token" {
		if a.unanswered {
			return Revoked, nil
		}
		return AlreadyInvalid, nil
	}
	return "", a.failure()
}

func (a *answer) isEmptyOrObject() bool {
	if a.err != nil {
		return false
	}
	body := bytes.TrimSpace(a.body)
	return len(body) == 0 || body[0] == '{' && json.Valid(body)
}
