package salesforcetest

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"
)

// A Kind is one of the sorts of token that an org issues.
type Kind string

// The kinds of token.
const (
	AccessToken    Kind = "access token"     // opaque
	JWTAccessToken Kind = "JWT access token" // a JSON Web Token, looked up like any other
	RefreshToken   Kind = "refresh token"
)

// A Token is what an org knows of a token that it has issued.
type Token struct {
	Value    string
	Kind     Kind
	Alive    bool
	AppName  string
	UserID   string // 18 characters
	IssuedAt time.Time

	// IssuedFrom is the refresh token that an access token was issued from, or
	// empty. Revoking that one revokes this one.
	IssuedFrom string

	// DeleteToken of a refresh token is what revokes it without being it, as
	// in the DeleteToken column of OauthToken.
	DeleteToken string

	// ID of a refresh token tells it apart in Connect REST. It is no secret.
	ID string

	// ExternalClientApp is the identifier of the app of a refresh token, or
	// empty if that is a connected app.
	ExternalClientApp string

	Session Session // of an access token

	LastUsed time.Time // zero if never
	UseCount int
}

// IssueAccessToken returns a new opaque access token of the user and the app.
func (o *Org) IssueAccessToken() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.issue(AccessToken, nil).Value
}

// IssueJWTAccessToken returns a new access token in JWT format.
func (o *Org) IssueJWTAccessToken() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.issue(JWTAccessToken, nil).Value
}

// IssueAccessTokenFrom returns a new access token that is revoked with the given
// refresh token. It panics if the org has no such valid refresh token, which no
// test can intend.
func (o *Org) IssueAccessTokenFrom(refreshToken string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	parent := o.tokens.byValue[refreshToken]
	if parent == nil || parent.Kind != RefreshToken || !parent.Alive {
		panic("salesforcetest: IssueAccessTokenFrom: no such refresh token is alive")
	}
	return o.issue(AccessToken, parent).Value
}

// IssueRefreshToken returns a new refresh token of the user and the app, as at
// the end of the web server flow.
func (o *Org) IssueRefreshToken() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.tokens.addRefreshToken(newRefreshToken(), o.config.AppName, userID(0), o.config.Now()).Value
}

// issue adds a living access token, from a refresh token or, with nil, without
// one. The caller holds the mutex.
func (o *Org) issue(kind Kind, parent *token) *token {
	t := o.newSession(kind)
	if parent != nil {
		t.AppName, t.UserID = parent.AppName, parent.UserID
		t.IssuedFrom = parent.Value
		parent.children = append(parent.children, t)
	}
	o.tokens.add(t)
	return t
}

// newSession returns a living access token, with a session of its own, that is
// not among the org's tokens yet. The caller holds the mutex.
func (o *Org) newSession(kind Kind) *token {
	id := recordID("0Ak5g", len(o.tokens.all)+1)
	t := &token{Token: Token{
		Kind:     kind,
		Alive:    true,
		AppName:  o.config.AppName,
		UserID:   userID(0),
		IssuedAt: o.config.Now(),
		Session:  Session{ID: id, ParentID: id, Type: "Oauth2", Login: "Remote Access 2.0", SourceIP: "192.0.2.1"},
	}}
	t.Value = newAccessToken(o.config.OrganizationID)
	if kind == JWTAccessToken {
		t.Value = newJWTAccessToken(o.config.OrganizationID, t.IssuedAt, o.config.ClientID)
	}
	return t
}

// AddOauthTokens adds n refresh tokens of a connected app, each a row of
// OauthToken. The i-th, from 0, belongs to user i mod config.Users, the first
// of whom is the one who signs in; it was last used i mod 365 days ago, but
// every fourth never was.
func (o *Org) AddOauthTokens(appName string, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.addOauthTokens(appName, "", n)
}

func (o *Org) addOauthTokens(appName, externalClientApp string, n int) {
	now := o.config.Now()
	for i := range n {
		t := o.tokens.addRefreshToken(newRefreshToken(), appName, userID(i%o.config.Users), now.AddDate(-1, 0, 0))
		t.ExternalClientApp = externalClientApp
		if i%4 != 3 {
			t.LastUsed = now.AddDate(0, 0, -(i % 365)).Truncate(time.Second)
			t.UseCount = 1 + i%10
		}
	}
}

// Alive reports whether the org would accept this access or refresh token. A
// delete token is valid as long as the refresh token that it revokes.
func (o *Org) Alive(token string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	t := o.tokens.find(token)
	return t != nil && t.Alive
}

// Tokens returns every token ever issued, in order.
func (o *Org) Tokens() []Token {
	o.mu.Lock()
	defer o.mu.Unlock()
	result := make([]Token, len(o.tokens.all))
	for i, t := range o.tokens.all {
		result[i] = t.Token
	}
	return result
}

