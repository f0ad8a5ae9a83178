package provider

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/resourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/sweep"
)

var (
	_ resource.ResourceWithConfigure        = (*appTokenRevocationResource)(nil)
	_ resource.ResourceWithConfigValidators = (*appTokenRevocationResource)(nil)
	_ resource.ResourceWithModifyPlan       = (*appTokenRevocationResource)(nil)
)

func newAppTokenRevocationResource() resource.Resource { return &appTokenRevocationResource{} }

type appTokenRevocationResource struct{ resourceBase }

func (r *appTokenRevocationResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_app_token_revocation"
}

func (r *appTokenRevocationResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	replaceString := []planmodifier.String{stringplanmodifier.RequiresReplace()}
	keepString := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	count := func(description string) schema.Int64Attribute {
		return schema.Int64Attribute{
			MarkdownDescription: description,
			Computed:            true,
			PlanModifiers:       []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Revokes the refresh tokens that users have given an app, and so all access tokens that were issued from them: " +
			"when this resource is created, replaced or destroyed.",
		Attributes: map[string]schema.Attribute{
			"app_name": schema.StringAttribute{
				MarkdownDescription: appNameDescription + " Exactly one of `app_name` and `external_client_app` is required. Changing it replaces the resource.",
				Optional:            true,
				Validators:          appNameValidators,
				PlanModifiers:       replaceString,
			},
			"external_client_app": schema.StringAttribute{
				MarkdownDescription: externalClientAppDescription + " Changing it replaces the resource.",
				Optional:            true,
				Validators:          externalClientAppValidators,
				PlanModifiers:       replaceString,
			},
			"user_ids": schema.SetAttribute{
				MarkdownDescription: userIDsDescription + " Changing it replaces the resource.",
				ElementType:         types.StringType,
				Optional:            true,
				Validators:          userIDsValidators,
				PlanModifiers:       []planmodifier.Set{setplanmodifier.RequiresReplace()},
			},
			"unused_since": schema.StringAttribute{
				MarkdownDescription: unusedSinceDescription + " Changing it replaces the resource.",
				Optional:            true,
				Validators:          unusedSinceValidators,
				PlanModifiers:       replaceString,
			},
			"max_count": schema.Int64Attribute{
				MarkdownDescription: "How many tokens may match when they are to be revoked, at creation or destroy. If more match, that is an error and none is revoked. " +
					"With `0`, none may match. Changing it takes effect in place. Defaults to no limit.",
				Optional:   true,
				Validators: []validator.Int64{int64validator.AtLeast(0)},
			},
			"revoke_on": revokeOnAttribute("Changing it takes effect in place and sends nothing.", revokeOnCreate),
			"triggers": schema.MapAttribute{
				MarkdownDescription: "Arbitrary values. Changing one replaces the resource, which revokes again.",
				ElementType:         types.StringType,
				Optional:            true,
				PlanModifiers:       []planmodifier.Map{mapplanmodifier.RequiresReplace()},
			},
			"timeouts": timeoutsAttribute(ctx, sweepTimeout),

			"instance_url": schema.StringAttribute{
				MarkdownDescription: "The org that listed the tokens, and where they are revoked. A destroy refuses to work on another org.",
				Computed:            true,
				PlanModifiers:       keepString,
			},
			"organization_id": schema.StringAttribute{
				MarkdownDescription: "ID of that org; null if it does not report one.",
				Computed:            true,
				PlanModifiers:       keepString,
			},
			"status": schema.StringAttribute{
				MarkdownDescription: "`active`: nothing was revoked yet. `revoked`: at least one token was revoked, and none is left. " +
					"`already_invalid`: there was none to revoke, because nothing matched or the org no longer knew any of the tokens.",
				Computed:      true,
				PlanModifiers: keepString,
			},
			"matched_count":         count("How many tokens matched at creation."),
			"revoked_count":         count("How many of them the creation revoked."),
			"already_invalid_count": count("How many of them the org no longer knew when they were to be revoked."),
			"revoked_at": schema.StringAttribute{
				MarkdownDescription: "When the last of them was revoked, in RFC 3339 form; null unless `status` is `revoked`.",
				Computed:            true,
				PlanModifiers:       keepString,
			},
		},
	}
}

type appTokenRevocationModel struct {
	AppName           types.String   `tfsdk:"app_name"`
	ExternalClientApp types.String   `tfsdk:"external_client_app"`
	UserIDs           types.Set      `tfsdk:"user_ids"`
	UnusedSince       types.String   `tfsdk:"unused_since"`
	MaxCount          types.Int64    `tfsdk:"max_count"`
	RevokeOn          types.Set      `tfsdk:"revoke_on"`
	Triggers          types.Map      `tfsdk:"triggers"`
	Timeouts          timeouts.Value `tfsdk:"timeouts"`

	InstanceURL         types.String `tfsdk:"instance_url"`
	OrganizationID      types.String `tfsdk:"organization_id"`
	Status              types.String `tfsdk:"status"`
	MatchedCount        types.Int64  `tfsdk:"matched_count"`
	RevokedCount        types.Int64  `tfsdk:"revoked_count"`
	AlreadyInvalidCount types.Int64  `tfsdk:"already_invalid_count"`
	RevokedAt           types.String `tfsdk:"revoked_at"`
}

func (r *appTokenRevocationResource) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{
		resourcevalidator.ExactlyOneOf(path.MatchRoot("app_name"), path.MatchRoot("external_client_app")),
	}
}

// ModifyPlan refuses what no apply could do. The provider's data is nil while its
// configuration is unknown.
func (r *appTokenRevocationResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.provider == nil {
		return
	}
	var plan appTokenRevocationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(r.provider.checkExternalClientApp(plan.ExternalClientApp)...)
}

