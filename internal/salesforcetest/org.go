// Package salesforcetest is a Salesforce org in memory, for tests and
// demonstrations of what talks to Salesforce, the way net/http/httptest is for
// HTTP. An [Org] issues and revokes tokens as Salesforce does and answers in
// its words; a [Server] puts it on a real port. Tests script faults on it,
// read back the requests that it received, and ask which tokens live.
package salesforcetest

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Paths of the OAuth endpoints, as [Org.Script] and [Request.Path] have them.
const (
	TokenPath      = "/services/oauth2/token"
	RevokePath     = "/services/oauth2/revoke"
	UserinfoPath   = "/services/oauth2/userinfo"
	IntrospectPath = "/services/oauth2/introspect"
	// DataPath lists the API versions; the data API is below it, such as
	// DataPath + "/v64.0/query".
	DataPath = "/services/data"
)

// What an org goes by where its [Config] is silent.
const (
	DefaultClientID     = "3MVG9.simulated_client"
	DefaultClientSecret = "0123456789ABCDEF.simulated_secret"
	DefaultAppName      = "Simulated App"
	DefaultUsername     = "admin@example.com"

	DefaultOrganizationID = "00D5g0000000001EAA"
	DefaultUsers          = 5
)

// maxBody is how many bytes the body of a request may have. What real clients
// send here is a few kilobytes.
const maxBody = 1 << 20

// A Config describes an org with one user who signs in and one app. The zero
// value is usable.
type Config struct {
	// Site is the path prefix of an Experience Cloud site, such as
	// "/partners". Everything is then served at the root and under the prefix.
	Site string

	ClientID     string // of the app, default DefaultClientID
	ClientSecret string // default DefaultClientSecret
	AppName      string // in the rows of OauthToken, default DefaultAppName
	Username     string // of the user who signs in, default DefaultUsername

	OrganizationID string // 18 characters, default DefaultOrganizationID
	Sandbox        bool   // what Organization says in IsSandbox
	Users          int    // how many there are, with the one who signs in; default DefaultUsers

	// Certificate verifies assertions of the JWT bearer flow. Without one every
	// assertion is invalid, as with an app that has no certificate.
	Certificate *x509.Certificate

	// RefreshTokens live from the start. Their values are free; those that
	// Salesforce makes consist of letters, digits, '.', '_' and '-'.
	RefreshTokens []string

	// RotateRefreshTokens makes each refresh return a new refresh token, which
	// takes over the access tokens, and end the old one.
	RotateRefreshTokens bool

	// ShareSessions returns the access token of the last sign-in again while it
	// is valid, to each sign-in of the same user and app in the same way.
	ShareSessions bool

	// JWTAccessTokens makes sign-ins return access tokens in JWT format.
	JWTAccessTokens bool

	// RevocationLag is how many requests an access token still serves after it
	// was revoked, because a revocation takes some time to spread. A revocation
	// that never takes effect is Status(200, nil, "") for RevokePath.
	RevocationLag int

	// OwnRowsOnly takes "Customize Application" from the user: queries of
	// OauthToken find the user's own rows only, and do not say so.
	OwnRowsOnly bool

	// NoQuery keeps OauthToken from the user altogether: 400 INVALID_TYPE.
	NoQuery bool

	// Query is how the org reads the documents on queries.
	Query QueryRules

	// OwnSessionsOnly takes "Manage Users" from the user: queries of AuthSession
	// find the user's own rows only, and do not say so, and others' sessions
	// cannot be ended: 403 INSUFFICIENT_ACCESS_OR_READONLY.
	OwnSessionsOnly bool

	// NoUsage keeps the Connect REST resources on the usage of external client
	// apps from the user: 403 INSUFFICIENT_ACCESS.
	NoUsage bool

	// UsageKeepsAccessTokens has those resources end refresh tokens only, and
	// leave alive the access tokens that were issued from them.
	UsageKeepsAccessTokens bool

	// Latency is added to every request.
	Latency time.Duration

	// MaxRequests is how many requests are kept for [Org.Requests], the latest
	// ones; 0 keeps all of them.
	MaxRequests int

	// Now is the org's clock, default time.Now.
	Now func() time.Time
}

