// Package provider is everything that knows Terraform.
package provider

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/ledger"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

var (
	_ provider.Provider                       = (*salesforceProvider)(nil)
	_ provider.ProviderWithValidateConfig     = (*salesforceProvider)(nil)
	_ provider.ProviderWithEphemeralResources = (*salesforceProvider)(nil)
	_ provider.ProviderWithFunctions          = (*salesforceProvider)(nil)
	_ provider.ProviderWithActions            = (*salesforceProvider)(nil)
)

// New returns a constructor of a server of the provider in the given version. The
// tokens that it mints are entered in tokens, which is to be emptied in the end.
func New(version string, tokens *ledger.Ledger) func() tfprotov6.ProviderServer {
	refused := refuseProtocolFiles()
	return func() tfprotov6.ProviderServer {
		return newServer(&salesforceProvider{version: version, ledger: tokens, getenv: os.Getenv, refusedProtocolFiles: refused})
	}
}

type salesforceProvider struct {
	version string
	ledger  *ledger.Ledger
	getenv  func(string) string

	refusedProtocolFiles bool // there is something to warn of
}

// protocolFiles is the environment variable that has the SDK write the messages
// of the plugin protocol to files, as they are, before a server is made.
const protocolFiles = "TF_LOG_SDK_PROTO_DATA_DIR"

// logLevel is the environment variable that the level of the provider's own logs
// comes from. Unset, all are made, and the engine chooses.
const logLevel = "TF_LOG_PROVIDER_SALESFORCE"

// refuseProtocolFiles keeps the SDK from writing such files, and reports whether
// somebody asked for them: they would hold every secret in the clear, write-only
// values included.
func refuseProtocolFiles() bool {
	asked := os.Getenv(protocolFiles) != ""
	if asked {
		_ = os.Unsetenv(protocolFiles) // This name cannot be refused.
	}
	return asked
}

func (p *salesforceProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "salesforce"
	resp.Version = p.version
}

