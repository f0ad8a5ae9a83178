package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

var (
	_ ephemeral.EphemeralResourceWithConfigure = (*accessTokenEphemeralResource)(nil)
	_ ephemeral.EphemeralResourceWithClose     = (*accessTokenEphemeralResource)(nil)
)

// ledgerIDKey is where private data, which passes from Open to Close, has the
// token's ID in the ledger.
const ledgerIDKey = "ledger_id"

func newAccessTokenEphemeralResource() ephemeral.EphemeralResource {
	return &accessTokenEphemeralResource{}
}

type accessTokenEphemeralResource struct{ ephemeralResourceBase }

func (r *accessTokenEphemeralResource) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_access_token"
}

func (r *accessTokenEphemeralResource) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "An access token that is valid only during this run. It is issued to the provider's credentials, is stored in no plan and no state, " +
			"and is revoked at the end, whether the run succeeds, fails, or is killed.",
		Attributes: map[string]schema.Attribute{
			"revoke_on_close": schema.BoolAttribute{
				MarkdownDescription: "Whether to revoke the token when the run no longer needs it. Set this to `false` if the org shares the session with others, " +
					"because revoking the token ends theirs, too. The token then stays valid until the org's session timeout. Defaults to `true`.",
				Optional: true,
			},
			"access_token": schema.StringAttribute{
				MarkdownDescription: "The access token, for an `Authorization: Bearer` header.",
				Computed:            true,
				Sensitive:           true,
			},
			"instance_url": schema.StringAttribute{
				MarkdownDescription: "Scheme and host where the token is valid, such as `https://example.my.salesforce.com`.",
				Computed:            true,
			},
			"token_type": schema.StringAttribute{
				MarkdownDescription: "How to present the token; `Bearer` for Salesforce.",
				Computed:            true,
			},
			"scope": schema.StringAttribute{
				MarkdownDescription: "What the token may be used for, separated by spaces, such as `api id`. Null if the org does not report it.",
				Computed:            true,
			},
			"identity_url": schema.StringAttribute{
				MarkdownDescription: "Where to look up the user that the token belongs to. Null if the org does not report it.",
				Computed:            true,
			},
			"organization_id": schema.StringAttribute{
				MarkdownDescription: "ID of the org, from `identity_url`.",
				Computed:            true,
			},
			"user_id": schema.StringAttribute{
				MarkdownDescription: "ID of the user that the token belongs to, from `identity_url`.",
				Computed:            true,
			},
			"issued_at": schema.StringAttribute{
				MarkdownDescription: "When the org issued the token, in RFC 3339 form. Null if the org does not report it.",
				Computed:            true,
			},
		},
	}
}

type accessTokenModel struct {
	RevokeOnClose  types.Bool   `tfsdk:"revoke_on_close"`
	AccessToken    types.String `tfsdk:"access_token"`
	InstanceURL    types.String `tfsdk:"instance_url"`
	TokenType      types.String `tfsdk:"token_type"`
	Scope          types.String `tfsdk:"scope"`
	IdentityURL    types.String `tfsdk:"identity_url"`
	OrganizationID types.String `tfsdk:"organization_id"`
	UserID         types.String `tfsdk:"user_id"`
	IssuedAt       types.String `tfsdk:"issued_at"`
}

func (r *accessTokenEphemeralResource) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var model accessTokenModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if r.provider == nil {
		model.unknown()
		resp.Diagnostics.Append(resp.Result.Set(ctx, &model)...)
		return
	}
	if r.provider.grant == nil {
		resp.Diagnostics.Append(errNoCredentials)
		return
	}
	session, err := r.provider.mint(ctx)
	if err != nil {
		resp.Diagnostics.Append(notSignedIn(err, r.provider.loginURL))
		return
	}
	id := ledgerID(session.AccessToken)
	if model.RevokeOnClose.IsNull() || model.RevokeOnClose.ValueBool() {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, ledgerIDKey, fmt.Appendf(nil, "%q", id))...) // as JSON
	} else {
		r.provider.ledger.Keep(id)
	}
	model.describe(session)
	resp.Diagnostics.Append(resp.Result.Set(ctx, &model)...)
}

// unknown stands for a token that a plan cannot mint yet, because the
// provider's configuration is unknown.
func (m *accessTokenModel) unknown() {
	for _, result := range []*types.String{
		&m.AccessToken, &m.InstanceURL, &m.TokenType, &m.Scope, &m.IdentityURL, &m.OrganizationID, &m.UserID, &m.IssuedAt,
	} {
		*result = types.StringUnknown()
	}
}

func (m *accessTokenModel) describe(session *salesforce.Session) {
	orNull := func(s string) types.String {
		if s == "" {
			return types.StringNull()
		}
		return types.StringValue(s)
	}
	m.AccessToken = types.StringValue(session.AccessToken.Reveal())
	m.InstanceURL = types.StringValue(session.InstanceURL)
	m.TokenType = orNull(session.TokenType)
	m.Scope = orNull(session.Scope)
	m.IdentityURL = orNull(session.IdentityURL)
	m.OrganizationID = orNull(session.OrganizationID)
	m.UserID = orNull(session.UserID)
	m.IssuedAt = types.StringNull()
	if !session.IssuedAt.IsZero() {
		m.IssuedAt = types.StringValue(session.IssuedAt.Format(time.RFC3339))
	}
}

// Close revokes the token. Terraform skips it when something that depends on
// this fails; the ledger is emptied then when the provider ends.
func (r *accessTokenEphemeralResource) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	encoded, diags := req.Private.GetKey(ctx, ledgerIDKey)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || encoded == nil {
		return
	}
	var id string
	if err := json.Unmarshal(encoded, &id); err != nil {
		resp.Diagnostics.Append(privateDataDamaged.with(values{"error": err}))
		return
	}
	if err := r.provider.ledger.Release(ctx, id); err != nil {
		resp.Diagnostics.Append(notRevoked(err, recordKey{r.provider.revocationURL, id}, atClose))
	}
}