// Create revokes, or only counts: a name that matches nothing shows now rather
// than at the destroy that was to revoke.
func (r *appTokenRevocationResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan appTokenRevocationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	timeout, diags := plan.Timeouts.Create(ctx, sweepTimeout)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(r.provider.checkSession()...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	session, err := r.provider.querySession(ctx, nil)
	if err != nil {
		resp.Diagnostics.Append(r.provider.notListed(err, atSweepCreate))
		return
	}
	tokens, err := plan.tokens(ctx, r.provider, session)
	if err != nil {
		resp.Diagnostics.Append(r.provider.notListed(err, atSweepCreate))
		return
	}
	plan.describe(tokens)
	if revokesOn(plan.RevokeOn, revokeOnCreate) {
		account, diags := r.revoke(ctx, tokens, plan.MaxCount, atSweepCreate)
		resp.Diagnostics.Append(diags...)
		if diags.HasError() {
			return
		}
		plan.report(account, r.provider.now())
	}
	resp.Diagnostics.Append(tokens.warnings()...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

// tokens asks the org which tokens match.
func (m *appTokenRevocationModel) tokens(ctx context.Context, d *providerData, session *salesforce.Session) (appRevocation, error) {
	if !m.ExternalClientApp.IsNull() {
		return d.newExternalAppSweep(ctx, session, newExternalAppFilter(m.ExternalClientApp, m.UserIDs, m.UnusedSince))
	}
	if m.AppName.ValueString() == "" {
		return nil, errNoApp // The filter would mean the tokens of all apps.
	}
	return d.newAppSweep(ctx, session, oauthTokenFilter(m.AppName, m.UserIDs, m.UnusedSince))
}

// errNoApp says that neither way of naming an app has a value, which validation
// refuses.
var errNoApp = errors.New("neither app_name nor external_client_app has a value")

// describe sets what is known before anything is revoked.
func (m *appTokenRevocationModel) describe(tokens appRevocation) {
	m.InstanceURL = types.StringValue(tokens.org().InstanceURL)
	m.OrganizationID = stringOrNull(tokens.org().OrganizationID)
	m.Status = types.StringValue(statusActive)
	m.MatchedCount = types.Int64Value(int64(tokens.expected()))
	m.RevokedCount = types.Int64Value(0)
	m.AlreadyInvalidCount = types.Int64Value(0)
	m.RevokedAt = types.StringNull()
}

// report sets what a sweep that left nothing alive has done.
func (m *appTokenRevocationModel) report(account sweep.Account, now time.Time) {
	m.MatchedCount = types.Int64Value(int64(account.Tried()))
	m.RevokedCount = types.Int64Value(int64(account.Ended))
	m.AlreadyInvalidCount = types.Int64Value(int64(account.AlreadyEnded))
	m.Status = types.StringValue(string(salesforce.AlreadyInvalid))
	if account.Ended > 0 {
		m.Status = types.StringValue(string(salesforce.Revoked))
		m.RevokedAt = types.StringValue(now.UTC().Format(time.RFC3339))
	}
}

// revoke revokes all that matches, unless there is too much, and logs how far it
// is.
func (r *appTokenRevocationResource) revoke(ctx context.Context, tokens appRevocation, maxCount types.Int64, when moment) (sweep.Account, diag.Diagnostics) {
	var diags diag.Diagnostics
	if !maxCount.IsNull() && int64(tokens.expected()) > maxCount.ValueInt64() {
		diags.Append(tooManyTokens(tokens.expected(), maxCount.ValueInt64(), when))
		return sweep.Account{}, diags
	}
	stop := tokens.Report(func(progress string) { tflog.Info(ctx, "Revoking the tokens of an app: "+progress) })
	err := tokens.run(ctx)
	stop()
	tflog.Info(ctx, "Revoked the tokens of an app: "+tokens.Progress())

	account := tokens.Account()
	if err != nil || account.Left() > 0 {
		diags.Append(tokens.failure(err, when))
	}
	diags.Append(r.provider.auditWarnings()...)
	diags.Append(tokens.notes()...)
	return account, diags
}

// Read keeps the state as it is: it tells what the creation has done. The data
// source tells what the app has by now.
func (r *appTokenRevocationResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {
}

// Update stores new settings and sends nothing: all else replaces the resource.
func (r *appTokenRevocationResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan appTokenRevocationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

func (r *appTokenRevocationResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state appTokenRevocationModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	timeout, diags := state.Timeouts.Delete(ctx, sweepTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || !revokesOn(state.RevokeOn, revokeOnDestroy) {
		return
	}
	resp.Diagnostics.Append(r.provider.checkSession()...)
	resp.Diagnostics.Append(r.provider.checkExternalClientApp(state.ExternalClientApp)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	session, err := r.provider.querySession(ctx, nil)
	if err != nil {
		resp.Diagnostics.Append(r.provider.notListed(err, atSweepDestroy))
		return
	}
	if !isOrg(session, state.OrganizationID, state.InstanceURL) {
		resp.Diagnostics.Append(otherOrg(state.InstanceURL.ValueString(), session.InstanceURL))
		return
	}
	tokens, err := state.tokens(ctx, r.provider, session)
	if err != nil {
		resp.Diagnostics.Append(r.provider.notListed(err, atSweepDestroy))
		return
	}
	_, diags = r.revoke(ctx, tokens, state.MaxCount, atSweepDestroy)
	resp.Diagnostics.Append(diags...)
	if tokens.expected() > 0 || state.Status.ValueString() == statusActive { // Else none is left, as was to be.
		resp.Diagnostics.Append(tokens.warnings()...)
	}
}
