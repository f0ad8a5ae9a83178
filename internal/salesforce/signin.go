package salesforce

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const tokenPath = "/services/oauth2/token"

// assertionLife is how long a JWT for signing in is good for. Salesforce
// accepts 3 minutes ("OAuth 2.0 JWT Bearer Flow", claim exp); less leaves room
// for clocks that differ.
const assertionLife = 2 * time.Minute

// A Grant is a way of signing in: ClientCredentials, JWTBearer or RefreshGrant.
type Grant interface {
	// form is what is sent to the token endpoint. loginURL is the org's address
	// with the site.
	form(loginURL string) (url.Values, error)
}

// ClientCredentials signs in as the app itself (RFC 6749, section 4.4). The
// org wants a run-as user for the app, and its own My Domain as the address.
type ClientCredentials struct {
	ClientID     string
	ClientSecret Secret
}

func (g ClientCredentials) form(string) (url.Values, error) { //nolint:unparam // Another grant may fail.
	return url.Values{
		"grant_type":    {"client_credentials"},
		"client_id":     {g.ClientID},
		"client_secret": {g.ClientSecret.Reveal()},
	}, nil
}

// JWTBearer signs in as a user who approved the app beforehand, with an
// assertion that the app's key has signed (RFC 7523).
type JWTBearer struct {
	ClientID, Username string
	PrivateKey         Secret // PEM; see CheckPrivateKey
}

func (g JWTBearer) form(loginURL string) (url.Values, error) {
	key, err := parsePrivateKey(g.PrivateKey.Reveal())
	if err != nil {
		return nil, fmt.Errorf("the private key %w", err)
	}
	assertion, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": g.ClientID,
		"sub": g.Username,
		"aud": audience(loginURL),
		"exp": jwt.NewNumericDate(time.Now().Add(assertionLife)),
	}).SignedString(key)
	if err != nil {
		return nil, errors.New("the private key is too short to sign with")
	}
	return url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"},
		"assertion":  {assertion},
	}, nil
}

// RefreshGrant signs in with a refresh token (RFC 6749, section 6).
type RefreshGrant struct {
	ClientID     string
	ClientSecret Secret // empty if the app needs none
	RefreshToken Secret
}

func (g RefreshGrant) form(string) (url.Values, error) {
	form := url.Values{
		"grant_type":    {"refresh_token"},
		"client_id":     {g.ClientID},
		"refresh_token": {g.RefreshToken.Reveal()},
	}
	if !g.ClientSecret.IsEmpty() {
		form.Set("client_secret", g.ClientSecret.Reveal())
	}
	return form, nil
}

// audience names the authorization server as Salesforce wants it: the login
// host that stands behind a My Domain, else the address itself, such as that of
// a site ("OAuth 2.0 JWT Bearer Flow", claim aud).
func audience(loginURL string) string {
	host, isMyDomain := strings.CutSuffix(strings.TrimPrefix(loginURL, "https://"), ".my.salesforce.com")
	if !isMyDomain {
		return loginURL
	}
	if strings.Contains(host, "--") || strings.HasSuffix(host, ".scratch") {
		return "https://test.salesforce.com"
	}
	return DefaultInstanceURL
}

// CheckPrivateKey refuses what is no RSA key in PEM, PKCS#1 or PKCS#8. The
// error does not quote it.
func CheckPrivateKey(key string) error {
	_, err := parsePrivateKey(key)
	return err
}

func parsePrivateKey(key string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(key))
	if block == nil && strings.Contains(key, `\n`) {
		return nil, errors.New(`has \n, a backslash and a letter, where a PEM file has line breaks`)
	}
	if block == nil {
		return nil, errors.New("is not in PEM form (-----BEGIN PRIVATE KEY-----)")
	}
	if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
		return nil, errors.New("is encrypted; give it without a passphrase")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("is neither a PKCS#1 nor a PKCS#8 private key")
	}
	rsaKey, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("is not an RSA key, which Salesforce's RS256 signatures need")
	}
	return rsaKey, nil
}

// A Session is an access token with what the org said of it.
type Session struct {
	AccessToken    Secret
	InstanceURL    string // where the token serves, as ParseInstanceURL returns it
	TokenType      string
	Scope          string // separated by spaces
	IdentityURL    string
	OrganizationID string // 18 characters, from IdentityURL; empty if that is of another form
	UserID         string // likewise
	IssuedAt       time.Time

	// RefreshToken is one that the org issued along with the session, other than
	// that of a RefreshGrant. Of a RefreshGrant it is the new one of an app that
	// rotates them: the old one is no longer valid. Most sign-ins return none.
	RefreshToken Secret
}

