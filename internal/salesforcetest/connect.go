package salesforcetest

import (
	"fmt"
	"net/http"
	"strconv"
)

// connectVersion is the first with the resources in this file (Connect REST API
// Developer Guide, "OAuth Usage Resources").
const connectVersion = 59

// usagePageSize is how many entries a page has by default, and at most.
const usagePageSize = 100

// An externalClientApp is an app that is not a connected app.
type externalClientApp struct {
	identifier    string // 0xI…
	developerName string
	label         string // the AppName in rows of OauthToken
}

// AddExternalClientApp adds an app with n refresh tokens, as [Org.AddOauthTokens]
// makes them, and returns its identifier. Its label need not be its alone.
func (o *Org) AddExternalClientApp(developerName, label string, n int) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	app := externalClientApp{recordID("0xI5g", len(o.apps)+1), developerName, label}
	o.apps = append(o.apps, app)
	o.addOauthTokens(label, app.identifier, n)
	return app.identifier
}

// AddExternalClientAppTokens adds n refresh tokens of an app that the org has, as
// [Org.AddOauthTokens] makes them.
func (o *Org) AddExternalClientAppTokens(identifier string, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, app := range o.apps {
		if app.identifier == identifier {
			o.addOauthTokens(app.label, identifier, n)
		}
	}
}

// usage lets a request through that may use the resources in this file.
func (o *Org) usage(next func(http.ResponseWriter, *http.Request)) http.Handler {
	return o.session(func(w http.ResponseWriter, r *http.Request, _ Token) {
		switch {
		case apiVersion(r.PathValue("version")) < connectVersion:
			writeNotFound(w)
		case o.config.NoUsage:
			writeAPIError(w, http.StatusForbidden, "INSUFFICIENT_ACCESS", "You do not have access to this resource.")
		default:
			next(w, r)
		}
	})
}

// serveUsage lists the apps that have tokens.
func (o *Org) serveUsage(w http.ResponseWriter, r *http.Request) {
	var apps []any
	o.mu.Lock()
	for _, app := range o.apps {
		if len(o.appTokens(app.identifier, "")) > 0 {
			apps = append(apps, map[string]any{
				"identifier": app.identifier, "developerName": app.developerName, "label": app.label,
			})
		}
	}
	o.mu.Unlock()
	writeUsagePage(w, r, "apps", apps)
}

func (o *Org) serveUsageUsers(w http.ResponseWriter, r *http.Request) {
	if !o.hasApp(r.PathValue("app")) {
		writeNotFound(w)
		return
	}
	var users []any
	seen := map[string]bool{}
	o.mu.Lock()
	for _, t := range o.appTokens(r.PathValue("app"), "") {
		if !seen[t.UserID] {
			seen[t.UserID] = true
			users = append(users, map[string]any{"userIdentifier": t.UserID, "username": o.username(t.UserID)})
		}
	}
	o.mu.Unlock()
	writeUsagePage(w, r, "users", users)
}

// serveUsageTokens lists the tokens of a user. It has no pages.
func (o *Org) serveUsageTokens(w http.ResponseWriter, r *http.Request) {
	app, ok := o.app(r.PathValue("app"))
	if !ok {
		writeNotFound(w)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	tokens := []any{}
	for _, t := range o.appTokens(app.identifier, r.PathValue("user")) {
		var lastUsed any
		if !t.LastUsed.IsZero() {
			lastUsed = dateTime(t.LastUsed)
		}
		format := "Opaque"
		if o.config.JWTAccessTokens {
			format = "JWT"
		}
		tokens = append(tokens, map[string]any{
			"accessTokenFormat":   format,
			"appDeveloperName":    app.developerName,
			"appIdentifier":       app.identifier,
			"initialConnectionAt": dateTime(t.IssuedAt),
			"lastUsedAt":          lastUsed,
			"revocationUrl":       fmt.Sprintf("%s/%s/apps/oauth/usage/tokens/%s", DataPath, r.PathValue("version"), t.ID),
			"useCount":            t.UseCount,
			"userIdentifier":      t.UserID,
			"username":            o.username(t.UserID),
		})
	}
	writeJSON(w, http.StatusOK, map[string]any{"currentPageUrl": r.URL.Path, "tokens": tokens})
}

// serveDeleteUserTokens ends the tokens of a user of an app.
func (o *Org) serveDeleteUserTokens(w http.ResponseWriter, r *http.Request) {
	o.deleteAppTokens(w, r.PathValue("app"), r.PathValue("user"))
}

// serveDeleteTokens ends all tokens of an app, at …/{app}/tokens, or one token,
// at …/tokens/{id}. One pattern serves both because http.ServeMux cannot order
// the two.
func (o *Org) serveDeleteTokens(w http.ResponseWriter, r *http.Request) {
	first, second := r.PathValue("first"), r.PathValue("second")
	switch {
	case first == "tokens":
		o.deleteTokenByID(w, second)
	case second == "tokens":
		o.deleteAppTokens(w, first, "")
	default:
		writeNotFound(w)
	}
}

func (o *Org) deleteAppTokens(w http.ResponseWriter, app, user string) {
	if !o.hasApp(app) {
		writeNotFound(w)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, t := range o.appTokens(app, user) {
		o.deleteToken(t)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (o *Org) deleteTokenByID(w http.ResponseWriter, id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, t := range o.tokens.all {
		if t.Alive && t.ExternalClientApp != "" && t.ID == id {
			o.deleteToken(t)
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	writeNotFound(w)
}

func (o *Org) deleteToken(t *token) {
	if o.config.UsageKeepsAccessTokens {
		t.Alive = false
		return
	}
	t.revoke()
}

// appTokens are the living refresh tokens of an app and, unless that is empty, a
// user. The caller holds the mutex.
func (o *Org) appTokens(app, user string) []*token {
	var result []*token
	for _, t := range o.tokens.all {
		if t.Kind == RefreshToken && t.Alive && t.ExternalClientApp != "" &&
			sameRecord(t.ExternalClientApp, app) && (user == "" || sameRecord(t.UserID, user)) {
			result = append(result, t)
		}
	}
	return result
}

func (o *Org) hasApp(identifier string) bool {
	_, ok := o.app(identifier)
	return ok
}

func (o *Org) app(identifier string) (externalClientApp, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, app := range o.apps {
		if sameRecord(app.identifier, identifier) {
			return app, true
		}
	}
	return externalClientApp{}, false
}

// writeUsagePage writes the page that a request asks for. The URL of the next
// one comes with every page, even the last: an empty page ends the list.
func writeUsagePage(w http.ResponseWriter, r *http.Request, name string, entries []any) {
	number := func(parameter string, preset int) int {
		n, err := strconv.Atoi(r.URL.Query().Get(parameter))
		if err != nil || n < 0 {
			return preset
		}
		return n
	}
	page, size := number("page", 0), number("pageSize", usagePageSize)
	if size == 0 || size > usagePageSize {
		size = usagePageSize
	}
	url := func(page int) string { return fmt.Sprintf("%s?page=%d&pageSize=%d", r.URL.Path, page, size) }
	start := len(entries)
	if page <= len(entries)/size { // so that the product does not overflow
		start = page * size
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"currentPageUrl": url(page),
		"nextPageUrl":    url(page + 1),
		name:             append([]any{}, entries[start:min(start+size, len(entries))]...),
	})
}
