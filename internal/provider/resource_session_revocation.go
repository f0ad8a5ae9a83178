package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

var _ resource.ResourceWithConfigure = (*sessionRevocationResource)(nil)

// The status of a resource that has ended sessions, and of one that found none.
// Before, it is statusActive.
const (
	statusEnded     = "ended"
	statusNoneFound = "none_found"
)

func newSessionRevocationResource() resource.Resource { return &sessionRevocationResource{} }

type sessionRevocationResource struct{ resourceBase }

func (r *sessionRevocationResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_session_revocation"
}

func (r *sessionRevocationResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	replaceSet := []planmodifier.Set{setplanmodifier.RequiresReplace()}
	keepString := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	keepInt64 := []planmodifier.Int64{int64planmodifier.UseStateForUnknown()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Ends the sessions of users, in the browser and of the API, when this resource is created, replaced or destroyed. " +
			"It also ends sessions that were not issued from a refresh token, such as those of the client credentials and JWT bearer flows.",
		Attributes: map[string]schema.Attribute{
			"user_ids": schema.SetAttribute{
				MarkdownDescription: sessionUserIDsDescription + " At most 1,000. Changing it replaces the resource.",
				ElementType:         types.StringType,
				Required:            true,
				Validators:          userIDsValidators,
				PlanModifiers:       replaceSet,
			},
			"session_types": schema.SetAttribute{
				MarkdownDescription: sessionTypesDescription + " Changing it replaces the resource.",
				ElementType:         types.StringType,
				Optional:            true,
				Validators:          sessionTypesValidators,
				PlanModifiers:       replaceSet,
			},
			"login_types": schema.SetAttribute{
				MarkdownDescription: loginTypesDescription + " Changing it replaces the resource.",
				ElementType:         types.StringType,
				Optional:            true,
				Validators:          sessionTypesValidators,
				PlanModifiers:       replaceSet,
			},
			"include_own": schema.BoolAttribute{
				MarkdownDescription: "Whether to end sessions of the user that the provider signs in as, too. The session that the provider works with is never ended. " +
					"Changing it replaces the resource. Defaults to `false`.",
				Optional:      true,
				Computed:      true,
				Default:       booldefault.StaticBool(false),
				PlanModifiers: []planmodifier.Bool{boolplanmodifier.RequiresReplace()},
			},
			"max_count": schema.Int64Attribute{
				MarkdownDescription: "How many sessions may match when they are to be ended, at creation or destroy. If more match, that is an error and none is ended. " +
					"With `0`, none may match. Changing it takes effect in place. Defaults to no limit.",
				Optional:   true,
				Validators: []validator.Int64{int64validator.AtLeast(0)},
			},
			"revoke_on": revokeOnAttribute("Changing it takes effect in place and sends nothing.", revokeOnCreate),
			"triggers": schema.MapAttribute{
				MarkdownDescription: "Arbitrary values. Changing one replaces the resource, which ends sessions again.",
				ElementType:         types.StringType,
				Optional:            true,
				PlanModifiers:       []planmodifier.Map{mapplanmodifier.RequiresReplace()},
			},
			"timeouts": timeoutsAttribute(ctx, sweepTimeout),

			"instance_url": schema.StringAttribute{
				MarkdownDescription: "The org that the sessions belong to. A destroy refuses to work on another org.",
				Computed:            true,
				PlanModifiers:       keepString,
			},
			"organization_id": schema.StringAttribute{
				MarkdownDescription: "ID of that org; null if the org does not report it.",
				Computed:            true,
				PlanModifiers:       keepString,
			},
			"status": schema.StringAttribute{
				MarkdownDescription: "`active`: no session was ended yet. `ended`: at least one session was ended, and none is left. " +
					"`none_found`: there was no session to end, because none matched or all had ended before they were to be.",
				Computed:      true,
				PlanModifiers: keepString,
			},
			"matched_count": schema.Int64Attribute{
				MarkdownDescription: "How many sessions matched at creation, without the signed-in user's own that were left.",
				Computed:            true,
				PlanModifiers:       keepInt64,
			},
			"ended_count": schema.Int64Attribute{
				MarkdownDescription: "How many of them the creation ended, either directly or with its parent session. The others had ended before.",
				Computed:            true,
				PlanModifiers:       keepInt64,
			},
			"ended_at": schema.StringAttribute{
				MarkdownDescription: "When the last of them was ended, in RFC 3339 form; null unless `status` is `ended`.",
				Computed:            true,
				PlanModifiers:       keepString,
			},
		},
	}
}

type sessionRevocationModel struct {
	UserIDs      types.Set      `tfsdk:"user_ids"`
	SessionTypes types.Set      `tfsdk:"session_types"`
	LoginTypes   types.Set      `tfsdk:"login_types"`
	IncludeOwn   types.Bool     `tfsdk:"include_own"`
	MaxCount     types.Int64    `tfsdk:"max_count"`
	RevokeOn     types.Set      `tfsdk:"revoke_on"`
	Triggers     types.Map      `tfsdk:"triggers"`
	Timeouts     timeouts.Value `tfsdk:"timeouts"`

	InstanceURL    types.String `tfsdk:"instance_url"`
	OrganizationID types.String `tfsdk:"organization_id"`
	Status         types.String `tfsdk:"status"`
	MatchedCount   types.Int64  `tfsdk:"matched_count"`
	EndedCount     types.Int64  `tfsdk:"ended_count"`
	EndedAt        types.String `tfsdk:"ended_at"`
}

