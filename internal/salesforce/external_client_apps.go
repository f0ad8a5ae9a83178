package salesforce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

// External client apps are on their way to replace connected apps. What users
// have given them is listed and ended through Connect REST (Connect REST API
// Developer Guide, "OAuth Usage Resources"), from version 59.0 of the API on.

// ExternalClientAppVersion is the first version of the API with these resources.
const ExternalClientAppVersion = "v59.0"

// usageResource is the path of these resources below the version.
const usageResource = "/apps/oauth/usage"

// usagePageSize is how many entries a page has; it is the org's own default.
const usagePageSize = 100

// An ExternalClientApp is an app that has tokens.
type ExternalClientApp struct {
	Identifier    string // starts with 0xI
	DeveloperName string
	Label         string
}

// An AppUser is a user who has given an app tokens.
type AppUser struct {
	ID   string `json:"userIdentifier"`
	Name string `json:"username"`
}

// An AppToken is a refresh token that a user has given an external client app.
type AppToken struct {
	ID       string // no secret: it takes a session to end the token by it
	UserID   string
	Username string
	UseCount int64
	LastUsed *time.Time // nil if never
}

// HasExternalClientApps reports whether a version of the API, as ParseAPIVersion
// returns it, is ExternalClientAppVersion or a later one.
func HasExternalClientApps(version string) bool {
	return len(version) > len(ExternalClientAppVersion) ||
		len(version) == len(ExternalClientAppVersion) && version >= ExternalClientAppVersion
}

// CheckExternalClientApp refuses what is neither the identifier of an external
// client app nor a developer name. A label, for one, may have blanks.
func CheckExternalClientApp(identifierOrName string) error {
	if !externalClientApp().MatchString(identifierOrName) {
		return errors.New("is neither the identifier of an external client app, which begins with 0xI and has 15 or 18 characters, nor a developer name, of letters, digits and underscores")
	}
	return nil
}

var externalClientApp = lazyRegexp(`^(0xI[A-Za-z0-9]{12}([A-Za-z0-9]{3})?|[A-Za-z][A-Za-z0-9_]{0,254})$`)

// ExternalClientApp returns the app with this identifier, of 15 or 18
// characters, or this developer name, or nil: an app without tokens is not
// among those that the org lists.
func (a *API) ExternalClientApp(ctx context.Context, identifierOrName string) (*ExternalClientApp, error) {
	apps, err := usageList(ctx, a, usageResource, func(page *usagePage) []ExternalClientApp { return page.Apps })
	if err != nil {
		return nil, err
	}
	for _, app := range apps {
		isIdentifier := recordID().MatchString(identifierOrName) && SameID(app.Identifier, identifierOrName)
		if isIdentifier || strings.EqualFold(app.DeveloperName, identifierOrName) {
			return &app, checkRecordID(app.Identifier)
		}
	}
	return nil, nil
}

// AppUsers returns the users who have given the app tokens.
func (a *API) AppUsers(ctx context.Context, app *ExternalClientApp) ([]AppUser, error) {
	return usageList(ctx, a, app.resource()+"/users", func(page *usagePage) []AppUser { return page.Users })
}

// AppTokens returns the tokens that a user has given the app.
func (a *API) AppTokens(ctx context.Context, app *ExternalClientApp, userID string) ([]AppToken, error) {
	if err := checkRecordID(userID); err != nil {
		return nil, err
	}
	answer, err := a.call(ctx, http.MethodGet, a.path(app.resource()+"/"+userID+"/tokens"))
	if err != nil {
		return nil, err
	}
	var page usagePage
	if err := answer.decode(&page); err != nil {
		return nil, err
	}
	if page.Tokens == nil {
		return nil, answer.unexpected()
	}
	tokens := make([]AppToken, len(page.Tokens))
	for i, record := range page.Tokens {
		id := path.Base(record.RevocationURL)
		if id == "." || id == "/" || id == ".." {
			return nil, answer.unexpected()
		}
		tokens[i] = AppToken{
			ID:       id,
			UserID:   userID,
			Username: record.Username,
			UseCount: record.UseCount,
		}
		if record.LastUsedAt != nil {
			tokens[i].LastUsed = &record.LastUsedAt.Time
		}
	}
	return tokens, nil
}

// EndAppTokens ends all tokens of an app.
func (a *API) EndAppTokens(ctx context.Context, app *ExternalClientApp) error {
	return a.deleteAll(ctx, a.path(app.resource()+"/tokens"))
}

// EndAppTokensOf ends all tokens that a user has given an app.
func (a *API) EndAppTokensOf(ctx context.Context, app *ExternalClientApp, userID string) error {
	if err := checkRecordID(userID); err != nil {
		return err
	}
	return a.deleteAll(ctx, a.path(app.resource()+"/"+userID+"/tokens"))
}

// EndAppToken ends one token, by its ID. It reports whether this call did: else
// the org does not know it any more.
func (a *API) EndAppToken(ctx context.Context, id string) (bool, error) {
	return a.deleteRecord(ctx, a.path(usageResource+"/tokens/"+url.PathEscape(id)))
}

func (app *ExternalClientApp) resource() string { return usageResource + "/" + app.Identifier }

// A usagePage is a page of any of these lists. One that the org did not send is
// nil.
type usagePage struct {
	Apps   []ExternalClientApp
	Users  []AppUser
	Tokens []struct {
		Username, RevocationURL string
		UseCount                int64
		LastUsedAt              *timestamp
	}
}

// usageList reads a list to its end, which is an empty page: every page, even
// the last that has entries, names a next one.
func usageList[Entry comparable](ctx context.Context, api *API, resource string, entries func(*usagePage) []Entry) ([]Entry, error) {
	var all []Entry
	known := map[Entry]bool{}
	for number := 0; ; number++ {
		answer, err := api.call(ctx, http.MethodGet, api.path(fmt.Sprintf("%s?page=%d&pageSize=%d", resource, number, usagePageSize)))
		if err != nil {
			return nil, err
		}
		var page usagePage
		if err := answer.decode(&page); err != nil {
			return nil, err
		}
		found := entries(&page)
		if found == nil {
			return nil, answer.unexpected()
		}
		if len(found) == 0 {
			return all, nil
		}
		before := len(all)
		for _, entry := range found {
			if !known[entry] {
				known[entry] = true
				all = append(all, entry)
			}
		}
		if len(all) == before {
			return nil, answer.unexpected() // It would go on for ever.
		}
	}
}
