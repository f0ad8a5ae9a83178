package provider

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

// providerData is what the provider's configuration comes to. A nil pointer
// is a provider that is not configured: during validation, or while its
// configuration is unknown.
type providerData struct {
	client        *salesforce.Client
	revocationURL string
	now           func() time.Time
}

// revoke ends a token, and masks it in the logs as a second line of defence:
// nothing is known to write it there.
func (d *providerData) revoke(ctx context.Context, revocationURL, token string) (salesforce.Outcome, error) {
	if d == nil {
		return "", errors.New("the provider is not configured")
	}
	ctx = maskSecrets(ctx, token, url.QueryEscape(token))
	return d.client.Revoke(ctx, revocationURL, token)
}

func maskSecrets(ctx context.Context, secrets ...string) context.Context {
	ctx = tflog.MaskAllFieldValuesStrings(ctx, secrets...)
	return tflog.MaskMessageStrings(ctx, secrets...)
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

func providerDataFrom(data any, diags *diag.Diagnostics) *providerData {
	if data == nil {
		return nil
	}
	d, ok := data.(*providerData)
	if !ok {
		diags.AddError("Unexpected Provider Data", fmt.Sprintf("This is a bug in the provider: its data is of type %T.", data))
	}
	return d
}
