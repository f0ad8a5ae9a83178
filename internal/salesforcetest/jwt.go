package salesforcetest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// checkAssertion verifies the JSON Web Token of the JWT bearer flow (Salesforce
// Help, "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration").
func (o *Org) checkAssertion(r *http.Request, assertion string) *oauthError {
	if o.config.Certificate == nil {
		return errAssertion
	}
	key, isRSA := o.config.Certificate.PublicKey.(*rsa.PublicKey)
	signed, signature, ok := cutLast(assertion, ".")
	header, claims, ok2 := strings.Cut(signed, ".")
	if !isRSA || !ok || !ok2 {
		return errAssertion
	}

	var head struct {
		Algorithm string `json:"alg"`
	}
	var body struct {
		Issuer   string      `json:"iss"`
		Subject  string      `json:"sub"`
		Audience audience    `json:"aud"`
		Expires  json.Number `json:"exp"` // some clients quote it
	}
	if !decodeSegment(header, &head) || head.Algorithm != "RS256" || !decodeSegment(claims, &body) {
		return errAssertion
	}
	sum := sha256.Sum256([]byte(signed))
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], raw) != nil {
		return errAssertion
	}

	expires, err := body.Expires.Float64()
	switch {
	case err != nil:
		return errAssertion
	case body.Issuer != o.config.ClientID:
		return errClientID
	case !slices.ContainsFunc(body.Audience, func(aud string) bool { return o.isOwnURL(r, aud) }):
		return errAudience
	// Seconds since 1970. Milliseconds, as @salesforce/core sends them, are a
	// date far ahead, and Salesforce lets them pass.
	case expires <= float64(o.config.Now().Unix()):
		return errExpired
	case body.Subject != o.config.Username:
		return errNotApproved
	}
	return nil
}

// isOwnURL reports whether an audience stands for this org: a login URL of
// Salesforce's, or the host that was asked, with its site or without.
func (o *Org) isOwnURL(r *http.Request, aud string) bool {
	u, err := url.Parse(strings.TrimRight(aud, "/"))
	if err != nil || u.Path != "" && u.Path != o.config.Site {
		return false
	}
	if u.Scheme == "https" && (u.Host == "login.salesforce.com" || u.Host == "test.salesforce.com") {
		return true
	}
	return u.Scheme+"://"+u.Host == baseURL(r)
}

// An audience is one string or several (RFC 7519, section 4.1.3).
type audience []string

func (a *audience) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		*a = audience{""}
		return json.Unmarshal(data, &(*a)[0])
	}
	return json.Unmarshal(data, (*[]string)(a))
}

func decodeSegment(segment string, v any) bool {
	data, err := base64.RawURLEncoding.DecodeString(segment)
	return err == nil && json.Unmarshal(data, v) == nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
