package salesforce

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/oauth2/jwt"
)

const tokenPath = "/services/oauth2/token"

// assertionLife is how long a JWT for signing in is good for. Salesforce
// accepts 3 minutes ("OAuth 2.0 JWT Bearer Flow", claim exp); less leaves room
// for clocks that differ.
const assertionLife = 2 * time.Minute

// A Grant is a way of signing in: ClientCredentials, JWTBearer or RefreshGrant.
type Grant interface {
	// tokenSource signs in with the http.Client in ctx. loginURL is the
	// org's address with the site.
	tokenSource(ctx context.Context, loginURL string) oauth2.TokenSource
}

// ClientCredentials signs in as the app itself (RFC 6749, section 4.4). The
// org wants a run-as user for the app, and its own My Domain as the address.
type ClientCredentials struct{ ClientID, ClientSecret string }

func (g ClientCredentials) tokenSource(ctx context.Context, loginURL string) oauth2.TokenSource {
	config := clientcredentials.Config{
		ClientID:     g.ClientID,
		ClientSecret: g.ClientSecret,
		TokenURL:     loginURL + tokenPath,
		AuthStyle:    oauth2.AuthStyleInParams,
	}
	return config.TokenSource(ctx)
}

// JWTBearer signs in as a user who approved the app beforehand, with an
// assertion that the app's key has signed (RFC 7523).
type JWTBearer struct {
	ClientID, Username string
	PrivateKey         string // PEM; see CheckPrivateKey
}

func (g JWTBearer) tokenSource(ctx context.Context, loginURL string) oauth2.TokenSource {
	config := jwt.Config{
		Email:      g.ClientID,
		Subject:    g.Username,
		PrivateKey: []byte(g.PrivateKey),
		TokenURL:   loginURL + tokenPath,
		Audience:   audience(loginURL),
		Expires:    assertionLife,
	}
	return config.TokenSource(ctx)
}

// audience names the authorization server as Salesforce wants it: the login
// host that stands behind a My Domain, else the address itself, such as that of
// a site ("OAuth 2.0 JWT Bearer Flow", claim aud).
func audience(loginURL string) string {
	host, isMyDomain := strings.CutSuffix(strings.TrimPrefix(loginURL, "https://"), ".my.salesforce.com")
	switch {
	case !isMyDomain:
		return loginURL
	case strings.Contains(host, "--") || strings.HasSuffix(host, ".scratch"):
		return "https://test.salesforce.com"
	}
	return DefaultInstanceURL
}

// CheckPrivateKey refuses what is no RSA key in PEM, PKCS#1 or PKCS#8. The
// error does not quote it.
func CheckPrivateKey(key string) error {
	block, _ := pem.Decode([]byte(key))
	if block == nil {
		return errors.New("is not in PEM form (-----BEGIN PRIVATE KEY-----)")
	}
	if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
		return errors.New("is encrypted; give it without a passphrase")
	}
	if _, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return errors.New("is neither a PKCS#1 nor a PKCS#8 private key")
	}
	if _, ok := parsed.(*rsa.PrivateKey); !ok {
		return errors.New("is not an RSA key, which Salesforce's RS256 signatures need")
	}
	return nil
}

// RefreshGrant signs in with a refresh token (RFC 6749, section 6).
type RefreshGrant struct {
	ClientID     string
	ClientSecret string // empty if the app needs none
	RefreshToken string
}

func (g RefreshGrant) tokenSource(ctx context.Context, loginURL string) oauth2.TokenSource {
	config := oauth2.Config{
		ClientID:     g.ClientID,
		ClientSecret: g.ClientSecret,
		Endpoint:     oauth2.Endpoint{TokenURL: loginURL + tokenPath, AuthStyle: oauth2.AuthStyleInParams},
	}
	return config.TokenSource(ctx, &oauth2.Token{RefreshToken: g.RefreshToken})
}

