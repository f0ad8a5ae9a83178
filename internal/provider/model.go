package provider

import (
	"context"
	"fmt"
	"reflect"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// A modelMapping reads and writes a model of which there may be hundreds in a
// run, as Get and Set of the framework do. Those find out each time which field
// belongs to which attribute, and compile a regular expression for each: a third
// of what the provider allocated. T is a struct whose fields are of types that
// implement attr.Value, with tags as the framework wants them. The zero value is
// ready, for one schema.
type modelMapping[T any] struct {
	once   sync.Once
	object tftypes.Type
	fields []modelField
}

type modelField struct {
	attribute string
	index     int
	valueType attr.Type
}

// A modelSchema is the schema of a configuration, plan or state.
type modelSchema interface{ Type() attr.Type }

// learn finds out once what belongs together. It panics if a field has no
// attribute or the other way round, which no user's input can bring about.
func (m *modelMapping[T]) learn(ctx context.Context, schema modelSchema) {
	m.once.Do(func() {
		object, ok := schema.Type().(attr.TypeWithAttributeTypes)
		if !ok {
			panic(fmt.Sprintf("the schema is of type %s", schema.Type()))
		}
		m.object = object.TerraformType(ctx)
		types := object.AttributeTypes()
		for i, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
			attribute := field.Tag.Get("tfsdk")
			if types[attribute] == nil {
				panic(fmt.Sprintf("no attribute belongs to %s", field.Name))
			}
			m.fields = append(m.fields, modelField{attribute, i, types[attribute]})
		}
		if len(m.fields) != len(types) {
			panic(fmt.Sprintf("%d fields for %d attributes", len(m.fields), len(types)))
		}
	})
}

// read puts the values of an object, which is neither null nor unknown, into a
// model.
func (m *modelMapping[T]) read(ctx context.Context, raw tftypes.Value, schema modelSchema, model *T) (diags diag.Diagnostics) {
	m.learn(ctx, schema)
	var object map[string]tftypes.Value
	if err := raw.As(&object); err != nil {
		diags.Append(modelError("the object", err))
		return diags
	}
	fields := reflect.ValueOf(model).Elem()
	for _, field := range m.fields {
		value, err := field.valueType.ValueFromTerraform(ctx, object[field.attribute])
		if err != nil {
			diags.Append(modelError(field.attribute, err))
			return diags
		}
		fields.Field(field.index).Set(reflect.ValueOf(value))
	}
	return diags
}

// write puts a model that was read into an object.
func (m *modelMapping[T]) write(ctx context.Context, raw *tftypes.Value, schema modelSchema, model *T) (diags diag.Diagnostics) {
	m.learn(ctx, schema)
	object := make(map[string]tftypes.Value, len(m.fields))
	fields := reflect.ValueOf(model).Elem()
	for _, field := range m.fields {
		value, ok := fields.Field(field.index).Interface().(attr.Value)
		if !ok {
			panic(fmt.Sprintf("%s is no attr.Value", field.attribute))
		}
		var err error
		if object[field.attribute], err = value.ToTerraformValue(ctx); err != nil {
			diags.Append(modelError(field.attribute, err))
			return diags
		}
	}
	*raw = tftypes.NewValue(m.object, object)
	return diags
}

// modelError is a bug. The text of the error may hold a value, so only its type
// is shown.
func modelError(attribute string, err error) diag.Diagnostic {
	return valueNotConverted.with(values{"attribute": attribute, "type": fmt.Sprintf("%T", err)})
}
