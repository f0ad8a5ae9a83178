// Command providerschema prints the provider's schema as JSON, in the form of
// `terraform providers schema -json`, for tfplugindocs to make the docs from.
//
// It asks the provider itself rather than an engine, because an engine prints
// only the kinds of object that it knows: Terraform before 1.14 and OpenTofu
// leave actions out, and the docs must not depend on what is installed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/ledger"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/provider"
)

// address is where tfplugindocs looks for the schema; it knows no other namespace.
const address = "registry.terraform.io/hashicorp/salesforce"

func main() {
	server := provider.New("dev", new(ledger.Ledger))()
	resp, err := server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range resp.Diagnostics {
		log.Fatalf("%s: %s", d.Summary, d.Detail)
	}

	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", "  ")
	err = enc.Encode(map[string]any{
		"format_version": "1.0",
		"provider_schemas": map[string]any{
			address: map[string]any{
				"provider":                   newSchema(resp.Provider),
				"resource_schemas":           mapValues(resp.ResourceSchemas, newSchema),
				"data_source_schemas":        mapValues(resp.DataSourceSchemas, newSchema),
				"ephemeral_resource_schemas": mapValues(resp.EphemeralResourceSchemas, newSchema),
				"action_schemas": mapValues(resp.ActionSchemas, func(a *tfprotov6.ActionSchema) schema {
					return newSchema(a.Schema)
				}),
				"functions": mapValues(resp.Functions, newFunction),
			},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
}

type schema struct {
	Version int64  `json:"version"`
	Block   *block `json:"block"`
}

func newSchema(s *tfprotov6.Schema) schema {
	return schema{Version: s.Version, Block: newBlock(s.Block)}
}

type block struct {
	Attributes      map[string]attribute   `json:"attributes,omitempty"`
	BlockTypes      map[string]nestedBlock `json:"block_types,omitempty"`
	Description     string                 `json:"description,omitempty"`
	DescriptionKind string                 `json:"description_kind"`
	Deprecated      bool                   `json:"deprecated,omitempty"`
}

func newBlock(b *tfprotov6.SchemaBlock) *block {
	blocks := make(map[string]nestedBlock)
	for _, n := range b.BlockTypes {
		blocks[n.TypeName] = nestedBlock{newBlock(n.Block), name(n.Nesting), n.MinItems, n.MaxItems}
	}
	return &block{newAttributes(b.Attributes), blocks, b.Description, name(b.DescriptionKind), b.Deprecated}
}

type nestedBlock struct {
	Block       *block `json:"block"`
	NestingMode string `json:"nesting_mode"`
	MinItems    int64  `json:"min_items,omitempty"`
	MaxItems    int64  `json:"max_items,omitempty"`
}

type attribute struct {
	Type            tftypes.Type `json:"type,omitempty"`
	NestedType      *nestedType  `json:"nested_type,omitempty"`
	Description     string       `json:"description,omitempty"`
	DescriptionKind string       `json:"description_kind"`
	Deprecated      bool         `json:"deprecated,omitempty"`
	Required        bool         `json:"required,omitempty"`
	Optional        bool         `json:"optional,omitempty"`
	Computed        bool         `json:"computed,omitempty"`
	Sensitive       bool         `json:"sensitive,omitempty"`
	WriteOnly       bool         `json:"write_only,omitempty"`
}

type nestedType struct {
	Attributes  map[string]attribute `json:"attributes"`
	NestingMode string               `json:"nesting_mode"`
}

func newAttributes(as []*tfprotov6.SchemaAttribute) map[string]attribute {
	attributes := make(map[string]attribute)
	for _, a := range as {
		var nested *nestedType
		if a.NestedType != nil {
			nested = &nestedType{newAttributes(a.NestedType.Attributes), name(a.NestedType.Nesting)}
		}
		attributes[a.Name] = attribute{
			Type:            a.Type,
			NestedType:      nested,
			Description:     a.Description,
			DescriptionKind: name(a.DescriptionKind),
			Deprecated:      a.Deprecated,
			Required:        a.Required,
			Optional:        a.Optional,
			Computed:        a.Computed,
			Sensitive:       a.Sensitive,
			WriteOnly:       a.WriteOnly,
		}
	}
	return attributes
}

type function struct {
	Description        string       `json:"description,omitempty"`
	Summary            string       `json:"summary,omitempty"`
	DeprecationMessage string       `json:"deprecation_message,omitempty"`
	ReturnType         tftypes.Type `json:"return_type"`
	Parameters         []*parameter `json:"parameters,omitempty"`
	VariadicParameter  *parameter   `json:"variadic_parameter,omitempty"`
}

func newFunction(f *tfprotov6.Function) function {
	var parameters []*parameter
	for _, p := range f.Parameters {
		parameters = append(parameters, newParameter(p))
	}
	return function{f.Description, f.Summary, f.DeprecationMessage, f.Return.Type, parameters, newParameter(f.VariadicParameter)}
}

type parameter struct {
	Name        string       `json:"name"`
	Description string       `json:"description,omitempty"`
	IsNullable  bool         `json:"is_nullable,omitempty"`
	Type        tftypes.Type `json:"type"`
}

func newParameter(p *tfprotov6.FunctionParameter) *parameter {
	if p == nil {
		return nil
	}
	return &parameter{p.Name, p.Description, p.AllowNullValue, p.Type}
}

// name is a protocol enum's name as JSON has it: "single", "markdown".
func name(enum fmt.Stringer) string {
	return strings.ToLower(enum.String())
}

func mapValues[V, W any](m map[string]V, f func(V) W) map[string]W {
	mapped := make(map[string]W, len(m))
	for k, v := range m {
		mapped[k] = f(v)
	}
	return mapped
}