// A Session is an access token with what the org said of it.
type Session struct {
	AccessToken    string
	InstanceURL    string // where the token serves, as ParseInstanceURL returns it
	TokenType      string
	Scope          string // separated by spaces
	IdentityURL    string
	OrganizationID string // 18 characters, from IdentityURL; empty if that is of another form
	UserID         string // likewise
	IssuedAt       time.Time

	// NewRefreshToken is what the org gave in place of the refresh token of a
	// RefreshGrant, which is dead by now. Empty unless the app rotates them.
	NewRefreshToken string
}

// SignIn mints an access token at loginURL, the org's address with the site.
// The request is sent again only if it cannot have arrived: a token that
// nobody holds could not be revoked. Errors are as of Revoke.
func (c *Client) SignIn(ctx context.Context, loginURL string, grant Grant) (*Session, error) {
	call := c.newCall(whileItCannotHaveArrived)
	client := call.http.StandardClient()
	client.CheckRedirect = stay
	token, err := grant.tokenSource(context.WithValue(ctx, oauth2.HTTPClient, client), loginURL).Token()

	var refused *oauth2.RetrieveError // which holds the raw answer, so it goes no further
	switch {
	case err == nil && token.AccessToken != "":
		session := newSession(token, loginURL)
		if refresh, ok := grant.(RefreshGrant); ok && token.RefreshToken != refresh.RefreshToken {
			session.NewRefreshToken = token.RefreshToken
		}
		return session, nil
	case errors.As(err, &refused):
		answer := &answer{call, refused.Response.StatusCode, refused.Response.Header, refused.Body}
		return nil, answer.failure()
	case call.attempts == 0:
		return nil, errors.New("the private key cannot be used")
	case call.err != nil || err != nil && ctx.Err() != nil:
		return nil, call.unansweredError(ctx)
	}
	return nil, (&answer{call: call, header: call.header}).unexpected()
}

var identity = regexp.MustCompile(`/id/(00D\w{12,15})/(005\w{12,15})$`)

func newSession(token *oauth2.Token, loginURL string) *Session {
	extra := func(name string) string {
		value, _ := token.Extra(name).(string)
		return value
	}
	session := &Session{
		AccessToken: token.AccessToken,
		TokenType:   token.TokenType,
		Scope:       extra("scope"),
	}
	instanceURL, err := ParseInstanceURL(extra("instance_url"))
	if err != nil { // A token is good where it was minted, if the org names no other place.
		u, _ := url.Parse(loginURL)
		instanceURL = u.Scheme + "://" + u.Host
	}
	session.InstanceURL = instanceURL
	session.identify(extra("id"))
	if ms, err := strconv.ParseInt(extra("issued_at"), 10, 64); err == nil {
		session.IssuedAt = time.UnixMilli(ms).UTC()
	}
	return session
}

func (s *Session) identify(identityURL string) {
	s.IdentityURL = identityURL
	if match := identity.FindStringSubmatch(identityURL); match != nil {
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
var sfdxAuthURL = regexp.MustCompile(`^force://([A-Za-z0-9._-]+=*):([A-Za-z0-9._-]*=*):([A-Za-z0-9._-]+=*)@([A-Za-z0-9:._-]+)$`)

// ParseSFDXAuthURL reads force://clientId:clientSecret:refreshToken@host. The
// secret may be empty, and the host may have a port. Errors do not quote it.
func ParseSFDXAuthURL(s string) (SFDXAuthURL, error) {
	match := sfdxAuthURL.FindStringSubmatch(s)
	if match == nil {
		return SFDXAuthURL{}, errors.New("is not of the form force://clientId:clientSecret:refreshToken@host")
	}
	instanceURL, err := ParseInstanceURL("https://" + match[4])
	if err != nil {
		return SFDXAuthURL{}, errors.New("names no host behind its @")
	}
	return SFDXAuthURL{
		RefreshGrant: RefreshGrant{ClientID: match[1], ClientSecret: match[2], RefreshToken: match[3]},
		InstanceURL:  instanceURL,
	}, nil
}
