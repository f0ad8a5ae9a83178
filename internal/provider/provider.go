// Package provider is everything that knows Terraform.
package provider

import (
	"context"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	_ provider.Provider                   = (*salesforceProvider)(nil)
	_ provider.ProviderWithValidateConfig = (*salesforceProvider)(nil)
)

// New returns a constructor of the provider in the given version.
func New(version string) func() provider.Provider {
	return func() provider.Provider {
		return &salesforceProvider{version: version, getenv: os.Getenv}
	}
}

type salesforceProvider struct {
	version string
	getenv  func(string) string
}

func (p *salesforceProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "salesforce"
	resp.Version = p.version
}

func (p *salesforceProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Revokes Salesforce OAuth tokens, so that the life of a token follows an infrastructure plan. " +
			"Revoking needs no credentials: whoever holds a token may end it.",
		Attributes: map[string]schema.Attribute{
			"instance_url": schema.StringAttribute{
				MarkdownDescription: "Scheme and host of the org that issued the tokens, such as `https://example.my.salesforce.com`. " +
					"The host matters: a login host may leave a sandbox's token alive. `http` is accepted for loopback hosts only. " +
					"Defaults to `https://login.salesforce.com`. Environment variable: `SALESFORCE_INSTANCE_URL`.",
				Optional: true,
			},
			"site": schema.StringAttribute{
				MarkdownDescription: "Path prefix of an Experience Cloud site, such as `/partners`, where the tokens were issued there. " +
					"Slashes at the ends make no difference. Defaults to none. Environment variable: `SALESFORCE_SITE`.",
				Optional: true,
			},
			"max_retries": schema.Int64Attribute{
				MarkdownDescription: "How often a request is sent again after a broken connection, a time-out or an answer of 420, 429, 500, 502, 503 or 504. " +
					"Waits double each time, and a `Retry-After` of the org is honoured. `0` sends each request once. Defaults to `4`.",
				Optional:   true,
				Validators: []validator.Int64{int64validator.Between(0, 100)},
			},
			"request_timeout": schema.StringAttribute{
				MarkdownDescription: "How long one attempt of a request may take, as a [Go duration](https://pkg.go.dev/time#ParseDuration) such as `10s`. " +
					"The `timeouts` of a resource bound all attempts together. Defaults to `30s`.",
				Optional: true,
			},
			"ca_cert_pem": schema.StringAttribute{
				MarkdownDescription: "PEM certificates to trust besides the system's, such as those of a proxy that inspects TLS. " +
					"Environment variable: `SALESFORCE_CA_CERT_PEM`.",
				Optional: true,
			},
		},
	}
}

type providerModel struct {
	InstanceURL    types.String `tfsdk:"instance_url"`
	Site           types.String `tfsdk:"site"`
	MaxRetries     types.Int64  `tfsdk:"max_retries"`
	RequestTimeout types.String `tfsdk:"request_timeout"`
	CACertPEM      types.String `tfsdk:"ca_cert_pem"`
}

// ValidateConfig refuses bad values before a plan is made, wherever they come from.
func (p *salesforceProvider) ValidateConfig(ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse) {
	var config providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resolve(config, p.getenv, &resp.Diagnostics)
}

// Configure hands the settings to all that needs them. While a value is
// unknown, which happens in plans only, they go without: nothing is sent then.
func (p *salesforceProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var config providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	data := resolve(config, p.getenv, &resp.Diagnostics)
	if data == nil {
		return
	}
	data.client.UserAgent = fmt.Sprintf("Terraform/%s (+https://www.terraform.io) terraform-provider-salesforce/%s", req.TerraformVersion, p.version)
	resp.ResourceData = data
}

func (p *salesforceProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{newTokenRevocationResource}
}

func (p *salesforceProvider) DataSources(context.Context) []func() datasource.DataSource {
	return nil
}
