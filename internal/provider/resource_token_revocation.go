package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/seal"
)

var (
	_ resource.ResourceWithConfigure  = (*tokenRevocationResource)(nil)
	_ resource.ResourceWithModifyPlan = (*tokenRevocationResource)(nil)
)

// statusActive is the status of a token that nothing was sent for yet. The
// others are outcomes of salesforce.Client.Revoke.
const statusActive = "active"

const tokenRevocationTimeout = 2 * time.Minute

func newTokenRevocationResource() resource.Resource { return &tokenRevocationResource{} }

type tokenRevocationResource struct{ resourceBase }

func (r *tokenRevocationResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_token_revocation"
}

func (r *tokenRevocationResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Revokes a token when this resource is created, replaced or destroyed. Revoking an access token ends that token only; " +
			"revoking a refresh token also ends every access token that was issued from it.",
		Attributes: map[string]schema.Attribute{
			"token": schema.StringAttribute{
				MarkdownDescription: "The access, refresh or delete token to revoke. It is stored in the state, so that a destroy can revoke it; " +
					"use `token_wo` to avoid that. A change replaces the resource, unless the same token moves to `token_wo`. " +
					"One of `token` and `token_wo` is required where the resource is created or replaced.",
				Optional:   true,
				Sensitive:  true,
				Validators: []validator.String{tokenValidator{}},
			},
			"token_wo": schema.StringAttribute{
				MarkdownDescription: "The token to revoke, write-only: it is stored neither in the plan nor in the state, and may come from an ephemeral resource. " +
					"With `revoke_on = [\"destroy\"]` it is sealed for the destroy, which requires the provider's `seal_recipient` now and its `seal_identity` then. " +
					"Once the resource is created, it may be left out or null. Requires Terraform 1.11 or OpenTofu 1.11.",
				Optional:   true,
				Sensitive:  true,
				WriteOnly:  true,
				Validators: []validator.String{tokenValidator{}, stringvalidator.ConflictsWith(path.MatchRoot("token"))},
			},
			"token_wo_version": schema.Int64Attribute{
				MarkdownDescription: "Change this number when `token_wo` holds another token, because Terraform cannot detect that. Changing it replaces the resource.",
				Optional:            true,
				Validators:          []validator.Int64{int64validator.ConflictsWith(path.MatchRoot("token"))},
			},
			"revoke_on": revokeOnAttribute("Changing it takes effect in place and sends nothing. `[\"destroy\"]` with `token_wo` requires the provider's `seal_recipient`.",
				revokeOnCreate, revokeOnDestroy),
			"triggers": schema.MapAttribute{
				MarkdownDescription: "Arbitrary values. Changing one replaces the resource, which revokes the token again.",
				ElementType:         types.StringType,
				Optional:            true,
			},
			"verify": schema.BoolAttribute{
				MarkdownDescription: "Whether to ask the org, before and after an access token is revoked, if it accepts the token. " +
					"If it still does so when the `timeouts` are over, that is an error, because a revocation may be reported without taking effect. " +
					"Refresh tokens cannot be verified. Changing it takes effect in place, at the next revocation. Defaults to `false`.",
				Optional: true,
			},
			"timeouts": timeoutsAttribute(ctx, tokenRevocationTimeout),

			"id": schema.StringAttribute{
				MarkdownDescription: "The same as `token_sha256`.",
				Computed:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"token_sha256": schema.StringAttribute{
				MarkdownDescription: "SHA-256 of the token in hexadecimal. It identifies the token without revealing it.",
				Computed:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"token_kind": schema.StringAttribute{
				MarkdownDescription: "Kind of the token, by its form: `access_token`, `jwt_access_token`, `refresh_token` or `unknown`. " +
					"A service that validates a JWT access token offline may accept it until it expires, revoked or not.",
				Computed:      true,
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"organization_id": schema.StringAttribute{
				MarkdownDescription: "ID of the org that issued the token, if the token is an opaque access token, which contains it; otherwise null.",
				Computed:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"revocation_url": schema.StringAttribute{
				MarkdownDescription: "Where the token is revoked, as the provider was configured at creation. A destroy uses this address even if the provider points elsewhere by then, " +
					"and a plan warns of the difference unless `status` is `revoked`. The address of a sealed token is sealed with it, so nobody can change it.",
				Computed:      true,
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"status": schema.StringAttribute{
				MarkdownDescription: "`active`: nothing was sent yet. `revoked`: the org confirmed that it revoked the token, for this resource or for another one earlier in the same run. " +
					"`already_invalid`: the org did not know the token, so it was invalid before or belongs to another host or org.",
				Computed:      true,
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"revoked_at": schema.StringAttribute{
				MarkdownDescription: "When the token was revoked, in RFC 3339 form; null unless `status` is `revoked`.",
				Computed:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"verified_at": schema.StringAttribute{
				MarkdownDescription: "When the org first refused the token after it was revoked, in RFC 3339 form; null if that was not proved, which requires `verify` and an org that accepted the token before.",
				Computed:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
		},
	}
}

type tokenRevocationModel struct {
	Token          types.String   `tfsdk:"token"`
	TokenWO        types.String   `tfsdk:"token_wo"`
	TokenWOVersion types.Int64    `tfsdk:"token_wo_version"`
	RevokeOn       types.Set      `tfsdk:"revoke_on"`
	Triggers       types.Map      `tfsdk:"triggers"`
	Verify         types.Bool     `tfsdk:"verify"`
	Timeouts       timeouts.Value `tfsdk:"timeouts"`

	ID             types.String `tfsdk:"id"`
	TokenSHA256    types.String `tfsdk:"token_sha256"`
	TokenKind      types.String `tfsdk:"token_kind"`
	OrganizationID types.String `tfsdk:"organization_id"`
	RevocationURL  types.String `tfsdk:"revocation_url"`
	Status         types.String `tfsdk:"status"`
	RevokedAt      types.String `tfsdk:"revoked_at"`
	VerifiedAt     types.String `tfsdk:"verified_at"`
}

var tokenRevocationModels modelMapping[tokenRevocationModel]

// givenToken is the token of a configuration: null if there is none.
func (m *tokenRevocationModel) givenToken() types.String {
	if m.Token.IsNull() {
		return m.TokenWO
	}
	return m.Token
}

// armsAtCreation reports whether a creation sends nothing, and a destroy does.
func (m *tokenRevocationModel) armsAtCreation() bool {
	return revokesOn(m.RevokeOn, revokeOnDestroy) && len(m.RevokeOn.Elements()) == 1
}

// requiresSeal reports whether a resource as m describes it has to have its
// token sealed: a destroy is to revoke it, nothing was sent yet, and the state
// does not hold it. For the zero value it is false.
func (m *tokenRevocationModel) requiresSeal() bool {
	armed := m.Status.ValueString() == statusActive && revokesOn(m.RevokeOn, revokeOnDestroy)
	if m.Status.IsUnknown() { // in a plan to create
		armed = m.armsAtCreation()
	}
	return armed && m.Token.IsNull()
}

// ModifyPlan says what an apply would do, and refuses what it could not do.
func (r *tokenRevocationResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var config, plan, state tokenRevocationModel
	creates, destroys := req.State.Raw.IsNull(), req.Plan.Raw.IsNull()
	if !creates {
		resp.Diagnostics.Append(tokenRevocationModels.read(ctx, req.State.Raw, req.State.Schema, &state)...)
	}
	if !destroys {
		resp.Diagnostics.Append(tokenRevocationModels.read(ctx, req.Config.Raw, req.Config.Schema, &config)...)
		resp.Diagnostics.Append(tokenRevocationModels.read(ctx, req.Plan.Raw, req.Plan.Schema, &plan)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	switch {
	case destroys:
		resp.Diagnostics.Append(r.provider.planDestroy(state)...)
	case creates:
		resp.Diagnostics.Append(r.provider.planCreation(config, &plan)...)
		resp.Diagnostics.Append(tokenRevocationModels.write(ctx, &resp.Plan.Raw, resp.Plan.Schema, &plan)...)
	default:
		resp.RequiresReplace = plan.replacements(config, state)
		resp.Diagnostics.Append(r.provider.checkAddress(state)...)
		if len(resp.RequiresReplace) == 0 {
			resp.Diagnostics.Append(r.provider.planChange(config, plan, state)...)
		}
	}
}

func (r *tokenRevocationResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var config, plan tokenRevocationModel
	resp.Diagnostics.Append(tokenRevocationModels.read(ctx, req.Config.Raw, req.Config.Schema, &config)...)
	resp.Diagnostics.Append(tokenRevocationModels.read(ctx, req.Plan.Raw, req.Plan.Schema, &plan)...)
	timeout, diags := plan.Timeouts.Create(ctx, tokenRevocationTimeout)
	resp.Diagnostics.Append(diags...)
	token := config.givenToken().ValueString()
	switch {
	case r.provider == nil:
		resp.Diagnostics.Append(errNotConfigured)
	case token == "":
		resp.Diagnostics.Append(errNoToken)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	plan.describe(salesforce.InspectToken(token))
	plan.RevocationURL = types.StringValue(r.provider.revocationURL)
	plan.Status, plan.RevokedAt, plan.VerifiedAt = types.StringValue(statusActive), types.StringNull(), types.StringNull()

	if revokesOn(plan.RevokeOn, revokeOnCreate) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		resp.Diagnostics.Append(r.provider.revokeAtCreation(ctx, &plan, token)...)
	} else {
		resp.Diagnostics.Append(r.provider.arm(ctx, resp.Private, &plan, token)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(tokenRevocationModels.write(ctx, &resp.State.Raw, resp.State.Schema, &plan)...)
}

// describe sets what the token itself tells.
func (m *tokenRevocationModel) describe(info salesforce.TokenInfo) {
	m.ID = types.StringValue(info.SHA256)
	m.TokenSHA256 = types.StringValue(info.SHA256)
	m.TokenKind = types.StringValue(string(info.Kind))
	m.OrganizationID = types.StringNull()
	if info.OrganizationID != "" {
		m.OrganizationID = types.StringValue(info.OrganizationID)
	}
}

// Read keeps the state as it is: Salesforce has no endpoint that tells whether
// a token was revoked.
func (r *tokenRevocationResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {
}

// Update stores new settings and sends nothing. A write-only token is sealed if
// a destroy is to revoke it from now on, and its seal dropped if not any more.
func (r *tokenRevocationResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var config, plan, state tokenRevocationModel
	resp.Diagnostics.Append(tokenRevocationModels.read(ctx, req.Config.Raw, req.Config.Schema, &config)...)
	resp.Diagnostics.Append(tokenRevocationModels.read(ctx, req.Plan.Raw, req.Plan.Schema, &plan)...)
	resp.Diagnostics.Append(tokenRevocationModels.read(ctx, req.State.Raw, req.State.Schema, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	switch {
	case plan.requiresSeal() && !state.requiresSeal():
		resp.Diagnostics.Append(r.provider.sealLater(ctx, resp.Private, config.TokenWO, state)...)
	case !revokesOn(plan.RevokeOn, revokeOnDestroy) || !plan.Token.IsNull():
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, sealedTokenKey, nil)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(tokenRevocationModels.write(ctx, &resp.State.Raw, resp.State.Schema, &plan)...)
}

// Delete revokes the token if it is at hand. That it is not, or that the
// revocation fails, keeps the resource in the state only while the state does
// not say that the token is invalid.
func (r *tokenRevocationResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state tokenRevocationModel
	resp.Diagnostics.Append(tokenRevocationModels.read(ctx, req.State.Raw, req.State.Schema, &state)...)
	timeout, diags := state.Timeouts.Delete(ctx, tokenRevocationTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || !revokesOn(state.RevokeOn, revokeOnDestroy) {
		return
	}
	doomed := seal.Document{Token: state.Token.ValueString(), RevocationURL: state.RevocationURL.ValueString()}
	if state.Token.IsNull() {
		var err error
		if doomed, err = r.provider.unseal(ctx, req.Private, state); err != nil {
			resp.Diagnostics.Append(state.notAtHand(err)...)
			return
		}
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	resp.Diagnostics.Append(r.provider.revokeAtDestroy(ctx, state, doomed)...)
}
