package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

var _ action.ActionWithConfigure = (*revokeTokensAction)(nil)

func newRevokeTokensAction() action.Action { return &revokeTokensAction{} }

type revokeTokensAction struct{ actionBase }

func (a *revokeTokensAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_revoke_tokens"
}

func (a *revokeTokensAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Revokes tokens now, and stores nothing in the state. It does not require credentials.",
		Attributes: map[string]schema.Attribute{
			"tokens": schema.SetAttribute{
				MarkdownDescription: "The access, refresh or delete tokens to revoke. Sensitive values are accepted and never shown. " +
					"This is a plain attribute, because an action cannot have write-only attributes: it does not accept ephemeral values, and a saved plan may contain the tokens.",
				ElementType: types.StringType,
				Required:    true,
				Validators:  []validator.Set{setvalidator.NoNullValues(), tokenValidator{}},
			},
		},
	}
}

type revokeTokensModel struct {
	Tokens types.Set `tfsdk:"tokens"`
}

func (a *revokeTokensAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var config revokeTokensModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if a.provider == nil {
		resp.Diagnostics.Append(errNotConfigured)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()

	elements := config.Tokens.Elements()
	tokens := a.provider.newTokenSweep(a.provider.revocationURL, len(elements))
	say := func(progress string) { resp.SendProgress(action.InvokeProgressEvent{Message: progress}) }
	say("Revoking: " + tokens.Progress())
	stop := tokens.Report(func(progress string) { say("Revoking: " + progress) })
	_, err := tokens.Run(ctx, func(yield func(sweptToken, error) bool) {
		for _, element := range elements {
			if token, ok := element.(types.String); ok && !yield(sweptToken{Secret: salesforce.NewSecret(token.ValueString())}, nil) {
				return
			}
		}
	})
	stop()

	resp.Diagnostics.Append(a.provider.auditWarnings()...)
	account := tokens.Account()
	say("Done: " + tokens.Progress())
	if err != nil || account.Left() > 0 {
		resp.Diagnostics.Append(tokens.failure(err, atInvoke))
	}
	if account.AlreadyEnded > 0 {
		resp.Diagnostics.Append(someInvalid(account.AlreadyEnded, tokens.revocationURL))
	}
}
