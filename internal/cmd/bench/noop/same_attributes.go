package main

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// computed are the computed attributes of salesforce_token_revocation, with
// values as long as those of a token that waits for its destroy. An empty one
// stands for null.
var computed = map[string]string{
	"id":              strings.Repeat("0", 64),
	"token_sha256":    strings.Repeat("0", 64),
	"token_kind":      "access_token",
	"organization_id": "00D000000000000",
	"revocation_url":  "http://127.0.0.1:00000/services/oauth2/revoke",
	"status":          "active",
	"revoked_at":      "",
	"verified_at":     "",
}

// A sameAttributesResource does nothing either, with the attributes that
// salesforce_token_revocation has. What it needs more than the other one is what
// the engine and the SDK need for these.
type sameAttributesResource struct{ noopResource }

func (sameAttributesResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_token_revocation"
}

func (sameAttributesResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"token":            schema.StringAttribute{Optional: true, Sensitive: true},
		"token_wo":         schema.StringAttribute{Optional: true, Sensitive: true, WriteOnly: true},
		"token_wo_version": schema.Int64Attribute{Optional: true},
		"revoke_on":        schema.SetAttribute{ElementType: types.StringType, Optional: true, Computed: true},
		"triggers":         schema.MapAttribute{ElementType: types.StringType, Optional: true},
		"verify":           schema.BoolAttribute{Optional: true},
		"timeouts":         timeouts.Attributes(ctx, timeouts.Opts{Create: true, Delete: true}),
	}}
	for name := range computed {
		resp.Schema.Attributes[name] = schema.StringAttribute{
			Computed:      true,
			PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		}
	}
}

func (sameAttributesResource) Create(_ context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var attributes map[string]tftypes.Value
	if err := req.Plan.Raw.As(&attributes); err != nil {
		resp.Diagnostics.AddError("Plan Not Read", err.Error())
		return
	}
	for name, value := range computed {
		attributes[name] = tftypes.NewValue(tftypes.String, nil)
		if value != "" {
			attributes[name] = tftypes.NewValue(tftypes.String, value)
		}
	}
	resp.State.Raw = tftypes.NewValue(req.Plan.Raw.Type(), attributes)
}