// A token is a Token with what ends with it: the access tokens that were issued
// from a refresh token, or the sessions below that of an access token.
type token struct {
	Token
	children []*token
	usedDead int // how often it served after it was revoked
}

// revoke ends a token and its children.
func (t *token) revoke() {
	t.Alive = false
	for _, child := range t.children {
		child.revoke()
	}
}

func (t *token) use(now time.Time) {
	t.LastUsed = now
	t.UseCount++
}

// A tokenStore holds every token ever issued. The org's mutex guards it.
type tokenStore struct {
	all           []*token
	byValue       map[string]*token
	byDeleteToken map[string]*token
	bySession     map[string]*token // the first 15 characters of the ID
}

func newTokenStore() tokenStore {
	return tokenStore{byValue: map[string]*token{}, byDeleteToken: map[string]*token{}, bySession: map[string]*token{}}
}

func (s *tokenStore) add(t *token) {
	s.all = append(s.all, t)
	s.byValue[t.Value] = t
	if t.DeleteToken != "" {
		s.byDeleteToken[t.DeleteToken] = t
	}
	if t.Session.ID != "" {
		s.bySession[t.Session.ID[:15]] = t
	}
}

func (s *tokenStore) addRefreshToken(value, appName, userID string, now time.Time) *token {
	t := &token{Token: Token{
		Value:       value,
		Kind:        RefreshToken,
		Alive:       true,
		AppName:     appName,
		UserID:      userID,
		IssuedAt:    now,
		DeleteToken: randomText(deleteTokenLength),
		ID:          recordID("0CS5g", len(s.all)+1),
	}}
	s.add(t)
	return t
}

// rotate ends a refresh token in favour of a new one, which it returns.
func (s *tokenStore) rotate(old *token, now time.Time) *token {
	t := s.addRefreshToken(newRefreshToken(), old.AppName, old.UserID, now)
	t.ExternalClientApp = old.ExternalClientApp
	t.children, old.children = old.children, nil
	for _, child := range t.children {
		child.IssuedFrom = t.Value
	}
	old.Alive = false
	return t
}

// find returns the token that value is, or is the delete token of; or nil.
func (s *tokenStore) find(value string) *token {
	if t := s.byValue[value]; t != nil {
		return t
	}
	return s.byDeleteToken[value[max(0, len(value)-deleteTokenLength):]]
}

// session returns the token whose session has this ID; or nil.
func (s *tokenStore) session(id string) *token {
	if !isRecordID(id) {
		return nil
	}
	return s.bySession[id[:15]]
}

// latest returns the last living access token of this kind and origin, or nil.
// Sessions without an app are not of a sign-in.
func (s *tokenStore) latest(kind Kind, issuedFrom string) *token {
	for _, t := range slices.Backward(s.all) {
		if t.Alive && t.Kind == kind && t.IssuedFrom == issuedFrom && t.AppName != "" {
			return t
		}
	}
	return nil
}

// Values have the lengths and the alphabet of those that Salesforce makes.

func newAccessToken(orgID string) string { return orgID[:15] + "!AQ" + randomText(94) }
func newRefreshToken() string            { return "5Aep861" + randomText(80) }

const deleteTokenLength = 64

// freshDeleteToken returns another form of a delete token, which revokes the
// same and sorts elsewhere. What it begins with counts for nothing.
func freshDeleteToken(deleteToken string) string { return randomText(16) + deleteToken }

// newJWTAccessToken has the header and the claims that Salesforce documents
// under "JWT-Based Access Tokens". Its signature is random: the org looks the
// token up as it does an opaque one.
func newJWTAccessToken(orgID string, now time.Time, clientID string) string {
	segment := func(v any) string {
		data, err := json.Marshal(v)
		if err != nil {
			panic(err) // Strings and numbers always marshal.
		}
		return base64.RawURLEncoding.EncodeToString(data)
	}
	header := segment(map[string]string{
		"tnk": "core/prod/" + orgID, "ver": "1.0", "kid": "CORE.simulated",
		"tty": "sfdc-core-token", "typ": "JWT", "alg": "RS256",
	})
	claims := segment(map[string]any{
		"scp": "refresh_token api", "sub": "uid:" + userID(0), "roles": []string{},
		"iss": "https://simulated.my.salesforce.com", "client_id": clientID,
		"aud": []string{"https://simulated.my.salesforce.com"},
		"nbf": now.Unix(), "exp": now.Add(30 * time.Minute).Unix(), "mty": "oauth", "sfap_op": "simulated",
	})
	signature := make([]byte, 256)
	_, _ = rand.Read(signature) // never fails
	return header + "." + claims + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// randomText returns n characters, each of them one of 64.
func randomText(n int) string {
	data := make([]byte, n)
	_, _ = rand.Read(data) // never fails
	for i, b := range data {
		data[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._"[b%64]
	}
	return string(data)
}
