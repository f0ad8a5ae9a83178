package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/resourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/seal"
)

var (
	_ resource.ResourceWithConfigure        = (*tokenRevocationResource)(nil)
	_ resource.ResourceWithConfigValidators = (*tokenRevocationResource)(nil)
	_ resource.ResourceWithModifyPlan       = (*tokenRevocationResource)(nil)
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
		MarkdownDescription: "Revokes a token when this resource is created, replaced or destroyed. An access token takes only itself along; " +
			"a refresh token takes along every access token that was issued from it.",
		Attributes: map[string]schema.Attribute{
			"token": schema.StringAttribute{
				MarkdownDescription: "The access, refresh or delete token to revoke. It is stored in the state, so that a destroy can revoke it; " +
					"use `token_wo` to keep it out. A change replaces the resource. Exactly one of `token` and `token_wo` is required.",
				Optional:      true,
				Sensitive:     true,
				Validators:    []validator.String{tokenValidator{}},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"token_wo": schema.StringAttribute{
				MarkdownDescription: "The token to revoke, write-only: it stands neither in the plan nor in the state, and may come from an ephemeral resource. " +
					"With `destroy` in `revoke_on`, it is sealed for the destroy, which takes the provider's `seal_recipient` now and its `seal_identity` then. Needs Terraform 1.11 or OpenTofu 1.11.",
				Optional:   true,
				Sensitive:  true,
				WriteOnly:  true,
				Validators: []validator.String{tokenValidator{}},
			},
			"token_wo_version": schema.Int64Attribute{
				MarkdownDescription: "Change this number when `token_wo` holds another token, because Terraform does not see that by itself. A change replaces the resource.",
				Optional:            true,
				Validators:          []validator.Int64{int64validator.AlsoRequires(path.MatchRoot("token_wo"))},
				PlanModifiers:       []planmodifier.Int64{int64planmodifier.RequiresReplace()},
			},
			"revoke_on": revokeOnAttribute("A change takes effect in place and sends nothing. `destroy` with `token_wo` takes the provider's `seal_recipient`."),
			"triggers": schema.MapAttribute{
				MarkdownDescription: "Any values. A change of one replaces the resource, and so revokes the token again.",
				ElementType:         types.StringType,
				Optional:            true,
				PlanModifiers:       []planmodifier.Map{mapplanmodifier.RequiresReplace()},
			},
			"timeouts": timeoutsAttribute(ctx, tokenRevocationTimeout),

			"id": schema.StringAttribute{
				MarkdownDescription: "The same as `token_sha256`.",
				Computed:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"token_sha256": schema.StringAttribute{
				MarkdownDescription: "SHA-256 of the token in hexadecimal: tells which token this is about without giving it away.",
				Computed:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"token_kind": schema.StringAttribute{
				MarkdownDescription: "What the form of the token says it is: `access_token`, `jwt_access_token`, `refresh_token` or `unknown`. " +
					"A service that validates a JWT access token offline may accept it until it expires, revoked or not.",
				Computed:      true,
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"organization_id": schema.StringAttribute{
				MarkdownDescription: "Id of the org that issued the token, where the token is an opaque access token and so holds it; else null.",
				Computed:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"revocation_url": schema.StringAttribute{
				MarkdownDescription: "Where the token is revoked, as the provider was configured at creation. A destroy uses this address even if the provider points elsewhere by then; that of a sealed token stands in the seal, too, where nobody can change it.",
				Computed:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"status": schema.StringAttribute{
				MarkdownDescription: "`active`: nothing was sent yet. `revoked`: the org said that it revoked the token. " +
					"`already_invalid`: the org did not know the token, so it was dead before or belongs to another host or org.",
				Computed:      true,
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"revoked_at": schema.StringAttribute{
				MarkdownDescription: "When this resource revoked the token, in RFC 3339 form; null unless `status` is `revoked`.",
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
	Timeouts       timeouts.Value `tfsdk:"timeouts"`

	ID             types.String `tfsdk:"id"`
	TokenSHA256    types.String `tfsdk:"token_sha256"`
	TokenKind      types.String `tfsdk:"token_kind"`
	OrganizationID types.String `tfsdk:"organization_id"`
	RevocationURL  types.String `tfsdk:"revocation_url"`
	Status         types.String `tfsdk:"status"`
	RevokedAt      types.String `tfsdk:"revoked_at"`
}

func (r *tokenRevocationResource) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{
		resourcevalidator.ExactlyOneOf(path.MatchRoot("token"), path.MatchRoot("token_wo")),
	}
}

// ModifyPlan refuses a plan whose apply would have to seal the token, and could
// not. All other plans do without keys.
func (r *tokenRevocationResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.provider == nil || len(r.provider.recipients) > 0 {
		return
	}
	var plan, state tokenRevocationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if !resp.Diagnostics.HasError() && plan.sealsAfter(state) {
		resp.Diagnostics.Append(notSealed(seal.ErrNoRecipient))
	}
}

// sealsAfter tells whether the token has to be sealed on the way from a state,
// which is the zero value for a creation, to the plan m.
func (m *tokenRevocationModel) sealsAfter(state tokenRevocationModel) bool {
	return m.Token.IsNull() && revokesOn(m.RevokeOn, revokeOnDestroy) && !revokesOn(state.RevokeOn, revokeOnDestroy)
}

func (r *tokenRevocationResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var config, plan tokenRevocationModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	timeout, diags := plan.Timeouts.Create(ctx, tokenRevocationTimeout)
	resp.Diagnostics.Append(diags...)
	if r.provider == nil {
		resp.Diagnostics.Append(errNotConfigured)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	token := plan.Token.ValueString()
	if !config.TokenWO.IsNull() {
		token = config.TokenWO.ValueString()
	}
	plan.describe(salesforce.InspectToken(token), r.provider.revocationURL)

	if plan.sealsAfter(tokenRevocationModel{}) {
		// Before anything is sent: a token that cannot be sealed stays as it is.
		resp.Diagnostics.Append(r.provider.seal(ctx, resp.Private, token)...)
		if resp.Diagnostics.HasError() {
			return
		}
	}
	if revokesOn(plan.RevokeOn, revokeOnCreate) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		outcome, err := r.provider.revoke(ctx, plan.RevocationURL.ValueString(), token)
		if err != nil {
			resp.Diagnostics.Append(notRevoked(err, plan.RevocationURL.ValueString(), atCreate))
			return
		}
		plan.Status = types.StringValue(string(outcome))
		switch outcome {
		case salesforce.Revoked:
			plan.RevokedAt = types.StringValue(r.provider.now().UTC().Format(time.RFC3339))
		case salesforce.AlreadyInvalid:
			resp.Diagnostics.Append(alreadyInvalid(plan.RevocationURL.ValueString()))
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

// describe sets what is known of a token before anything is sent.
func (m *tokenRevocationModel) describe(info salesforce.TokenInfo, revocationURL string) {
	m.ID = types.StringValue(info.SHA256)
	m.TokenSHA256 = types.StringValue(info.SHA256)
	m.TokenKind = types.StringValue(string(info.Kind))
	m.OrganizationID = types.StringNull()
	if info.OrganizationID != "" {
		m.OrganizationID = types.StringValue(info.OrganizationID)
	}
	m.RevocationURL = types.StringValue(revocationURL)
	m.Status = types.StringValue(statusActive)
	m.RevokedAt = types.StringNull()
}

// Read keeps the state as it is: Salesforce has no endpoint that tells whether
// a token was revoked.
func (r *tokenRevocationResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {
}

// Update stores new settings and sends nothing: all else replaces the resource.
// A write-only token is sealed if a destroy is to revoke it from now on, and
// its seal dropped if not any more.
func (r *tokenRevocationResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var config, plan, state tokenRevocationModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	switch {
	case plan.sealsAfter(state):
		resp.Diagnostics.Append(r.provider.sealLater(ctx, resp.Private, config.TokenWO.ValueString(), state)...)
	case !revokesOn(plan.RevokeOn, revokeOnDestroy):
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, sealedTokenKey, nil)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

func (r *tokenRevocationResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state tokenRevocationModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	timeout, diags := state.Timeouts.Delete(ctx, tokenRevocationTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || !revokesOn(state.RevokeOn, revokeOnDestroy) {
		return
	}
	doomed := seal.Document{Token: state.Token.ValueString(), RevocationURL: state.RevocationURL.ValueString()}
	if state.Token.IsNull() {
		doomed, diags = r.provider.unseal(ctx, req.Private, state)
		resp.Diagnostics.Append(diags...)
		if resp.Diagnostics.HasError() {
			return
		}
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	outcome, err := r.provider.revoke(ctx, doomed.RevocationURL, doomed.Token)
	if err != nil {
		resp.Diagnostics.Append(notRevoked(err, doomed.RevocationURL, atDestroy))
		return
	}
	if outcome == salesforce.AlreadyInvalid && state.Status.ValueString() == statusActive {
		resp.Diagnostics.Append(alreadyInvalid(doomed.RevocationURL))
	}
}
