package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

// The elements of revoke_on.
const (
	revokeOnCreate  = "create"
	revokeOnDestroy = "destroy"
)

// revokeOnAttribute is the attribute that says when a resource revokes. It
// defaults to the standard events.
func revokeOnAttribute(change string, standard ...string) schema.SetAttribute {
	events := make([]attr.Value, len(standard))
	for i, event := range standard {
		events[i] = types.StringValue(event)
	}
	return schema.SetAttribute{
		MarkdownDescription: "When to revoke: at `create` (a replacement creates too), at `destroy` (a replacement destroys too), or both. " +
			change + " Defaults to `[\"" + strings.Join(standard, "\", \"") + "\"]`.",
		ElementType: types.StringType,
		Optional:    true,
		Computed:    true,
		Default:     setdefault.StaticValue(types.SetValueMust(types.StringType, events)),
		Validators: []validator.Set{
			setvalidator.SizeAtLeast(1),
			setvalidator.ValueStringsAre(stringvalidator.OneOf(revokeOnCreate, revokeOnDestroy)),
		},
	}
}

func revokesOn(revokeOn types.Set, event string) bool {
	for _, element := range revokeOn.Elements() {
		if element.Equal(types.StringValue(event)) {
			return true
		}
	}
	return false
}

var timeoutValidators = []validator.String{stringValidator{"must be a duration above zero", func(s string) error {
	_, err := parseDuration(s)
	return err
}}}

// timeoutsAttribute bounds create and delete, retries and waits included.
func timeoutsAttribute(ctx context.Context, standard time.Duration) schema.Attribute {
	description := func(operation string) string {
		return fmt.Sprintf("How long %s may take, as a duration such as `30s` or `5m`. Defaults to `%s`.", operation, strings.TrimSuffix(standard.String(), "0s"))
	}
	attribute, ok := timeouts.Attributes(ctx, timeouts.Opts{Create: true, Delete: true}).(schema.SingleNestedAttribute)
	if !ok {
		panic("the timeouts attribute is not nested any more")
	}
	attribute.MarkdownDescription = "How long operations may take, retries and waits included."
	for name, operation := range map[string]string{"create": "a creation", "delete": "a destroy"} {
		if nested, ok := attribute.Attributes[name].(schema.StringAttribute); ok {
			nested.Description, nested.MarkdownDescription = "", description(operation)
			nested.Validators = timeoutValidators // The library's accept a time that is up at once.
			attribute.Attributes[name] = nested
		}
	}
	return attribute
}

// tokenValidator refuses what cannot be a token, without quoting it.
type tokenValidator struct{}

func (tokenValidator) Description(context.Context) string {
	return "must be a token: not empty, and without whitespace"
}

