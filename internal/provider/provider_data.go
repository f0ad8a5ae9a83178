package provider

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/ledger"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/seal"
)

// revocationTimeout bounds a revocation that no resource's timeouts bound.
const revocationTimeout = time.Minute

// providerData is what the provider's configuration comes to. A nil pointer
// is a provider that is not configured: during validation, or while its
// configuration is unknown.
type providerData struct {
	client         *salesforce.Client
	bulk           *salesforce.Client // the same, behind the gate that bulk work shares
	last           *salesforce.Client // the same for minted tokens, which have to wait for nobody
	maxConcurrency int                // of the gate
	apiVersion     string
	loginURL       string // the instance with the site
	revocationURL  string
	addressSet     bool              // instance_url or site is set, rather than left at the default
	grant          salesforce.Grant  // how to sign in; nil if not at all, or with accessToken
	accessToken    salesforce.Secret // a ready session; empty if there is none
	session        sharedSession
	ledger         *ledger.Ledger
	interrupted    atomic.Bool // a sign-in was
	run            runRecord
	audit          *auditFile // nil if there is none
	allowedOrgs    []string   // IDs; nil if all are allowed
	recipients     seal.Recipients
	identities     seal.Identities
	now            func() time.Time
	silent         bool // no log is made, at any level: nothing is to be made ready for one
}

// errRotated says that a sign-in made the configured refresh token invalid.
var errRotated = errors.New("the app rotates refresh tokens")

// mint signs in and enters the session in the ledger, under the SHA-256 of its
// access token. The session of an app that rotates refresh tokens is revoked
// with the new one, because nobody could keep that.
//
// Nothing is minted any more once a sign-in was interrupted: a call that comes
// while the engine stops the run is not canceled.
func (d *providerData) mint(ctx context.Context) (*salesforce.Session, error) {
	if d.interrupted.Load() {
		return nil, context.Canceled
	}
	if err := d.audit.open(); err != nil {
		return nil, err // The end of the session could not be recorded.
	}
	var session *salesforce.Session
	err := d.ledger.Mint(ctx, func(ctx context.Context) (ledger.Token, error) {
		minted, err := d.client.SignIn(ctx, d.loginURL, d.grant)
		if err != nil {
			return ledger.Token{}, err
		}
		session = minted
		return d.ledgerToken(minted), nil
	})
	if err != nil {
		if errors.Is(err, context.Canceled) {
			d.interrupted.Store(true)
		}
		return nil, err
	}
	if _, refreshes := d.grant.(salesforce.RefreshGrant); refreshes && !session.RefreshToken.IsEmpty() {
		return nil, errors.Join(errRotated, d.release(ctx, session.AccessToken))
	}
	if err := d.checkOrganization(session.OrganizationID); err != nil {
		return nil, errors.Join(err, d.release(ctx, session.AccessToken))
	}
	return session, nil
}

// ledgerToken stands for all that a sign-in has brought.
func (d *providerData) ledgerToken(session *salesforce.Session) ledger.Token {
	return ledger.Token{
		ID: ledgerID(session.AccessToken),
		Revoke: func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, revocationTimeout)
			defer cancel()
			var failures []error
			for _, token := range []salesforce.Secret{session.RefreshToken, session.AccessToken} {
				if !token.IsEmpty() {
					_, err := d.revokeMinted(ctx, d.last, d.revocationURL, token.Reveal())
					failures = append(failures, err)
				}
			}
			return errors.Join(failures...)
		},
	}
}

func ledgerID(accessToken salesforce.Secret) string {
	return salesforce.InspectToken(accessToken.Reveal()).SHA256
}

// release says that a minted session is needed no more.
func (d *providerData) release(ctx context.Context, accessToken salesforce.Secret) error {
	return d.ledger.Release(ctx, ledgerID(accessToken))
}

// maskSecrets keeps secrets out of the logs, as a second line of defence. Where
// no log is made it does nothing.
func (d *providerData) maskSecrets(ctx context.Context, secrets ...string) context.Context {
	if d.silent {
		return ctx
	}
	ctx = tflog.MaskAllFieldValuesStrings(ctx, secrets...)
	return tflog.MaskMessageStrings(ctx, secrets...)
}

// maskToken is maskSecrets for a token that is sent in a form.
func (d *providerData) maskToken(ctx context.Context, token string) context.Context {
	if d.silent {
		return ctx
	}
	return d.maskSecrets(ctx, token, url.QueryEscape(token))
}

func logAttempt(ctx context.Context, attempt salesforce.Attempt) {
	fields := map[string]any{
		"method":   attempt.Method,
		"url":      attempt.URL,
		"attempt":  attempt.Number,
		"duration": attempt.Duration.String(),
	}
	if attempt.Error == "" {
		fields["status"] = attempt.Status
	} else {
		fields["error"] = attempt.Error
	}
	tflog.Debug(ctx, "Sent a request to Salesforce", fields)
}

// resourceBase gives the provider's data to the resource that embeds it.
type resourceBase struct{ provider *providerData }

func (b *resourceBase) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	b.provider = providerDataFrom(req.ProviderData, &resp.Diagnostics)
}

// dataSourceBase gives the provider's data to the data source that embeds it.
type dataSourceBase struct{ provider *providerData }

func (b *dataSourceBase) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	b.provider = providerDataFrom(req.ProviderData, &resp.Diagnostics)
}

// actionBase gives the provider's data to the action that embeds it.
type actionBase struct{ provider *providerData }

func (b *actionBase) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	b.provider = providerDataFrom(req.ProviderData, &resp.Diagnostics)
}

// ephemeralResourceBase gives the provider's data to the ephemeral resource
// that embeds it.
type ephemeralResourceBase struct{ provider *providerData }

func (b *ephemeralResourceBase) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	b.provider = providerDataFrom(req.ProviderData, &resp.Diagnostics)
}

func providerDataFrom(data any, diags *diag.Diagnostics) *providerData {
	if data == nil {
		return nil
	}
	d, ok := data.(*providerData)
	if !ok {
		diags.Append(unexpectedProviderData.with(values{"type": fmt.Sprintf("%T", data)}))
	}
	return d
}
