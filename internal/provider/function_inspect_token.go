package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

func newInspectTokenFunction() function.Function { return inspectTokenFunction{} }

type inspectTokenFunction struct{}

func (inspectTokenFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "inspect_token"
}

func (inspectTokenFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Inspect the form of a token",
		MarkdownDescription: "Returns an object with `kind` (`access_token`, `jwt_access_token`, `refresh_token` or `unknown`), " +
			"`organization_id` (from an opaque access token, else null) and `sha256` (in hexadecimal). It works offline and does not check whether the token is valid.",
		Parameters: []function.Parameter{
			function.StringParameter{
				Name:                "token",
				MarkdownDescription: "The token. A sensitive token makes the result sensitive; `nonsensitive()` reveals its parts.",
			},
		},
		Return: function.ObjectReturn{AttributeTypes: map[string]attr.Type{
			"kind":            types.StringType,
			"organization_id": types.StringType,
			"sha256":          types.StringType,
		}},
	}
}

type inspectTokenResult struct {
	Kind           string  `tfsdk:"kind"`
	OrganizationID *string `tfsdk:"organization_id"`
	SHA256         string  `tfsdk:"sha256"`
}

func (inspectTokenFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var token string
	if resp.Error = req.Arguments.Get(ctx, &token); resp.Error != nil {
		return
	}
	info := salesforce.InspectToken(token)
	result := inspectTokenResult{Kind: string(info.Kind), SHA256: info.SHA256}
	if info.OrganizationID != "" {
		result.OrganizationID = &info.OrganizationID
	}
	resp.Error = resp.Result.Set(ctx, result)
}
