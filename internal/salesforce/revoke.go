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

	// AlreadyInvalid means that the endpoint does not know the token: it is
	// dead already, or belongs to another host or org.
	AlreadyInvalid Outcome = "already_invalid"
)

// Revoke ends a token at the given address, as RevocationURL makes it. An
// access token takes only itself along, a refresh token also the access tokens
// that were issued from it (Mobile SDK guide, "Revoking OAuth tokens").
//
// Every outcome but the two named is an error, and the token may be alive: a
// *ResponseError, *RedirectError, *NotRevokeEndpointError or *UnansweredError.
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
	answer, err := c.post(ctx, revocationURL, url.Values{"token": {token}}, token)
	if err != nil {
		return "", err
	}
	return answer.outcome(token)
}

// outcome reads an answer of the revoke endpoint.
func (a *answer) outcome(token string) (Outcome, error) {
	code, description := a.oauthError()
	switch {
	case a.status == http.StatusOK && code == "":
		if !a.isEmptyOrObject() {
			return "", &NotRevokeEndpointError{ContentType: clean(a.header.Get("Content-Type"), token)}
		}
		return Revoked, nil
	case a.status == http.StatusBadRequest && code == "invalid_token":
		if a.unanswered {
			return Revoked, nil
		}
		return AlreadyInvalid, nil
	case a.status >= 300 && a.status < 400:
		target, err := url.Parse(a.header.Get("Location"))
		if err != nil {
			target = &url.URL{}
		}
		return "", &RedirectError{Status: a.status, Host: clean(target.Host, token)}
	}
	wait, _ := retryAfter(a.header)
	return "", &ResponseError{
		Status:      a.status,
		Code:        clean(code, token),
		Description: clean(description, token),
		Attempts:    a.attempts,
		RetryAfter:  wait,
	}
}

// oauthError returns error and error_description of the body, which Salesforce
// sends form-encoded from the revoke endpoint and as JSON from others.
func (a *answer) oauthError() (code, description string) {
	body := bytes.TrimSpace(a.body)
	if bytes.HasPrefix(body, []byte("{")) {
		var fields map[string]any
		if err := json.Unmarshal(body, &fields); err != nil {
			return "", ""
		}
		value, failed := fields["error"]
		if !failed {
			return "", ""
		}
		description, _ = fields["error_description"].(string)
		if code, _ = value.(string); code == "" {
			code = "error" // of a form that we do not know, but an error
		}
		return code, description
	}
	// Only a body that starts so: an HTML page could hold "error=" as well.
	if !bytes.HasPrefix(body, []byte("error")) {
		return "", ""
	}
	fields, _ := url.ParseQuery(string(body)) // what can be read of it counts
	return fields.Get("error"), fields.Get("error_description")
}

func (a *answer) isEmptyOrObject() bool {
	if a.body == nil {
		return false
	}
	body := bytes.TrimSpace(a.body)
	return len(body) == 0 || body[0] == '{' && json.Valid(body)
}
