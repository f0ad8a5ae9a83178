package salesforce

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

const dataPath = "/services/data/"

// maxPage is how many bytes of an answer of the REST API are read: 500 rows of
// OauthToken take about 250 KB, and 2,000 of AuthSession about 1 MB.
const maxPage = 8 << 20

// DefaultAPIVersion is of Summer '25. An org knows all versions before its own.
const DefaultAPIVersion = "v64.0"

var apiVersion = lazyRegexp(`^v?([1-9][0-9]{1,2}\.0)$`)

// ParseAPIVersion checks a version of the REST API, such as 62.0 or v62.0, and
// returns it with the v.
func ParseAPIVersion(s string) (string, error) {
	match := apiVersion().FindStringSubmatch(s)
	if match == nil {
		return "", errors.New("is not a version of the REST API, such as 62.0 or v62.0")
	}
	return "v" + match[1], nil
}

// An API is the REST API of an org, as the user of a session sees it. Errors of
// its methods are as of Revoke, or those of Session.
type API struct {
	Client  *Client
	Version string // as ParseAPIVersion returns it

	// Session returns what to send requests with. It is called again with a
	// session that the org refuses, and returns the same one if there is no
	// other.
	Session func(ctx context.Context, refused *Session) (*Session, error)
}

// call sends a request for a path below that of the version, with a session. It
// sends it once more if there is another session than the one that the org
// refuses. The answer has any status.
func (a *API) call(ctx context.Context, method, path string) (*answer, error) {
	session, err := a.Session(ctx, nil)
	if err != nil {
		return nil, err
	}
	answer, err := a.Client.callAPI(ctx, session, method, path)
	if err != nil || answer.status != http.StatusUnauthorized {
		return answer, err
	}
	other, err := a.Session(ctx, session)
	if err != nil {
		return nil, err
	}
	if other == session {
		return answer, nil
	}
	return a.Client.callAPI(ctx, other, method, path)
}

// deleteRecord deletes what has an id. It reports whether this call did: else
// the org does not know the id any more. A page of some other server, which does
// not know the path either, proves nothing.
func (a *API) deleteRecord(ctx context.Context, path string) (bool, error) {
	answer, err := a.call(ctx, http.MethodDelete, path)
	if err != nil {
		return false, err
	}
	if code, _ := answer.apiError(); answer.status == http.StatusNotFound && code != "" {
		return answer.unanswered, nil
	}
	return true, answer.deleted()
}

// deleteAll deletes what lies below a path, which may be nothing.
func (a *API) deleteAll(ctx context.Context, path string) error {
	answer, err := a.call(ctx, http.MethodDelete, path)
	if err != nil {
		return err
	}
	return answer.deleted()
}

// path is that of a resource below the version.
func (a *API) path(resource string) string { return dataPath + a.Version + resource }

// callAPI sends a request to the host of the session. Sending it twice must do no
// harm.
func (c *Client) callAPI(ctx context.Context, session *Session, method, path string) (*answer, error) {
	r := getJSON(session.InstanceURL+path, session.AccessToken, maxPage)
	r.method = method
	return c.send(ctx, r)
}

// decode reads the JSON of an answer that is a success.
func (a *answer) decode(into any) error {
	if a.status != http.StatusOK || a.brokenOff() {
		return a.failure()
	}
	if a.err != nil || json.Unmarshal(a.body, into) != nil {
		return a.unexpected()
	}
	return nil
}

// deleted is the error of an answer that does not say that something was deleted.
func (a *answer) deleted() error {
	switch a.status {
	case http.StatusNoContent:
		return nil
	case http.StatusOK:
		return a.unexpected()
	}
	return a.failure()
}

// IsSessionRefused reports whether an error says that the session is over.
func IsSessionRefused(err error) bool {
	var response *ResponseError
	return errors.As(err, &response) && response.Status == http.StatusUnauthorized
}

// isDataPath accepts a path of the REST API and nothing else, such as a URL of
// another host: a session goes along with the request.
func isDataPath(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.String() == u.EscapedPath() && path.Clean(u.Path) == u.Path && strings.HasPrefix(u.Path, dataPath)
}

// A timestamp is a time as the REST API writes it.
type timestamp struct{ time.Time }

func (t *timestamp) UnmarshalJSON(data []byte) error {
	var text string
	err := json.Unmarshal(data, &text)
	if err == nil {
		t.Time, err = time.Parse("2006-01-02T15:04:05Z0700", text)
	}
	return err
}

// Identify makes a session of an access token that serves at instanceURL. It
// asks the REST API whose it is, and leaves the ids empty if that does not say.
func (c *Client) Identify(ctx context.Context, instanceURL, accessToken, apiVersion string) (*Session, error) {
	session := &Session{AccessToken: NewSecret(accessToken), InstanceURL: instanceURL}
	answer, err := c.callAPI(ctx, session, http.MethodGet, dataPath+apiVersion)
	if err != nil {
		return nil, err
	}
	var resources struct{ Identity string }
	if err := answer.decode(&resources); err != nil {
		return nil, err
	}
	session.identify(resources.Identity)
	return session, nil
}
