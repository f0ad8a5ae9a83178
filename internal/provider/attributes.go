package provider

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

// The elements of revoke_on.
const (
	revokeOnCreate  = "create"
	revokeOnDestroy = "destroy"
)

// revokeOnAttribute says when a resource revokes.
func revokeOnAttribute(change string) schema.SetAttribute {
	return schema.SetAttribute{
		MarkdownDescription: "When to revoke: at `create` (a replacement creates too), at `destroy` (a replacement destroys too), or both. " +
			change + " Defaults to `[\"create\", \"destroy\"]`.",
		ElementType: types.StringType,
		Optional:    true,
		Computed:    true,
		Default: setdefault.StaticValue(types.SetValueMust(types.StringType, []attr.Value{
			types.StringValue(revokeOnCreate), types.StringValue(revokeOnDestroy),
		})),
		Validators: []validator.Set{
			setvalidator.SizeAtLeast(1),
			setvalidator.ValueStringsAre(stringvalidator.OneOf(revokeOnCreate, revokeOnDestroy)),
		},
	}
}

func revokesOn(revokeOn types.Set, event string) bool {
	for _, element := range revokeOn.Elements() {
		if element.Equal(types.StringValue(event)) {
			return true
		}
	}
	return false
}

// timeoutsAttribute bounds create and delete, retries and waits included.
func timeoutsAttribute(ctx context.Context, standard time.Duration) schema.Attribute {
	description := func(operation string) string {
		return fmt.Sprintf("How long %s may take, as a duration such as `30s` or `5m`. Defaults to `%s`.", operation, strings.TrimSuffix(standard.String(), "0s"))
	}
	attribute, ok := timeouts.Attributes(ctx, timeouts.Opts{Create: true, Delete: true}).(schema.SingleNestedAttribute)
	if !ok {
		panic("the timeouts attribute is not nested any more")
	}
	attribute.MarkdownDescription = "How long operations may take, retries and waits included."
	for name, operation := range map[string]string{"create": "a creation", "delete": "a destroy"} {
		if nested, ok := attribute.Attributes[name].(schema.StringAttribute); ok {
			nested.Description, nested.MarkdownDescription = "", description(operation)
			attribute.Attributes[name] = nested
		}
	}
	return attribute
}

// tokenValidator refuses what cannot be a token, without quoting it.
type tokenValidator struct{}

func (tokenValidator) Description(context.Context) string {
	return "must be a token: not empty, and without white space"
}

func (v tokenValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (tokenValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := salesforce.CheckToken(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Token", fmt.Sprintf(
			"%s %s. A token that is read from a file often ends in a newline: trimspace(file(\"token.txt\")) takes it off.", req.Path, err))
	}
}
