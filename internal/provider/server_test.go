package provider

import (
	"context"
	"runtime"
	"testing"
	"weak"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/ledger"
)

// A call that has returned leaves nothing of its context behind, however many
// resources there are.
func TestServerForgetsCalls(t *testing.T) {
	t.Parallel()
	const name = "salesforce_token_revocation"
	server := New("test", new(ledger.Ledger))()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	schema := schemas.ResourceSchemas[name]
	object := dynamicValue(t, schema, nil)
	null, err := tfprotov6.NewDynamicValue(schema.ValueType(), tftypes.NewValue(schema.ValueType(), nil))
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]func(context.Context) error{
		"ValidateResourceConfig": func(ctx context.Context) error {
			_, err := server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: name, Config: object})
			return err
		},
		"UpgradeResourceState": func(ctx context.Context) error {
			_, err := server.UpgradeResourceState(ctx, &tfprotov6.UpgradeResourceStateRequest{TypeName: name, RawState: &tfprotov6.RawState{JSON: []byte("{}")}})
			return err
		},
		"ReadResource": func(ctx context.Context) error {
			_, err := server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{TypeName: name, CurrentState: object})
			return err
		},
		"PlanResourceChange": func(ctx context.Context) error {
			_, err := server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{TypeName: name, PriorState: &null, ProposedNewState: object, Config: object})
			return err
		},
		"ApplyResourceChange": func(ctx context.Context) error {
			_, err := server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{TypeName: name, PriorState: &null, PlannedState: object, Config: object})
			return err
		},
	}
	for method, call := range calls {
		kept := weak.Make(callWithValue(t, method, call))
		runtime.GC()
		if kept.Value() != nil {
			t.Errorf("%s keeps its context", method)
		}
	}
	runtime.KeepAlive(server)
}

// callWithValue makes a call whose context has a value, and returns that.
func callWithValue(t *testing.T, method string, call func(context.Context) error) *[1 << 10]byte {
	t.Helper()
	type key struct{}
	value := new([1 << 10]byte)
	if err := call(context.WithValue(t.Context(), key{}, value)); err != nil {
		t.Errorf("%s: %v", method, err)
	}
	return value
}

// A context is the call's own while the call lasts.
func TestServerLendsContext(t *testing.T) {
	t.Parallel()
	type key struct{}
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
	var lent context.Context
	_, err := call(ctx, "request", func(ctx context.Context, request string) (string, error) {
		lent = ctx
		if got := ctx.Value(key{}); got != "value" || ctx.Err() != nil {
			t.Errorf("the value is %v, the error %v", got, ctx.Err())
		}
		cancel()
		<-ctx.Done()
		return "", ctx.Err()
	})
	if err != context.Canceled { //nolint:errorlint // It is handed through.
		t.Errorf("the error is %v", err)
	}
	if got := lent.Value(key{}); got != nil || lent.Err() == nil {
		t.Errorf("after the call the value is %v, the error %v", got, lent.Err())
	}
}
