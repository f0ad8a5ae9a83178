package salesforce

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
)

// TokenKind says what a token is, as far as its form tells.
type TokenKind string

// The kinds of token that Salesforce hands out.
const (
	AccessToken    TokenKind = "access_token"     // opaque: an org id, an exclamation mark, the session
	JWTAccessToken TokenKind = "jwt_access_token" // a signed JWT of type sfdc-core-token
	RefreshToken   TokenKind = "refresh_token"
	UnknownToken   TokenKind = "unknown" // any other form; it may be a token all the same
)

// TokenInfo is what can be said of a token without asking anybody.
type TokenInfo struct {
	Kind           TokenKind
	OrganizationID string // 15 or 18 characters, from an opaque access token; else empty
	SHA256         string // in hexadecimal
}

var (
	opaqueAccessToken = lazyRegexp(`^(00D(?:[A-Za-z0-9]{12}|[A-Za-z0-9]{15}))![A-Za-z0-9._]*$`)
	refreshToken      = lazyRegexp(`^5Aep861[A-Za-z0-9._-]+=*$`)
)

// InspectToken reads the form of a token. It works offline and never fails: a
// form that it does not know is an UnknownToken.
func InspectToken(token string) TokenInfo {
	sum := sha256.Sum256([]byte(token))
	info := TokenInfo{Kind: UnknownToken, SHA256: hex.EncodeToString(sum[:])}
	if match := opaqueAccessToken().FindStringSubmatch(token); match != nil {
		info.Kind, info.OrganizationID = AccessToken, match[1]
	} else if refreshToken().MatchString(token) {
		info.Kind = RefreshToken
	} else if isJWTAccessToken(token) {
		info.Kind = JWTAccessToken
	}
	return info
}

// isJWTAccessToken tells Salesforce's access tokens from other JWTs, such as
// an ID token, by the type in the header.
func isJWTAccessToken(token string) bool {
	segments := strings.Split(token, ".")
	if len(segments) != 3 {
		return false
	}
	header, err := base64.RawURLEncoding.DecodeString(segments[0])
	if err != nil {
		return false
	}
	var fields struct {
		Type      string `json:"typ"`
		TokenType string `json:"tty"`
	}
	if err := json.Unmarshal(header, &fields); err != nil {
		return false
	}
	return strings.EqualFold(fields.Type, "JWT") && fields.TokenType == "sfdc-core-token"
}

// CheckToken refuses what cannot be a token: the empty string, and anything
// with white space or other characters outside of RFC 6749's VSCHAR (appendix
// A.12), such as the newline at the end of a file. The error does not quote it.
func CheckToken(token string) error {
	if token == "" {
		return errors.New("is empty")
	}
	if scheme, _, found := strings.Cut(token, " "); found && strings.EqualFold(scheme, "Bearer") {
		return errors.New("begins with Bearer, which belongs to an Authorization header and not to the token")
	}
	for _, r := range token {
		if r <= ' ' || r > '~' {
			return errors.New("contains whitespace or another character that no token has")
		}
	}
	return nil
}