// SignIn mints an access token at loginURL, the org's address with the site.
// The request is sent again only if it cannot have arrived, and is not broken
// off when ctx ends, because a token that nobody holds could not be revoked.
// Errors are as of Revoke, or ErrLoginHost; see MayHaveMinted.
func (c *Client) SignIn(ctx context.Context, loginURL string, grant Grant) (*Session, error) {
	if _, isApp := grant.(ClientCredentials); isApp && isLoginHost(loginURL) {
		return nil, ErrLoginHost
	}
	form, err := grant.form(loginURL)
	if err != nil {
		return nil, err
	}
	r := postForm(loginURL+tokenPath, form)
	r.mints = true
	answer, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	if session := answer.session(loginURL); session != nil {
		if refresh, ok := grant.(RefreshGrant); ok && session.RefreshToken.Reveal() == refresh.RefreshToken.Reveal() {
			session.RefreshToken = Secret{}
		}
		return session, nil
	}
	if code, _ := answer.oauthError(); answer.status == http.StatusOK && code == "" && !answer.brokenOff() {
		return nil, answer.unexpected()
	}
	return nil, answer.failure()
}

// ErrLoginHost says that nothing was sent, because the hosts that serve all orgs
// answer no client credentials ("OAuth 2.0 Client Credentials Flow").
var ErrLoginHost = errors.New("nothing was sent, because login.salesforce.com and test.salesforce.com do not support the client credentials flow")

func isLoginHost(loginURL string) bool {
	u, err := url.Parse(loginURL)
	return err == nil && (u.Hostname() == "login.salesforce.com" || u.Hostname() == "test.salesforce.com")
}

// MayHaveMinted reports whether a SignIn that ended with this error may have
// left a token that nobody holds. Only a refusal, a redirect, or nothing sent
// proves that it has not.
func MayHaveMinted(err error) bool {
	var (
		response   *ResponseError
		unexpected *UnexpectedAnswerError
		unanswered *UnansweredError
	)
	switch {
	case errors.As(err, &response):
		return response.Status < 400 || response.Status >= 500
	case errors.As(err, &unanswered):
		return unanswered.Arrived
	}
	return errors.As(err, &unexpected)
}

var identity = lazyRegexp(`/id/(00D\w{12,15})/(005\w{12,15})$`)

// session returns what an answer brings, or nil if that is no token. Whatever
// else there is to say of the answer, a token that arrived is not lost.
func (a *answer) session(loginURL string) *Session {
	fields := a.fields()
	text := func(name string) string {
		switch value := fields[name].(type) {
		case string:
			return value
		case json.Number:
			return value.String()
		}
		return ""
	}
	session := &Session{
		AccessToken:  NewSecret(text("access_token")),
		TokenType:    text("token_type"),
		Scope:        text("scope"),
		RefreshToken: NewSecret(text("refresh_token")),
	}
	if session.AccessToken.IsEmpty() {
		return nil
	}
	instanceURL, err := ParseInstanceURL(text("instance_url"))
	if err != nil { // A token is good where it was minted, if the org names no other place.
		u, _ := url.Parse(loginURL)
		instanceURL = u.Scheme + "://" + u.Host
	}
	session.InstanceURL = instanceURL
	session.identify(text("id"))
	if ms, err := strconv.ParseInt(text("issued_at"), 10, 64); err == nil {
		session.IssuedAt = time.UnixMilli(ms).UTC()
	}
	return session
}

func (s *Session) identify(identityURL string) {
	s.IdentityURL = identityURL
	if match := identity().FindStringSubmatch(identityURL); match != nil {
		s.OrganizationID, s.UserID = match[1], match[2]
	}
}

// An SFDXAuthURL is what `sf org display --verbose` prints to sign in with
// elsewhere: a refresh token, the app that it belongs to, and the instance.
type SFDXAuthURL struct {
	RefreshGrant
	InstanceURL string // as ParseInstanceURL returns it
}

// The characters are those that Salesforce's own parser accepts, but nothing
// may stand before or behind (@salesforce/core, AuthInfo.parseSfdxAuthUrl).
var sfdxAuthURL = lazyRegexp(`^force://([A-Za-z0-9._-]+=*):([A-Za-z0-9._-]*=*):([A-Za-z0-9._-]+=*)@([A-Za-z0-9:._-]+)$`)

// ParseSFDXAuthURL reads force://clientId:clientSecret:refreshToken@host. The
// secret may be empty, and the host may have a port. Errors do not quote it.
func ParseSFDXAuthURL(s string) (SFDXAuthURL, error) {
	match := sfdxAuthURL().FindStringSubmatch(s)
	if match == nil {
		return SFDXAuthURL{}, errors.New("is not of the form force://clientId:clientSecret:refreshToken@host")
	}
	instanceURL, err := ParseInstanceURL("https://" + match[4])
	if err != nil {
		return SFDXAuthURL{}, errors.New("names no host behind its @")
	}
	return SFDXAuthURL{
		RefreshGrant: RefreshGrant{ClientID: match[1], ClientSecret: NewSecret(match[2]), RefreshToken: NewSecret(match[3])},
		InstanceURL:  instanceURL,
	}, nil
}
