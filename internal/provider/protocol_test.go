package provider

import (
	"context"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/ledger"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// A creation that cannot seal the token stores nothing, although today's
// engines plan once more before it, and are refused then.
func TestCreateWithoutSeal(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewServer(salesforcetest.NewOrg(salesforcetest.Config{}))
	t.Cleanup(org.Close)
	server := New("test", new(ledger.Ledger))()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		Config: dynamicValue(t, schemas.Provider, map[string]any{"instance_url": org.URL}),
	})
	if err != nil || len(configured.Diagnostics) != 0 {
		t.Fatal(err, configured.Diagnostics)
	}

	const name = "salesforce_token_revocation"
	schema := schemas.ResourceSchemas[name]
	set := tftypes.Set{ElementType: tftypes.String}
	onDestroy := tftypes.NewValue(set, []tftypes.Value{tftypes.NewValue(tftypes.String, "destroy")})
	access := org.Org.IssueAccessToken()
	null, err := tfprotov6.NewDynamicValue(schema.ValueType(), tftypes.NewValue(schema.ValueType(), nil))
	if err != nil {
		t.Fatal(err)
	}
	applied, err := server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName:     name,
		PriorState:   &null,
		PlannedState: dynamicValue(t, schema, map[string]any{"revoke_on": onDestroy}),
		Config:       dynamicValue(t, schema, map[string]any{"revoke_on": onDestroy, "token_wo": access}),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(applied.Diagnostics) != 1 || !strings.HasSuffix(applied.Diagnostics[0].Summary, " Not Sealed") {
		t.Errorf("the diagnostics are %v", applied.Diagnostics)
	}
	if stored, err := applied.NewState.Unmarshal(schema.ValueType()); err != nil || !stored.IsNull() {
		t.Errorf("the new state is %v, %v", stored, err)
	}
	if n := len(org.Org.Requests()); n != 0 || !org.Org.Alive(access) {
		t.Errorf("the org has received %d requests; want none", n)
	}
}

// An engine may plan with an unknown token, and apply with one that is revoked
// at the end of the run: it is not stored as one that waits for a destroy.
func TestArmRefusesTokenOfTheLedger(t *testing.T) {
	t.Parallel()
	_, data := slowOrg()
	err := data.ledger.Mint(t.Context(), func(context.Context) (ledger.Token, error) {
		return ledger.Token{ID: salesforce.InspectToken("minted").SHA256, Revoke: func(context.Context) error { return nil }}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for token, refused := range map[string]bool{"minted": true, "another": false} {
		plan := tokenRevocationModel{Token: types.StringValue(token), Status: types.StringValue(statusActive)}
		plan.describe(salesforce.InspectToken(token))
		if diags := data.arm(t.Context(), nil, &plan, token); diags.HasError() != refused {
			t.Errorf("%s: %v", token, diags)
		}
	}
}

// dynamicValue is an object of a schema with the given attributes, strings or
// tftypes.Values; the others are null.
func dynamicValue(t *testing.T, schema *tfprotov6.Schema, attributes map[string]any) *tfprotov6.DynamicValue {
	t.Helper()
	values := make(map[string]tftypes.Value)
	for _, attribute := range schema.Block.Attributes {
		switch value := attributes[attribute.Name].(type) {
		case tftypes.Value:
			values[attribute.Name] = value
		default:
			values[attribute.Name] = tftypes.NewValue(attribute.ValueType(), value)
		}
	}
	value, err := tfprotov6.NewDynamicValue(schema.ValueType(), tftypes.NewValue(schema.ValueType(), values))
	if err != nil {
		t.Fatal(err)
	}
	return &value
}
