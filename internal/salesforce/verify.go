package salesforce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const userinfoPath = "/services/oauth2/userinfo"

// The org is asked at growing intervals, from the first to the second.
const (
	minVerifyInterval = 250 * time.Millisecond
	maxVerifyInterval = 10 * time.Second
)

// A StillAcceptedError says that the org accepts an access token that it said
// it had revoked. It is context.Canceled or context.DeadlineExceeded to
// errors.Is, whichever ended the waiting.
type StillAcceptedError struct {
	Asked int // how often, since the revocation

	cause error
}

func (e *StillAcceptedError) Error() string {
	return fmt.Sprintf("the org still accepted the token when it was asked for the last of %d times", e.Asked)
}

func (e *StillAcceptedError) Unwrap() error { return e.cause }

// Accepts asks the userinfo endpoint beside a revocation URL whether the org
// accepts an access token. An answer that tells neither is an error, as of
// Revoke: a 403 alone proves nothing, because an exhausted quota is a 403, too.
func (c *Client) Accepts(ctx context.Context, revocationURL, accessToken string) (bool, error) {
	endpoint, err := userinfoURL(revocationURL)
	if err != nil {
		return false, err
	}
	answer, err := c.send(ctx, getJSON(endpoint, NewSecret(accessToken), maxAnswer))
	if err != nil {
		return false, err
	}
	if answer.status == http.StatusUnauthorized || answer.status == http.StatusForbidden && strings.Contains(string(answer.body), "Bad_OAuth_Token") {
		return false, nil
	}
	if answer.status != http.StatusOK {
		return false, answer.failure()
	}
	if len(answer.body) == 0 || !answer.isEmptyOrObject() {
		return false, answer.unexpected()
	}
	return true, nil
}

// AwaitRefusal asks until the org refuses an access token, or ctx is over: a
// revocation may take some seconds to spread. The error is a *StillAcceptedError
// if the latest answer was that the org accepts the token, else that of the
// latest question.
func (c *Client) AwaitRefusal(ctx context.Context, revocationURL, accessToken string) error {
	var latest error
	for asked, wait := 1, minVerifyInterval; ; asked, wait = asked+1, min(2*wait, maxVerifyInterval) {
		accepted, err := c.Accepts(ctx, revocationURL, accessToken)
		if err == nil && !accepted {
			return nil
		}
		if err == nil {
			latest = &StillAcceptedError{Asked: asked}
		} else if ctx.Err() == nil || latest == nil {
			latest = err
		}
		if err := sleep(ctx, wait); err != nil {
			var still *StillAcceptedError
			if errors.As(latest, &still) {
				still.cause = err
			}
			return latest
		}
	}
}

// userinfoURL is beside a revocation URL, which may come from a state that
// somebody edited.
func userinfoURL(revocationURL string) (string, error) {
	base, isRevocationURL := strings.CutSuffix(revocationURL, revokePath)
	u, err := url.Parse(base)
	if err != nil || !isRevocationURL {
		return "", errors.New("the revocation URL is malformed")
	}
	if err := checkOrigin(u); err != nil {
		return "", errors.New("the revocation URL " + err.Error())
	}
	return base + userinfoPath, nil
}