// Create ends sessions, or only counts them: a filter that matches nothing shows
// now rather than at the destroy.
func (r *sessionRevocationResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan sessionRevocationModel
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
		resp.Diagnostics.Append(r.provider.sessionsNotListed(err, atSweepCreate))
		return
	}
	sessions, err := r.provider.newSessionSweep(ctx, session, plan.filter(), plan.IncludeOwn.ValueBool())
	if err != nil {
		resp.Diagnostics.Append(r.provider.sessionsNotListed(err, atSweepCreate))
		return
	}
	plan.describe(sessions)
	if revokesOn(plan.RevokeOn, revokeOnCreate) {
		resp.Diagnostics.Append(r.end(ctx, sessions, plan.MaxCount, atSweepCreate)...)
		if resp.Diagnostics.HasError() {
			return
		}
		plan.report(sessions, r.provider.now())
	}
	resp.Diagnostics.Append(sessions.warnings()...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

func (m *sessionRevocationModel) filter() salesforce.AuthSessionFilter {
	return salesforce.AuthSessionFilter{UserIDs: stringsOf(m.UserIDs), SessionTypes: stringsOf(m.SessionTypes), LoginTypes: stringsOf(m.LoginTypes)}
}

// describe sets what is known before any session is ended.
func (m *sessionRevocationModel) describe(sessions *sessionSweep) {
	m.InstanceURL = types.StringValue(sessions.session.InstanceURL)
	m.OrganizationID = stringOrNull(sessions.session.OrganizationID)
	m.Status = types.StringValue(statusActive)
	m.MatchedCount = types.Int64Value(int64(sessions.Expected))
	m.EndedCount = types.Int64Value(0)
	m.EndedAt = types.StringNull()
}

// report sets what a sweep that left no session has done.
func (m *sessionRevocationModel) report(sessions *sessionSweep, now time.Time) {
	account := sessions.Account()
	m.MatchedCount = types.Int64Value(int64(account.Tried()))
	m.EndedCount = types.Int64Value(int64(account.Ended))
	m.Status = types.StringValue(statusNoneFound)
	if account.Ended > 0 {
		m.Status = types.StringValue(statusEnded)
		m.EndedAt = types.StringValue(now.UTC().Format(time.RFC3339))
	}
}

// end ends all sessions that match, unless there are too many, and logs how far
// it is.
func (r *sessionRevocationResource) end(ctx context.Context, sessions *sessionSweep, maxCount types.Int64, when moment) (diags diag.Diagnostics) {
	if matched := len(sessions.matched); !maxCount.IsNull() && int64(matched) > maxCount.ValueInt64() {
		diags.Append(tooManySessions(matched, maxCount.ValueInt64(), when))
		return diags
	}
	stop := sessions.Report(func(progress string) { tflog.Info(ctx, "Ending the sessions of users: "+progress) })
	err := sessions.run(ctx)
	stop()
	tflog.Info(ctx, "Ended the sessions of users: "+sessions.Progress())
	if err != nil || sessions.Account().Left() > 0 {
		diags.Append(sessionsNotEnded(sessions, err, when))
	}
	diags.Append(r.provider.auditWarnings()...)
	if sessions.listed > 0 {
		diags.Append(sessionsStillListed(sessions.listed))
	}
	return diags
}

// Read keeps the state as it is: it tells what the creation has done. The data
// source tells which sessions there are by now.
func (r *sessionRevocationResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {
}

// Update stores new settings and sends nothing: all else replaces the resource.
func (r *sessionRevocationResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan sessionRevocationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

func (r *sessionRevocationResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state sessionRevocationModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	timeout, diags := state.Timeouts.Delete(ctx, sweepTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || !revokesOn(state.RevokeOn, revokeOnDestroy) {
		return
	}
	resp.Diagnostics.Append(r.provider.checkSession()...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	session, err := r.provider.querySession(ctx, nil)
	if err != nil {
		resp.Diagnostics.Append(r.provider.sessionsNotListed(err, atSweepDestroy))
		return
	}
	if !isOrg(session, state.OrganizationID, state.InstanceURL) {
		resp.Diagnostics.Append(otherOrg(state.InstanceURL.ValueString(), session.InstanceURL))
		return
	}
	sessions, err := r.provider.newSessionSweep(ctx, session, state.filter(), state.IncludeOwn.ValueBool())
	if err != nil {
		resp.Diagnostics.Append(r.provider.sessionsNotListed(err, atSweepDestroy))
		return
	}
	resp.Diagnostics.Append(r.end(ctx, sessions, state.MaxCount, atSweepDestroy)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if sessions.Expected > 0 || state.Status.ValueString() == statusActive { // Else none is left, as was to be.
		resp.Diagnostics.Append(sessions.warnings()...)
	}
}