// An Org is a Salesforce org in memory. It is an [http.Handler] and may be used
// by several goroutines at a time. Make one with [NewOrg].
type Org struct {
	config Config
	routes http.Handler

	mu          sync.Mutex
	tokens      tokenStore
	apps        []externalClientApp
	cursors     cursorStore
	requests    []Request
	faults      map[string][]Fault
	alwaysFault map[string]Fault
	inFlight    int
	maxInFlight int
}

// A Request is what the org received, whatever it answered.
type Request struct {
	Time       time.Time // when it had been read to its end
	RemoteAddr string
	Method     string
	RequestURI string // as it arrived
	Path       string // without the site, slashes folded, percent-encoding undone
	Host       string
	Header     http.Header
	Body       string
	Form       url.Values // the body, if it was a form
}

// NewOrg makes an org that has the tokens of config.RefreshTokens and no other.
func NewOrg(config Config) *Org {
	config.Site = strings.TrimSuffix(path.Clean("/"+config.Site), "/")
	config.ClientID = cmp.Or(config.ClientID, DefaultClientID)
	config.ClientSecret = cmp.Or(config.ClientSecret, DefaultClientSecret)
	config.AppName = cmp.Or(config.AppName, DefaultAppName)
	config.Username = cmp.Or(config.Username, DefaultUsername)
	config.OrganizationID = cmp.Or(config.OrganizationID, DefaultOrganizationID)
	config.Users = cmp.Or(config.Users, DefaultUsers)
	if config.Now == nil {
		config.Now = time.Now
	}
	o := &Org{
		config:      config,
		tokens:      newTokenStore(),
		cursors:     cursorStore{byID: map[string]*cursor{}},
		faults:      map[string][]Fault{},
		alwaysFault: map[string]Fault{},
	}
	for _, value := range config.RefreshTokens {
		o.tokens.addRefreshToken(value, config.AppName, userID(0), config.Now())
	}

	mux := http.NewServeMux()
	mux.HandleFunc("POST "+TokenPath, o.serveToken)
	mux.HandleFunc("POST "+RevokePath, o.serveRevoke)
	mux.HandleFunc("GET "+RevokePath, o.serveRevoke)
	mux.HandleFunc("POST "+IntrospectPath, o.serveIntrospect)
	mux.HandleFunc(UserinfoPath, o.serveUserinfo)
	mux.HandleFunc("GET /id/{org}/{user}", o.serveIdentity)
	mux.HandleFunc("GET "+DataPath, o.serveVersions)
	mux.Handle("GET "+DataPath+"/{version}", o.session(o.serveResources))
	mux.Handle("GET "+DataPath+"/{version}/query", o.session(o.serveQuery))
	mux.Handle("GET "+DataPath+"/{version}/query/{cursor}", o.session(o.serveQueryMore))
	mux.Handle("GET "+DataPath+"/{version}/sobjects/{object}/{id}", o.session(o.serveRecord))
	mux.Handle("DELETE "+DataPath+"/{version}/sobjects/AuthSession/{id}", o.session(o.serveDeleteSession))
	const usagePath = DataPath + "/{version}/apps/oauth/usage"
	mux.Handle("GET "+usagePath, o.usage(o.serveUsage))
	mux.Handle("GET "+usagePath+"/{app}/users", o.usage(o.serveUsageUsers))
	mux.Handle("GET "+usagePath+"/{app}/{user}/tokens", o.usage(o.serveUsageTokens))
	mux.Handle("DELETE "+usagePath+"/{app}/{user}/tokens", o.usage(o.serveDeleteUserTokens))
	mux.Handle("DELETE "+usagePath+"/{first}/{second}", o.usage(o.serveDeleteTokens))
	mux.Handle(DataPath+"/", o.session(func(w http.ResponseWriter, _ *http.Request, _ Token) {
		writeNotFound(w)
	}))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writePage(w, http.StatusNotFound, "URL No Longer Exists")
	})
	o.routes = mux
	return o
}

