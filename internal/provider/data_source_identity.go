package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithConfigure = (*identityDataSource)(nil)

func newIdentityDataSource() datasource.DataSource { return &identityDataSource{} }

type identityDataSource struct{ dataSourceBase }

func (d *identityDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_identity"
}

func (d *identityDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads which org and which user the provider is signed in to, for outputs and preconditions.",
		Attributes: map[string]schema.Attribute{
			"user_id": schema.StringAttribute{
				MarkdownDescription: "ID of the user that the provider signs in as.",
				Computed:            true,
			},
			"username": schema.StringAttribute{
				MarkdownDescription: "Username of that user, such as `admin@example.com`.",
				Computed:            true,
			},
			"organization_id": schema.StringAttribute{
				MarkdownDescription: "ID of the org, 18 characters long.",
				Computed:            true,
			},
			"organization_name": schema.StringAttribute{
				MarkdownDescription: "Name of the org, as its company information shows it.",
				Computed:            true,
			},
			"is_sandbox": schema.BoolAttribute{
				MarkdownDescription: "Whether the org is a sandbox.",
				Computed:            true,
			},
			"instance_url": schema.StringAttribute{
				MarkdownDescription: "Where the provider sends its queries. This may be another host than the provider's `instance_url`, which may be a login host.",
				Computed:            true,
			},
		},
	}
}

type identityModel struct {
	UserID           types.String `tfsdk:"user_id"`
	Username         types.String `tfsdk:"username"`
	OrganizationID   types.String `tfsdk:"organization_id"`
	OrganizationName types.String `tfsdk:"organization_name"`
	IsSandbox        types.Bool   `tfsdk:"is_sandbox"`
	InstanceURL      types.String `tfsdk:"instance_url"`
}

func (d *identityDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	resp.Diagnostics.Append(d.provider.checkSession()...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()
	session, err := d.provider.querySession(ctx, nil)
	if err != nil {
		resp.Diagnostics.Append(d.provider.identityNotRead(err, atRead))
		return
	}
	identity, err := d.provider.api().Identity(d.provider.maskSecrets(ctx, session.AccessToken.Reveal()))
	if err != nil {
		resp.Diagnostics.Append(d.provider.identityNotRead(err, atRead))
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &identityModel{
		UserID:           types.StringValue(identity.UserID),
		Username:         types.StringValue(identity.Username),
		OrganizationID:   types.StringValue(identity.OrganizationID),
		OrganizationName: types.StringValue(identity.OrganizationName),
		IsSandbox:        types.BoolValue(identity.IsSandbox),
		InstanceURL:      types.StringValue(identity.InstanceURL),
	})...)
}
