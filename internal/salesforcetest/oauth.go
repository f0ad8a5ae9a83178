package salesforcetest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// An oauthError is an "error" and an "error_description" in Salesforce's words.
type oauthError struct{ code, description string }

var (
	errInvalidToken     = &oauthError{"invalid_token", "invalid token"}
	errUnsupportedToken = &oauthError{"unsupported_token_type", "this token type is not supported"}
	errUnsupportedGrant = &oauthError{"unsupported_grant_type", "grant type not supported"}
	errClientID         = &oauthError{"invalid_client_id", "client identifier invalid"}
	errClient           = &oauthError{"invalid_client", "invalid client credentials"}
	errRefreshToken     = &oauthError{"invalid_grant", "expired access/refresh token"}
	errAssertion        = &oauthError{"invalid_grant", "invalid assertion"}
	errAudience         = &oauthError{"invalid_grant", "audience is invalid"}
	errExpired          = &oauthError{"invalid_grant", "expired authorization code"}
	errNotApproved      = &oauthError{"invalid_grant", "user hasn't approved this consumer"}
)

// serveRevoke is the revoke endpoint (Salesforce Help, "Revoke OAuth Tokens"):
// 200 with an empty body, or 400 with a form-encoded error.
func (o *Org) serveRevoke(w http.ResponseWriter, r *http.Request) {
	value := r.Form.Get("token")
	if value == "" {
		writeFormError(w, http.StatusBadRequest, errUnsupportedToken.code, errUnsupportedToken.description)
		return
	}
	if !o.Revoke(value) {
		writeFormError(w, http.StatusBadRequest, errInvalidToken.code, errInvalidToken.description)
	}
}

// Revoke ends a token, by its value or its delete token, as the revoke endpoint
// does. It reports whether the token was alive.
func (o *Org) Revoke(value string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	t := o.tokens.find(value)
	if t == nil || !t.Alive {
		return false
	}
	t.revoke()
	return true
}

// serveToken is the token endpoint: client credentials, refresh token and JWT
// bearer flow.
func (o *Org) serveToken(w http.ResponseWriter, r *http.Request) {
	t, refreshToken, oauthErr := o.signIn(r)
	if oauthErr != nil {
		writeJSONError(w, http.StatusBadRequest, oauthErr.code, oauthErr.description)
		return
	}
	id := baseURL(r) + "/id/" + o.config.OrganizationID + "/" + t.UserID
	issuedAt := strconv.FormatInt(t.IssuedAt.UnixMilli(), 10)
	signature := hmac.New(sha256.New, []byte(o.config.ClientSecret))
	signature.Write([]byte(id + issuedAt)) // as documented; never fails
	reply := map[string]string{
		"access_token": t.Value,
		"instance_url": baseURL(r),
		"id":           id,
		"token_type":   "Bearer",
		"issued_at":    issuedAt,
		"signature":    base64.StdEncoding.EncodeToString(signature.Sum(nil)),
		"scope":        "refresh_token api",
	}
	if refreshToken != "" {
		reply["refresh_token"] = refreshToken
	}
	if o.config.Site != "" {
		reply["sfdc_community_url"] = baseURL(r) + o.config.Site
	}
	writeJSON(w, http.StatusOK, reply)
}

