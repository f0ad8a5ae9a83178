package provider

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/ledger"
)

// Every attribute answers a user's question, in Markdown.
func TestDescriptions(t *testing.T) {
	t.Parallel()
	server := New("test", new(ledger.Ledger))()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	check := func(name string, schema *tfprotov6.Schema) {
		if schema.Block.Description == "" {
			t.Errorf("%s has no description", name)
		}
		checkDescriptions(t, name, schema.Block.Attributes)
	}
	check("provider", schemas.Provider)
	for name, schema := range schemas.ResourceSchemas {
		check(name, schema)
	}
	for name, schema := range schemas.DataSourceSchemas {
		check(name, schema)
	}
	for name, schema := range schemas.EphemeralResourceSchemas {
		check(name, schema)
	}
	for name, schema := range schemas.ActionSchemas {
		check(name, schema.Schema)
	}
}

func checkDescriptions(t *testing.T, parent string, attributes []*tfprotov6.SchemaAttribute) {
	t.Helper()
	for _, attribute := range attributes {
		name := parent + "." + attribute.Name
		if attribute.Description == "" || attribute.DescriptionKind != tfprotov6.StringKindMarkdown {
			t.Errorf("%s has no description in Markdown", name)
		}
		if attribute.NestedType != nil {
			checkDescriptions(t, name, attribute.NestedType.Attributes)
		}
	}
}