func (v tokenValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (tokenValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	validateToken(req.Path.String(), req.Path, req.ConfigValue, &resp.Diagnostics)
}

// ValidateSet checks the elements, and reports of the set: the path of an
// element quotes it.
func (tokenValidator) ValidateSet(_ context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	for _, element := range req.ConfigValue.Elements() {
		if token, ok := element.(types.String); ok {
			validateToken("an element of "+req.Path.String(), req.Path, token, &resp.Diagnostics)
		}
	}
}

func validateToken(name string, at path.Path, token types.String, diags *diag.Diagnostics) {
	if token.IsNull() || token.IsUnknown() {
		return
	}
	if err := salesforce.CheckToken(token.ValueString()); err != nil {
		diags.Append(invalidToken.at(at, values{"attribute": name, "error": err, "hint": tokenHint(token.ValueString())}))
	}
}

// tokenHint says how to correct what CheckToken refuses.
func tokenHint(token string) string {
	trimmed := strings.TrimSpace(token)
	switch {
	case trimmed == "":
		return "Check where the value comes from: a variable or secret that is not set is often an empty string. Use null to leave it out."
	case trimmed != token && salesforce.CheckToken(trimmed) == nil:
		return "A token that is read from a file often ends with a newline: trimspace(file(\"token.txt\")) removes it."
	case len(trimmed) > 6 && strings.EqualFold(trimmed[:6], "Bearer"):
		return "Set only the token, without the word before it: trimprefix(value, \"Bearer \") removes that."
	}
	return "Check that the value is one whole token and nothing else."
}

// stringValidator refuses what check refuses. The error of check completes the
// sentence "app_name …".
type stringValidator struct {
	description string
	check       func(string) error
}

func (v stringValidator) Description(context.Context) string { return v.description }

func (v stringValidator) MarkdownDescription(context.Context) string { return v.description }

func (v stringValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := v.check(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.Append(invalidValue.at(req.Path, values{"attribute": req.Path, "error": err}))
	}
}

// What the filters of OauthToken rows say of themselves, in resource and data
// source alike.
const (
	appNameDescription     = "Label of the app, as the org's OAuth usage page shows it. It is not case-sensitive."
	userIDsDescription     = "IDs of users, 15 or 18 characters long. Only their tokens match."
	unusedSinceDescription = "A point in time in RFC 3339 form, such as `2026-01-01T00:00:00Z`: only tokens last used before then match. A token that was never used matches, however new it is."
)

const externalClientAppDescription = "Identifier (`0xI…`) or developer name of an external client app. Requires an `api_version` of 59.0 or later."

var (
	externalClientAppValidators = []validator.String{stringValidator{"must be the identifier or the developer name of an external client app", salesforce.CheckExternalClientApp}}

	appNameValidators = []validator.String{stringvalidator.LengthBetween(1, 255)}

	// The framework compares sets in quadratic time: 1,000 ids in seconds, 10,000
	// in minutes.
	userIDsValidators = []validator.Set{
		setvalidator.SizeBetween(1, 1000),
		setvalidator.NoNullValues(),
		setvalidator.ValueStringsAre(stringValidator{"must be the ID of a user", salesforce.CheckUserID}),
	}

	unusedSinceValidators = []validator.String{stringValidator{"must be a time in RFC 3339 form", func(s string) error {
		if _, err := time.Parse(time.RFC3339, s); err != nil {
			return errors.New("is not a time in RFC 3339 form, such as 2026-01-01T00:00:00Z")
		}
		return nil
	}}}
)

// oauthTokenFilter reads the filters, which are known and valid.
func oauthTokenFilter(appName types.String, userIDs types.Set, unusedSince types.String) salesforce.OauthTokenFilter {
	return salesforce.OauthTokenFilter{AppName: appName.ValueString(), UserIDs: stringsOf(userIDs), UnusedSince: timeOf(unusedSince)}
}

// newExternalAppFilter is oauthTokenFilter for an external client app.
func newExternalAppFilter(app types.String, userIDs types.Set, unusedSince types.String) externalAppFilter {
	return externalAppFilter{app: app.ValueString(), userIDs: stringsOf(userIDs), unusedSince: timeOf(unusedSince)}
}

// checkExternalClientApp reports that an external client app is named, and the
// API has none.
func (d *providerData) checkExternalClientApp(app types.String) (diags diag.Diagnostics) {
	if d != nil && !app.IsNull() && !salesforce.HasExternalClientApps(d.apiVersion) {
		diags.Append(oldAPIVersion(d.apiVersion))
	}
	return diags
}

// timeOf is a time in RFC 3339 form, or nil for null.
func timeOf(value types.String) *time.Time {
	if date, err := time.Parse(time.RFC3339, value.ValueString()); err == nil {
		return &date
	}
	return nil
}

// stringsOf returns the elements of a set of strings that is known, or nil for
// null. Those of an empty set are not nil: it means nothing, and null everything.
func stringsOf(set types.Set) (values []string) {
	if !set.IsNull() {
		values = []string{}
	}
	for _, element := range set.Elements() {
		if value, ok := element.(types.String); ok {
			values = append(values, value.ValueString())
		}
	}
	return values
}

// What the filters of sessions say of themselves, in resource and data source
// alike.
const (
	sessionUserIDsDescription = "IDs of users, 15 or 18 characters long. Only their sessions match."
	sessionTypesDescription   = "Types of session, as Salesforce names them, such as `API`, `Oauth2`, `UI` or `Aura`. Only sessions of these types match. Defaults to all types."
	loginTypesDescription     = "Types of login, as Salesforce names them, such as `Application` (the browser) or `Remote Access 2.0` (OAuth). Only sessions that began with one of these match. Defaults to all types."
)

var sessionTypesValidators = []validator.Set{
	setvalidator.SizeBetween(1, 100),
	setvalidator.NoNullValues(),
	setvalidator.ValueStringsAre(stringvalidator.LengthBetween(1, 255)),
}

// stringOrNull is for what the org may leave out.
func stringOrNull(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}