// signIn returns an access token and, if they rotate, a new refresh token.
func (o *Org) signIn(r *http.Request) (t Token, refreshToken string, err *oauthError) {
	switch r.PostForm.Get("grant_type") {
	case "client_credentials":
		if err := o.checkClient(r, true); err != nil {
			return Token{}, "", err
		}
	case "refresh_token":
		if err := o.checkClient(r, false); err != nil {
			return Token{}, "", err
		}
		return o.refresh(r.PostForm.Get("refresh_token"))
	case "urn:ietf:params:oauth:grant-type:jwt-bearer":
		if err := o.checkAssertion(r, r.PostForm.Get("assertion")); err != nil {
			return Token{}, "", err
		}
	default:
		return Token{}, "", errUnsupportedGrant
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.issueOrShare(nil).Token, "", nil
}

// checkClient authenticates the app, which sends its secret in the form or in
// a Basic header. Without secretRequired it may send none.
func (o *Org) checkClient(r *http.Request, secretRequired bool) *oauthError {
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if user, password, ok := r.BasicAuth(); ok {
		id, secret = user, password
		// Both halves are form-encoded first (RFC 6749, section 2.3.1).
		if decoded, err := url.QueryUnescape(user); err == nil {
			id = decoded
		}
		if decoded, err := url.QueryUnescape(password); err == nil {
			secret = decoded
		}
	}
	switch {
	case id != o.config.ClientID:
		return errClientID
	case secret == o.config.ClientSecret, secret == "" && !secretRequired:
		return nil
	default:
		return errClient
	}
}

func (o *Org) refresh(value string) (t Token, refreshToken string, err *oauthError) {
	o.mu.Lock()
	defer o.mu.Unlock()
	parent := o.tokens.byValue[value]
	if parent == nil || parent.Kind != RefreshToken || !parent.Alive {
		return Token{}, "", errRefreshToken
	}
	now := o.config.Now()
	parent.use(now)
	if o.config.RotateRefreshTokens {
		parent = o.tokens.rotate(parent, now)
		refreshToken = parent.Value
	}
	return o.issueOrShare(parent).Token, refreshToken, nil
}

// issueOrShare is what a sign-in ends with. The caller holds the mutex.
func (o *Org) issueOrShare(parent *token) *token {
	kind, issuedFrom := AccessToken, ""
	if o.config.JWTAccessTokens {
		kind = JWTAccessToken
	}
	if parent != nil {
		issuedFrom = parent.Value
	}
	if o.config.ShareSessions {
		if t := o.tokens.latest(kind, issuedFrom); t != nil {
			return t
		}
	}
	return o.issue(kind, parent)
}

// serveIntrospect is the introspection endpoint (RFC 7662).
func (o *Org) serveIntrospect(w http.ResponseWriter, r *http.Request) {
	if err := o.checkClient(r, true); err != nil {
		writeJSONError(w, http.StatusUnauthorized, err.code, err.description)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	t := o.tokens.byValue[r.PostForm.Get("token")]
	if t == nil || !t.Alive {
		writeJSON(w, http.StatusOK, map[string]bool{"active": false})
		return
	}
	reply := map[string]any{
		"active":    true,
		"scope":     "refresh_token api",
		"client_id": o.config.ClientID,
		"username":  o.username(t.UserID),
		"sub":       baseURL(r) + "/id/" + o.config.OrganizationID + "/" + t.UserID,
		"iat":       t.IssuedAt.Unix(),
		"nbf":       t.IssuedAt.Unix(),
	}
	if t.Kind == RefreshToken {
		reply["token_type"] = "refresh_token"
	} else {
		reply["token_type"] = "access_token"
		reply["exp"] = t.IssuedAt.Add(2 * time.Hour).Unix()
	}
	writeJSON(w, http.StatusOK, reply)
}

// serveUserinfo is the OpenID Connect endpoint of the same name.
func (o *Org) serveUserinfo(w http.ResponseWriter, r *http.Request) {
	t, ok := o.useSession(sessionOrParameter(r))
	if !ok {
		writeText(w, http.StatusForbidden, "Bad_OAuth_Token")
		return
	}
	reply := o.identity(r, t.UserID)
	reply["sub"] = reply["id"]
	delete(reply, "id")
	reply["preferred_username"] = reply["username"]
	reply["name"] = reply["display_name"]
	writeJSON(w, http.StatusOK, reply)
}

// serveIdentity is the identity URL, which is the "id" of a token reply.
func (o *Org) serveIdentity(w http.ResponseWriter, r *http.Request) {
	value := sessionOrParameter(r)
	t, ok := o.useSession(value)
	switch {
	case value == "":
		writeText(w, http.StatusForbidden, "Missing_OAuth_Token")
	case !ok:
		writeText(w, http.StatusForbidden, "Bad_OAuth_Token")
	case r.PathValue("org") != o.config.OrganizationID:
		writeText(w, http.StatusForbidden, "Wrong_Org")
	case r.PathValue("user") != t.UserID:
		writeText(w, http.StatusNotFound, "Bad_Id")
	default:
		writeJSON(w, http.StatusOK, o.identity(r, t.UserID))
	}
}

func (o *Org) identity(r *http.Request, user string) map[string]any {
	data := baseURL(r) + DataPath + "/v{version}/"
	return map[string]any{
		"id":              baseURL(r) + "/id/" + o.config.OrganizationID + "/" + user,
		"user_id":         user,
		"organization_id": o.config.OrganizationID,
		"username":        o.username(user),
		"nick_name":       "user",
		"display_name":    "Simulated User",
		"email":           o.username(user),
		"active":          true,
		"user_type":       "STANDARD",
		"language":        "en_US",
		"locale":          "en_US",
		"urls": map[string]string{
			"rest":     data,
			"sobjects": data + "sobjects/",
			"query":    data + "query/",
			"recent":   data + "recent/",
			"profile":  baseURL(r) + "/" + user,
		},
	}
}

func (o *Org) username(user string) string {
	if user == userID(0) {
		return o.config.Username
	}
	return user + "@example.com"
}

// useSession returns the living access token of this value, which was used.
// One that was revoked counts until the revocation takes effect.
func (o *Org) useSession(value string) (Token, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	t := o.tokens.byValue[value]
	if t == nil || t.Kind == RefreshToken {
		return Token{}, false
	}
	if !t.Alive {
		if t.usedDead >= o.config.RevocationLag {
			return Token{}, false
		}
		t.usedDead++
	}
	t.use(o.config.Now())
	return t.Token, true
}

// bearer returns the session of the Authorization header, whose scheme may be
// Bearer or, in older clients, OAuth.
func bearer(r *http.Request) string {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "OAuth") {
		return strings.TrimSpace(value)
	}
	return ""
}

// sessionOrParameter also accepts the session as a parameter, as the identity
// endpoints do.
func sessionOrParameter(r *http.Request) string {
	for _, value := range []string{bearer(r), r.Form.Get("oauth_token"), r.Form.Get("access_token")} {
		if value != "" {
			return value
		}
	}
	return ""
}

func baseURL(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// writeFormError encodes spaces as %20, as Salesforce was seen to do.
func writeFormError(w http.ResponseWriter, status int, code, description string) {
	w.Header().Set("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "error=%s&error_description=%s", url.PathEscape(code),
		strings.ReplaceAll(url.QueryEscape(description), "+", "%20"))
}

func writeJSONError(w http.ResponseWriter, status int, code, description string) {
	writeJSON(w, status, map[string]string{"error": code, "error_description": description})
}

// writeJSON drops the error of writing, as do its siblings: a client that went
// away is no concern of the org.
func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

func writePage(w http.ResponseWriter, status int, title string) {
	w.Header().Set("Content-Type", "text/html;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<!DOCTYPE html>\n<html><head><title>%[1]s</title></head><body>%[1]s</body></html>\n", title)
}
