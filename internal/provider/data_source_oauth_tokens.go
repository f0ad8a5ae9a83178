package provider

import (
	"context"
	"maps"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

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
			"external_client_app": schema.StringAttribute{
				MarkdownDescription: externalClientAppDescription + " Its tokens are listed through Connect REST. Conflicts with `app_name`.",
				Optional:            true,
				Validators:          append([]validator.String{stringvalidator.ConflictsWith(path.MatchRoot("app_name"))}, externalClientAppValidators...),
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
						MarkdownDescription: "SHA-256, in hexadecimal, of the delete token that revokes it. It identifies the token without revealing it. " +
							"With `external_client_app`, of the identifier that Connect REST revokes it by.",
						Computed: true,
					},
				}},
			},
		},
	}
}

type oauthTokensModel struct {
	AppName           types.String `tfsdk:"app_name"`
	ExternalClientApp types.String `tfsdk:"external_client_app"`
	UserIDs           types.Set    `tfsdk:"user_ids"`
	UnusedSince       types.String `tfsdk:"unused_since"`
	Total             types.Int64  `tfsdk:"total"`
	Tokens            types.List   `tfsdk:"tokens"`
}

// An oauthTokenType is an element of tokens.
var oauthTokenType = tftypes.Object{AttributeTypes: map[string]tftypes.Type{
	"app_name":            tftypes.String,
	"user_id":             tftypes.String,
	"last_used_date":      tftypes.String,
	"use_count":           tftypes.Number,
	"delete_token_sha256": tftypes.String,
}}

func (d *oauthTokensDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model oauthTokensModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	resp.Diagnostics.Append(d.provider.checkSession()...)
	resp.Diagnostics.Append(d.provider.checkExternalClientApp(model.ExternalClientApp)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()

	limitGrowth(growthOfInventory)
	session, err := d.provider.querySession(ctx, nil)
	if err != nil {
		resp.Diagnostics.Append(d.provider.notListed(err, atRead))
		return
	}
	list := d.listApp
	if !model.ExternalClientApp.IsNull() {
		list = d.listExternalApp
	}
	tokens, warnings, err := list(ctx, session, model)
	if err != nil {
		resp.Diagnostics.Append(d.provider.notListed(err, atRead))
		return
	}
	resp.Diagnostics.Append(warnings...)
	resp.State.Raw = withTokens(req.Config.Raw, tokens)
}

// withTokens fills in what is computed. It does without State.Set and the types
// of the framework, which would hold thousands of tokens three times over.
func withTokens(config tftypes.Value, tokens []tftypes.Value) tftypes.Value {
	var values map[string]tftypes.Value
	if err := config.As(&values); err != nil {
		panic("the configuration is no object") // Config.Get has read it.
	}
	if tokens == nil {
		tokens = []tftypes.Value{} // none, rather than null
	}
	values = maps.Clone(values)
	values["total"] = tftypes.NewValue(tftypes.Number, int64(len(tokens)))
	values["tokens"] = tftypes.NewValue(tftypes.List{ElementType: oauthTokenType}, tokens)
	return tftypes.NewValue(config.Type(), values)
}

// listApp lists the tokens of one app or of all of them, from OauthToken.
func (d *oauthTokensDataSource) listApp(ctx context.Context, session *salesforce.Session, model oauthTokensModel) (tokens []tftypes.Value, warnings diag.Diagnostics, err error) {
	ctx = d.provider.maskSecrets(ctx, session.AccessToken.Reveal())
	filter := oauthTokenFilter(model.AppName, model.UserIDs, model.UnusedSince)
	listed, err := d.provider.api().OauthTokens(ctx, filter)
	if err != nil {
		return nil, nil, err
	}
	othersSeen := false
	for _, token := range listed {
		othersSeen = othersSeen || !salesforce.SameID(token.UserID, session.UserID)
		tokens = append(tokens, oauthTokenObject(token))
	}
	if !othersSeen {
		warnings, err = d.note(ctx, filter, session, len(tokens))
	}
	return tokens, warnings, err
}

// listExternalApp lists the tokens of an external client app, by user. That the
// other filters leave none of them is an answer.
func (d *oauthTokensDataSource) listExternalApp(ctx context.Context, session *salesforce.Session, model oauthTokensModel) (tokens []tftypes.Value, warnings diag.Diagnostics, err error) {
	filter := newExternalAppFilter(model.ExternalClientApp, model.UserIDs, model.UnusedSince)
	listed, err := d.provider.externalAppTokens(ctx, session, filter)
	if err != nil {
		return nil, nil, err
	}
	for _, token := range listed.all() {
		tokens = append(tokens, appTokenObject(listed.app, token))
	}
	switch {
	case listed.app == nil:
		warnings.Append(appWithoutTokens(filter.app))
	case d.provider.seesOwnTokensOnly(ctx, session, filter, listed):
		warnings.Append(ownAppTokensOnly(session.UserID))
	}
	return tokens, warnings, nil
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
func oauthTokenObject(token salesforce.OauthToken) tftypes.Value {
	return tokenObject(token.AppName, token.UserID, token.LastUsed, token.UseCount, salesforce.InspectToken(token.DeleteToken.Reveal()).SHA256)
}

func appTokenObject(app *salesforce.ExternalClientApp, token salesforce.AppToken) tftypes.Value {
	return tokenObject(app.Label, token.UserID, token.LastUsed, token.UseCount, appTokenSHA256(token))
}

func tokenObject(appName, userID string, lastUsed *time.Time, useCount int64, sha256 string) tftypes.Value {
	lastUsedDate := tftypes.NewValue(tftypes.String, nil)
	if lastUsed != nil {
		lastUsedDate = tftypes.NewValue(tftypes.String, lastUsed.UTC().Format(time.RFC3339))
	}
	return tftypes.NewValue(oauthTokenType, map[string]tftypes.Value{
		"app_name":            tftypes.NewValue(tftypes.String, appName),
		"user_id":             tftypes.NewValue(tftypes.String, userID),
		"last_used_date":      lastUsedDate,
		"use_count":           tftypes.NewValue(tftypes.Number, useCount),
		"delete_token_sha256": tftypes.NewValue(tftypes.String, sha256),
	})
}
