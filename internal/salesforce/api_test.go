package salesforce_test

import (
	"context"
	"errors"
	"testing"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// apiCalls are all that an API can be asked for.
func apiCalls() map[string]func(context.Context, *salesforce.API) error {
	const id = "0055g0000000001AAA"
	app := &salesforce.ExternalClientApp{Identifier: "0xI5g0000000001AAA"}
	return map[string]func(context.Context, *salesforce.API) error{
		"OauthTokens": func(ctx context.Context, api *salesforce.API) error {
			_, err := api.OauthTokens(ctx, salesforce.OauthTokenFilter{})
			return err
		},
		"CountOauthTokens": func(ctx context.Context, api *salesforce.API) error {
			_, err := api.CountOauthTokens(ctx, salesforce.OauthTokenFilter{})
			return err
		},
		"HasOauthTokens": func(ctx context.Context, api *salesforce.API) error {
			_, err := api.HasOauthTokens(ctx, salesforce.OauthTokenFilter{})
			return err
		},
		"AuthSessions": func(ctx context.Context, api *salesforce.API) error {
			_, err := api.AuthSessions(ctx, salesforce.AuthSessionFilter{})
			return err
		},
		"HasOtherAuthSessions": func(ctx context.Context, api *salesforce.API) error {
			_, err := api.HasOtherAuthSessions(ctx, id)
			return err
		},
		"EndSession": func(ctx context.Context, api *salesforce.API) error {
			_, err := api.EndSession(ctx, id)
			return err
		},
		"ExternalClientApp": func(ctx context.Context, api *salesforce.API) error {
			_, err := api.ExternalClientApp(ctx, "App")
			return err
		},
		"AppUsers": func(ctx context.Context, api *salesforce.API) error {
			_, err := api.AppUsers(ctx, app)
			return err
		},
		"AppTokens": func(ctx context.Context, api *salesforce.API) error {
			_, err := api.AppTokens(ctx, app, id)
			return err
		},
		"EndAppTokens":   func(ctx context.Context, api *salesforce.API) error { return api.EndAppTokens(ctx, app) },
		"EndAppTokensOf": func(ctx context.Context, api *salesforce.API) error { return api.EndAppTokensOf(ctx, app, id) },
		"EndAppToken": func(ctx context.Context, api *salesforce.API) error {
			_, err := api.EndAppToken(ctx, "0CS5g0000000001")
			return err
		},
		"Identity": func(ctx context.Context, api *salesforce.API) error {
			_, err := api.Identity(ctx)
			return err
		},
		"Identify": func(ctx context.Context, api *salesforce.API) error {
			session, err := api.Session(ctx, nil)
			if err == nil {
				_, err = api.Client.Identify(ctx, session.InstanceURL, session.AccessToken.Reveal(), api.Version)
			}
			return err
		},
	}
}

// Whatever is asked for, the error says why there is no answer.
func TestErrorsOfEveryCall(t *testing.T) {
	t.Parallel()
	for name, call := range apiCalls() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newServer(t, fake.Config{})
			api := newAPI(t, server)
			signedIn := api.Session
			errNoSession := errors.New("no session")

			api.Session = func(context.Context, *salesforce.Session) (*salesforce.Session, error) { return nil, errNoSession }
			if err := call(t.Context(), api); !errors.Is(err, errNoSession) {
				t.Errorf("without a session, the error is %v", err)
			}
			if n := len(server.Org.Requests()); n != 0 {
				t.Errorf("%d requests were sent without a session", n)
			}

			api.Session = signedIn
			server.Org.ScriptAlways(fake.DataPath+"/", fake.APIError(403, "REQUEST_LIMIT_EXCEEDED", ""))
			if err := call(t.Context(), api); !isResponse(403, "REQUEST_LIMIT_EXCEEDED", "")(err) || salesforce.IsSessionRefused(err) {
				t.Errorf("refused by the org, the error is %v", err)
			}

			server.Org.ScriptAlways(fake.DataPath+"/", fake.DropBefore())
			if err := call(t.Context(), api); !is[*salesforce.UnansweredError](err) || salesforce.IsSessionRefused(err) {
				t.Errorf("without an answer, the error is %v", err)
			}

			if name == "Identify" {
				return // It has but the one session.
			}
			server.Org.ScriptAlways(fake.DataPath+"/", fake.APIError(401, "INVALID_SESSION_ID", ""))
			api.Session = func(ctx context.Context, refused *salesforce.Session) (*salesforce.Session, error) {
				if refused != nil {
					return nil, errNoSession
				}
				return signedIn(ctx, nil)
			}
			if err := call(t.Context(), api); !errors.Is(err, errNoSession) {
				t.Errorf("with a session that is over, and no other, the error is %v", err)
			}
		})
	}
}

// The queries of Identity are two, and either may fail.
func TestIdentityWithoutUser(t *testing.T) {
	t.Parallel()
	server := newServer(t, fake.Config{})
	server.Org.Script(queryPath, fake.Pass(), fake.APIError(403, "INSUFFICIENT_ACCESS", ""))
	if identity, err := newAPI(t, server).Identity(t.Context()); !isResponse(403, "INSUFFICIENT_ACCESS", "")(err) {
		t.Errorf("Identity = %+v, %v", identity, err)
	}
}
