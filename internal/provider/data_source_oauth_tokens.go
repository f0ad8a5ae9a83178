package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

var _ datasource.DataSourceWithConfigure = (*oauthTokensDataSource)(nil)

func newOauthTokensDataSource() datasource.DataSource { return &oauthTokensDataSource{} }

type oauthTokensDataSource struct{ dataSourceBase }

func (d *oauthTokensDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_oauth_tokens"
}

func (d *oauthTokensDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the valid refresh tokens of the org: `salesforce_app_token_revocation` with the same filters would revoke them. " +
			"The list is complete, however long, and contains no secret.",
		Attributes: map[string]schema.Attribute{
			"app_name": schema.StringAttribute{
				MarkdownDescription: appNameDescription + " Without it, the tokens of all apps are listed.",
				Optional:            true,
				Validators:          appNameValidators,
			},
			"user_ids": schema.SetAttribute{
				MarkdownDescription: userIDsDescription,
				ElementType:         types.StringType,
				Optional:            true,
				Validators:          userIDsValidators,
			},
			"unused_since": schema.StringAttribute{
				MarkdownDescription: unusedSinceDescription,
				Optional:            true,
				Validators:          unusedSinceValidators,
			},
			"total": schema.Int64Attribute{
				MarkdownDescription: "How many tokens match.",
				Computed:            true,
			},
			"tokens": schema.ListNestedAttribute{
				MarkdownDescription: "The tokens, sorted by user.",
				Computed:            true,
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"app_name": schema.StringAttribute{
						MarkdownDescription: "Label of the app that the token was granted to.",
						Computed:            true,
					},
					"user_id": schema.StringAttribute{
						MarkdownDescription: "ID of the user who granted it.",
						Computed:            true,
					},
					"last_used_date": schema.StringAttribute{
						MarkdownDescription: "When it was last used, in RFC 3339 form; null if never.",
						Computed:            true,
					},
					"use_count": schema.Int64Attribute{
						MarkdownDescription: "How often it was used.",
						Computed:            true,
					},
					"delete_token_sha256": schema.StringAttribute{
						MarkdownDescription: "SHA-256, in hexadecimal, of the delete token that revokes it. It identifies the token without revealing it.",
						Computed:            true,
					},
				}},
			},
		},
	}
}

type oauthTokensModel struct {
	AppName     types.String `tfsdk:"app_name"`
	UserIDs     types.Set    `tfsdk:"user_ids"`
	UnusedSince types.String `tfsdk:"unused_since"`
	Total       types.Int64  `tfsdk:"total"`
	Tokens      types.List   `tfsdk:"tokens"`
}

var oauthTokenType = map[string]attr.Type{
	"app_name":            types.StringType,
	"user_id":             types.StringType,
	"last_used_date":      types.StringType,
	"use_count":           types.Int64Type,
	"delete_token_sha256": types.StringType,
}

func (d *oauthTokensDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model oauthTokensModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	resp.Diagnostics.Append(d.provider.checkSession()...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()

	filter := oauthTokenFilter(model.AppName, model.UserIDs, model.UnusedSince)
	session, err := d.provider.querySession(ctx, nil)
	if err != nil {
		resp.Diagnostics.Append(d.provider.notListed(err, atRead))
		return
	}
	ctx = maskSecrets(ctx, session.AccessToken.Reveal())
	othersSeen := false
	tokens := []attr.Value{}
	listed, err := d.provider.api().OauthTokens(ctx, filter)
	if err != nil {
		resp.Diagnostics.Append(d.provider.notListed(err, atRead))
		return
	}
	for _, token := range listed {
		othersSeen = othersSeen || !salesforce.SameID(token.UserID, session.UserID)
		tokens = append(tokens, oauthTokenObject(token))
	}
	if !othersSeen {
		warning, err := d.note(ctx, filter, session, len(tokens))
		if err != nil {
			resp.Diagnostics.Append(d.provider.notListed(err, atRead))
			return
		}
		resp.Diagnostics.Append(warning...)
	}
	model.Total = types.Int64Value(int64(len(tokens)))
	model.Tokens = types.ListValueMust(types.ObjectType{AttrTypes: oauthTokenType}, tokens)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

// note warns of an app that has no token at all, and of a user who may not see
// what others have; that the other filters leave nothing is an answer.
func (d *oauthTokensDataSource) note(ctx context.Context, filter salesforce.OauthTokenFilter, session *salesforce.Session, listed int) (diags diag.Diagnostics, err error) {
	if listed == 0 && filter.AppName != "" {
		found, err := d.provider.api().HasOauthTokens(ctx, salesforce.OauthTokenFilter{AppName: filter.AppName})
		if err != nil || !found {
			diags.Append(matchesNothing())
			return diags, err
		}
	}
	if _, othersAsked := filter.Except(session.UserID); othersAsked {
		restricted, err := d.provider.isRestricted(ctx, session)
		if err != nil || restricted {
			diags.Append(ownTokensOnly(session.UserID))
			return diags, err
		}
	}
	return nil, nil
}

// oauthTokenObject keeps of the delete token nothing but its SHA-256.
func oauthTokenObject(token salesforce.OauthToken) types.Object {
	lastUsed := types.StringNull()
	if token.LastUsed != nil {
		lastUsed = types.StringValue(token.LastUsed.UTC().Format(time.RFC3339))
	}
	return types.ObjectValueMust(oauthTokenType, map[string]attr.Value{
		"app_name":            types.StringValue(token.AppName),
		"user_id":             types.StringValue(token.UserID),
		"last_used_date":      lastUsed,
		"use_count":           types.Int64Value(token.UseCount),
		"delete_token_sha256": types.StringValue(salesforce.InspectToken(token.DeleteToken.Reveal()).SHA256),
	})
}