func (p *salesforceProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Revokes Salesforce OAuth tokens as part of an infrastructure plan, so that no token stays valid longer than it is needed. " +
			"Revoking does not require credentials: whoever has a token may revoke it.",
		Attributes: map[string]schema.Attribute{
			"instance_url": schema.StringAttribute{
				MarkdownDescription: "Scheme and host of the org that issued the tokens, such as `https://example.my.salesforce.com`. " +
					"The host matters: a login host may not revoke a sandbox's token. `http` is accepted for loopback hosts only. " +
					"Defaults to `https://login.salesforce.com`. Environment variable: `SALESFORCE_INSTANCE_URL`.",
				Optional: true,
			},
			"site": schema.StringAttribute{
				MarkdownDescription: "Path prefix of an Experience Cloud site, such as `/partners`, if the tokens were issued there. " +
					"Leading and trailing slashes are optional. Defaults to none. Environment variable: `SALESFORCE_SITE`.",
				Optional: true,
			},
			"client_id": schema.StringAttribute{
				MarkdownDescription: "Consumer key of the app to sign in with, together with `client_secret`, with `username` and `private_key`, or with `refresh_token`. " +
					"Only objects that require a session sign in; revoking does not. Environment variable: `SALESFORCE_CLIENT_ID`.",
				Optional: true,
			},
			"client_secret": schema.StringAttribute{
				MarkdownDescription: "Consumer secret of the app. With `client_id` alone it signs in through the client credentials flow, " +
					"which requires the org's own My Domain as `instance_url` and a run-as user for the app. Environment variable: `SALESFORCE_CLIENT_SECRET`.",
				Optional:  true,
				Sensitive: true,
			},
			"username": schema.StringAttribute{
				MarkdownDescription: "User to sign in as through the JWT bearer flow, with `client_id` and `private_key`. " +
					"The user must be pre-authorized for the app. Environment variable: `SALESFORCE_USERNAME`.",
				Optional: true,
			},
			"private_key": schema.StringAttribute{
				MarkdownDescription: "RSA private key in PEM form (PKCS#1 or PKCS#8, without a passphrase) that belongs to the app's certificate, " +
					"for the JWT bearer flow. Environment variable: `SALESFORCE_PRIVATE_KEY`.",
				Optional:  true,
				Sensitive: true,
			},
			"refresh_token": schema.StringAttribute{
				MarkdownDescription: "Refresh token to sign in with, with the `client_id` (and `client_secret`, if it has one) of its app. " +
					"An app that rotates refresh tokens cannot be used this way. Environment variable: `SALESFORCE_REFRESH_TOKEN`.",
				Optional:  true,
				Sensitive: true,
			},
			"sfdx_auth_url": schema.StringAttribute{
				MarkdownDescription: "`force://clientId:clientSecret:refreshToken@host`, as `sf org auth show-sfdx-auth-url` prints it: " +
					"all values of the refresh token flow, and the `instance_url`, which must then be left out. Environment variable: `SALESFORCE_SFDX_AUTH_URL`.",
				Optional:  true,
				Sensitive: true,
			},
			"access_token": schema.StringAttribute{
				MarkdownDescription: "A ready session to query with, instead of signing in. The provider never revokes it on its own. " +
					"Environment variable: `SALESFORCE_ACCESS_TOKEN`.",
				Optional:  true,
				Sensitive: true,
			},
			"seal_recipient": schema.StringAttribute{
				MarkdownDescription: "[age](https://age-encryption.org) recipients to seal write-only tokens to, so that a destroy can revoke them: `age1…`, or post-quantum `age1pq1…`. " +
					"Separate several with whitespace or commas; the identity of any one of them opens the seal. Lines that start with `#` are comments. Recipients are public. " +
					"Required where a `token_wo` with `destroy` in `revoke_on` is created. Environment variable: `SALESFORCE_SEAL_RECIPIENT`.",
				Optional: true,
			},
			"seal_identity": schema.StringAttribute{
				MarkdownDescription: "age identities that open sealed tokens: the content of a file that `age-keygen` made, or several of them together. " +
					"Required only where a sealed token is destroyed or replaced. Preferably set it from an ephemeral value or the environment. Environment variable: `SALESFORCE_SEAL_IDENTITY`.",
				Optional:  true,
				Sensitive: true,
			},
			"max_retries": schema.Int64Attribute{
				MarkdownDescription: "How often a request is sent again after a broken connection, a timeout, or an answer of 420, 429, 500, 502, 503 or 504. " +
					"The wait doubles each time, and the org's `Retry-After` is honored. `0` sends each request once. Defaults to `4`.",
				Optional:   true,
				Validators: []validator.Int64{int64validator.Between(0, 100)},
			},
			"request_timeout": schema.StringAttribute{
				MarkdownDescription: "How long one attempt of a request may take, as a [Go duration](https://pkg.go.dev/time#ParseDuration) such as `10s`. " +
					"The `timeouts` of a resource bound all attempts together. Defaults to `30s`.",
				Optional: true,
			},
			"max_concurrency": schema.Int64Attribute{
				MarkdownDescription: "How many requests are in flight at most for work on many tokens or sessions: `salesforce_app_token_revocation`, `salesforce_session_revocation`, " +
					"`salesforce_revoke_tokens` and the data sources, all of a run together. Defaults to `16`.",
				Optional:   true,
				Validators: []validator.Int64{int64validator.Between(1, 256)},
			},
			"api_version": schema.StringAttribute{
				MarkdownDescription: "Version of the REST API to query with, such as `62.0` or `v62.0`; an org supports its own version and older ones, except for 21.0 to 30.0, which are retired, and 31.0 to 40.0, which retire in Summer '28. " +
					"Defaults to `" + strings.TrimPrefix(salesforce.DefaultAPIVersion, "v") + "`. Environment variable: `SALESFORCE_API_VERSION`.",
				Optional: true,
			},
			"allowed_organization_ids": schema.SetAttribute{
				MarkdownDescription: "IDs, 15 or 18 characters long, of the organizations that the provider may work on. " +
					"Signing in to any other is an error, and the session is revoked. So is an opaque access token of another organization: nothing is sent for it. " +
					"This guards a destroy as well, which preconditions do not. Defaults to all organizations.",
				ElementType: types.StringType,
				Optional:    true,
				Validators: []validator.Set{
					setvalidator.SizeAtLeast(1),
					setvalidator.NoNullValues(),
					setvalidator.ValueStringsAre(stringvalidator.RegexMatches(regexp.MustCompile(`^00D[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$`),
						"must be the ID of an organization: 00D and 12 or 15 more letters and digits")),
				},
			},
			"audit_file": schema.StringAttribute{
				MarkdownDescription: "File to which one line of JSON is appended for each token or session that the provider tried to end: `time`, `kind`, `sha256` or `session_id`, `host`, and `outcome` " +
					"(`revoked`, `already_invalid` or `failed`). It holds no secret. Several runs may share it. It is created with the permissions `0600`. " +
					"If it cannot be written, nothing is sent, except to revoke sessions that the provider itself has opened. Environment variable: `SALESFORCE_AUDIT_FILE`.",
				Optional: true,
			},
			"ca_cert_pem": schema.StringAttribute{
				MarkdownDescription: "PEM certificates to trust in addition to the system's, such as those of a proxy that inspects TLS. " +
					"Environment variable: `SALESFORCE_CA_CERT_PEM`.",
				Optional: true,
			},
		},
	}
}

