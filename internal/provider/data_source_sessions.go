package provider

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

var _ datasource.DataSourceWithConfigure = (*sessionsDataSource)(nil)

func newSessionsDataSource() datasource.DataSource { return &sessionsDataSource{} }

type sessionsDataSource struct{ dataSourceBase }

func (d *sessionsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_sessions"
}

func (d *sessionsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	computed := func(description string) schema.StringAttribute {
		return schema.StringAttribute{MarkdownDescription: description, Computed: true}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the sessions of the org that have not ended, including those that were not issued from a refresh token. " +
			"`salesforce_session_revocation` with the same filters ends them, except those of the signed-in user. The list is complete and contains no secret.",
		Attributes: map[string]schema.Attribute{
			"user_ids": schema.SetAttribute{
				MarkdownDescription: sessionUserIDsDescription + " At most 1,000. Without it, the sessions of all users match.",
				ElementType:         types.StringType,
				Optional:            true,
				Validators:          userIDsValidators,
			},
			"session_types": schema.SetAttribute{
				MarkdownDescription: sessionTypesDescription,
				ElementType:         types.StringType,
				Optional:            true,
				Validators:          sessionTypesValidators,
			},
			"login_types": schema.SetAttribute{
				MarkdownDescription: loginTypesDescription,
				ElementType:         types.StringType,
				Optional:            true,
				Validators:          sessionTypesValidators,
			},
			"total": schema.Int64Attribute{
				MarkdownDescription: "How many sessions match, including the one that the provider works with.",
				Computed:            true,
			},
			"sessions": schema.ListNestedAttribute{
				MarkdownDescription: "The sessions, sorted by ID.",
				Computed:            true,
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":                 computed("ID of the session's `AuthSession` record. Nobody can sign in with it."),
					"user_id":            computed("ID of the user."),
					"session_type":       computed("Type of session, such as `API`, `Oauth2` or `UI`."),
					"login_type":         computed("Type of login, such as `Application` (the browser) or `Remote Access 2.0` (OAuth)."),
					"source_ip":          computed("IP address that the session began from."),
					"created_date":       computed("When the session began, in RFC 3339 form."),
					"last_modified_date": computed("When the session was last renewed, in RFC 3339 form."),
					"expires_at":         computed("When the session expires if it is not renewed before, in RFC 3339 form; null if the org does not report it."),
				}},
			},
		},
	}
}

type sessionsModel struct {
	UserIDs      types.Set   `tfsdk:"user_ids"`
	SessionTypes types.Set   `tfsdk:"session_types"`
	LoginTypes   types.Set   `tfsdk:"login_types"`
	Total        types.Int64 `tfsdk:"total"`
	Sessions     types.List  `tfsdk:"sessions"`
}

var sessionType = map[string]attr.Type{
	"id":                 types.StringType,
	"user_id":            types.StringType,
	"session_type":       types.StringType,
	"login_type":         types.StringType,
	"source_ip":          types.StringType,
	"created_date":       types.StringType,
	"last_modified_date": types.StringType,
	"expires_at":         types.StringType,
}

func (d *sessionsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model sessionsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	resp.Diagnostics.Append(d.provider.checkSession()...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()
	session, err := d.provider.querySession(ctx, nil)
	if err != nil {
		resp.Diagnostics.Append(d.provider.sessionsNotListed(err, atRead))
		return
	}
	filter := salesforce.AuthSessionFilter{UserIDs: stringsOf(model.UserIDs), SessionTypes: stringsOf(model.SessionTypes), LoginTypes: stringsOf(model.LoginTypes)}
	sessions, restricted, err := d.provider.authSessions(ctx, session, filter)
	if err != nil {
		resp.Diagnostics.Append(d.provider.sessionsNotListed(err, atRead))
		return
	}
	if restricted {
		resp.Diagnostics.Append(ownSessionsOnly(session.UserID))
	}
	slices.SortFunc(sessions, func(a, b salesforce.AuthSession) int { return strings.Compare(a.ID, b.ID) })
	objects := make([]attr.Value, len(sessions))
	for i, session := range sessions {
		objects[i] = sessionObject(session)
	}
	model.Total = types.Int64Value(int64(len(sessions)))
	model.Sessions = types.ListValueMust(types.ObjectType{AttrTypes: sessionType}, objects)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

func sessionObject(session salesforce.AuthSession) types.Object {
	date := func(t time.Time) types.String { return types.StringValue(t.UTC().Format(time.RFC3339)) }
	return types.ObjectValueMust(sessionType, map[string]attr.Value{
		"id":                 types.StringValue(session.ID),
		"user_id":            types.StringValue(session.UserID),
		"session_type":       stringOrNull(session.SessionType),
		"login_type":         stringOrNull(session.LoginType),
		"source_ip":          stringOrNull(session.SourceIP),
		"created_date":       date(session.Created),
		"last_modified_date": date(session.LastModified),
		"expires_at":         timeOrNull(session.Expires),
	})
}

func timeOrNull(t *time.Time) types.String {
	if t == nil {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339))
}
