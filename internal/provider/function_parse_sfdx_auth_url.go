package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

func newParseSFDXAuthURLFunction() function.Function { return parseSFDXAuthURLFunction{} }

type parseSFDXAuthURLFunction struct{}

func (parseSFDXAuthURLFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "parse_sfdx_auth_url"
}

func (parseSFDXAuthURLFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Parse an sfdx auth URL",
		MarkdownDescription: "Returns an object with `client_id`, `client_secret` (may be empty), `refresh_token` and `instance_url` " +
			"(with `https://`). It works offline.",
		Parameters: []function.Parameter{
			function.StringParameter{
				Name: "url",
				MarkdownDescription: "`force://clientId:clientSecret:refreshToken@host`, as `sf org auth show-sfdx-auth-url` prints it. " +
					"A sensitive URL makes the result sensitive. Whitespace at its ends is an error: `trimspace()` removes it.",
			},
		},
		Return: function.ObjectReturn{AttributeTypes: map[string]attr.Type{
			"client_id":     types.StringType,
			"client_secret": types.StringType,
			"refresh_token": types.StringType,
			"instance_url":  types.StringType,
		}},
	}
}

type parseSFDXAuthURLResult struct {
	ClientID     string `tfsdk:"client_id"`
	ClientSecret string `tfsdk:"client_secret"`
	RefreshToken string `tfsdk:"refresh_token"`
	InstanceURL  string `tfsdk:"instance_url"`
}

func (parseSFDXAuthURLFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var url string
	if resp.Error = req.Arguments.Get(ctx, &url); resp.Error != nil {
		return
	}
	parsed, err := salesforce.ParseSFDXAuthURL(url)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, "The URL "+err.Error()+".")
		return
	}
	resp.Error = resp.Result.Set(ctx, parseSFDXAuthURLResult{
		ClientID:     parsed.ClientID,
		ClientSecret: parsed.ClientSecret.Reveal(),
		RefreshToken: parsed.RefreshToken.Reveal(),
		InstanceURL:  parsed.InstanceURL,
	})
}