type providerModel struct {
	InstanceURL    types.String `tfsdk:"instance_url"`
	Site           types.String `tfsdk:"site"`
	ClientID       types.String `tfsdk:"client_id"`
	ClientSecret   types.String `tfsdk:"client_secret"`
	Username       types.String `tfsdk:"username"`
	PrivateKey     types.String `tfsdk:"private_key"`
	RefreshToken   types.String `tfsdk:"refresh_token"`
	SFDXAuthURL    types.String `tfsdk:"sfdx_auth_url"`
	AccessToken    types.String `tfsdk:"access_token"`
	SealRecipient  types.String `tfsdk:"seal_recipient"`
	SealIdentity   types.String `tfsdk:"seal_identity"`
	MaxRetries     types.Int64  `tfsdk:"max_retries"`
	RequestTimeout types.String `tfsdk:"request_timeout"`
	MaxConcurrency types.Int64  `tfsdk:"max_concurrency"`
	APIVersion     types.String `tfsdk:"api_version"`
	CACertPEM      types.String `tfsdk:"ca_cert_pem"`

	AllowedOrganizationIDs types.Set    `tfsdk:"allowed_organization_ids"`
	AuditFile              types.String `tfsdk:"audit_file"`
}

// ValidateConfig refuses bad values before a plan is made, wherever they come from.
func (p *salesforceProvider) ValidateConfig(ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse) {
	var config providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	validate(config, p.getenv, &resp.Diagnostics)
}

// Configure hands the settings to all that needs them. While a value is
// unknown, which happens in plans only, they go without: nothing is sent then.
//
// From now on there may be tokens to revoke. When Terraform is gone, nobody reads
// what the provider writes any more, and SIGPIPE would end it with the first line
// of its log. Before, that is right: a provider that nobody waits for is to end.
func (p *salesforceProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	signal.Ignore(syscall.SIGPIPE)
	var config providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if p.refusedProtocolFiles {
		resp.Diagnostics.Append(protocolFilesRefused)
	}
	data := resolve(config, p.getenv, &resp.Diagnostics)
	if data == nil {
		return
	}
	userAgent := fmt.Sprintf("Terraform/%s (+https://www.terraform.io) terraform-provider-salesforce/%s", req.TerraformVersion, p.version)
	data.client.UserAgent, data.bulk.UserAgent, data.last.UserAgent = userAgent, userAgent, userAgent
	data.ledger = p.ledger
	if strings.EqualFold(p.getenv(logLevel), "off") {
		data.silent = true
		data.client.OnAttempt, data.bulk.OnAttempt, data.last.OnAttempt = nil, nil, nil
	}
	resp.ResourceData = data
	resp.DataSourceData = data
	resp.EphemeralResourceData = data
	resp.ActionData = data
}

func (p *salesforceProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{newTokenRevocationResource, newAppTokenRevocationResource, newSessionRevocationResource}
}

func (p *salesforceProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{newOauthTokensDataSource, newSessionsDataSource, newIdentityDataSource}
}

func (p *salesforceProvider) Actions(context.Context) []func() action.Action {
	return []func() action.Action{newRevokeTokensAction}
}

func (p *salesforceProvider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{newAccessTokenEphemeralResource}
}

func (p *salesforceProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{newInspectTokenFunction, newParseSFDXAuthURLFunction}
}