// ServeHTTP records the request, lets it meet its fault, if any, and answers.
func (o *Org) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		writeText(w, http.StatusRequestEntityTooLarge, "the request could not be read")
		return
	}
	r = o.normalize(r, body)
	fault := o.begin(Request{
		Time:       time.Now(),
		RemoteAddr: r.RemoteAddr,
		Method:     r.Method,
		RequestURI: r.RequestURI,
		Path:       r.URL.Path,
		Host:       r.Host,
		Header:     r.Header.Clone(),
		Body:       string(body),
		Form:       r.PostForm,
	})
	defer o.end()

	wait(r.Context(), o.config.Latency)
	// Salesforce sets cookies that no client may send to another host.
	w.Header().Set("Set-Cookie", "BrowserId=simulated; path=/; Max-Age=31536000")
	w.Header().Set("Cache-Control", "no-cache,must-revalidate,max-age=0,no-store,private")
	fault(o.routes).ServeHTTP(w, r)
}

// normalize returns a request whose path is without the site prefix. Slashes
// are folded here because http.ServeMux would redirect instead, and
// Salesforce's clients, which send "//services/data", follow no redirect.
func (o *Org) normalize(r *http.Request, body []byte) *http.Request {
	clean := path.Clean("/" + r.URL.Path)
	if rest, ok := strings.CutPrefix(clean, o.config.Site); ok && (rest == "" || rest[0] == '/') {
		clean = cmp.Or(rest, "/")
	}
	result := r.WithContext(r.Context())
	result.URL = &url.URL{Path: clean, RawQuery: r.URL.RawQuery}
	result.Body = io.NopCloser(bytes.NewReader(body))
	_ = result.ParseForm() // What can be parsed is used, as by Salesforce.
	return result
}

// begin records a request and returns the fault that it is to meet.
func (o *Org) begin(r Request) Fault {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.inFlight++
	o.maxInFlight = max(o.maxInFlight, o.inFlight)

	o.requests = append(o.requests, r)
	if limit := o.config.MaxRequests; limit > 0 && len(o.requests) >= 2*limit {
		o.requests = slices.Clone(o.requests[len(o.requests)-limit:])
	}

	// The path itself, then the folders that it lies in, the nearest first.
	for path := r.Path; ; {
		if queue := o.faults[path]; len(queue) > 0 {
			o.faults[path] = queue[1:]
			return queue[0]
		}
		if fault := o.alwaysFault[path]; fault != nil {
			return fault
		}
		slash := strings.LastIndexByte(strings.TrimSuffix(path, "/"), '/')
		if slash < 0 {
			return Pass()
		}
		path = path[:slash+1]
	}
}

func (o *Org) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.inFlight--
}

// Script has the next requests for path meet these faults, one each, in order.
// After them the org behaves. A path is one that [Request.Path] may hold, such
// as RevokePath; one that ends in a slash stands for all that lie below it.
// Calling Script again adds to what is left.
func (o *Org) Script(path string, faults ...Fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.faults[path] = append(slices.Clone(o.faults[path]), faults...)
}

// ScriptAlways has every request for path meet this fault, unless [Org.Script]
// has another for it. A nil fault ends it.
func (o *Org) ScriptAlways(path string, fault Fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.alwaysFault[path] = fault
}

// Requests returns the requests received so far, in the order of their arrival
// and with those that met a fault;
// the latest config.MaxRequests of them if that is set.
func (o *Org) Requests() []Request {
	o.mu.Lock()
	defer o.mu.Unlock()
	requests := o.requests
	if limit := o.config.MaxRequests; limit > 0 && len(requests) > limit {
		requests = requests[len(requests)-limit:]
	}
	return slices.Clone(requests)
}

// MaxInFlight returns the largest number of requests that were in the org at
// one time.
func (o *Org) MaxInFlight() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.maxInFlight
}
