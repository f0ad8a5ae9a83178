package provider

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// variablesRead returns the environment variables that the provider reads.
func variablesRead(config providerModel) (variables []string) {
	var diags diag.Diagnostics
	resolve(config, func(name string) string {
		variables = append(variables, name)
		return ""
	}, &diags)
	slices.Sort(variables)
	return variables
}

// The table of environment variables lists each that the provider reads, beside
// the attribute that takes precedence over it.
func TestDocumentedEnvironment(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../templates/index.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	all := variablesRead(providerModel{})
	var documented []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| `(SALESFORCE_\\w+)` \\|$").FindAllSubmatch(page, -1) {
		attribute, variable := string(row[1]), string(row[2])
		documented = append(documented, variable)
		var config providerModel
		fields := reflect.ValueOf(&config).Elem()
		for i := range fields.NumField() {
			if fields.Type().Field(i).Tag.Get("tfsdk") == attribute {
				fields.Field(i).Set(reflect.ValueOf(types.StringValue("x")))
			}
		}
		without := slices.DeleteFunc(slices.Clone(all), func(v string) bool { return v == variable })
		if read := variablesRead(config); !slices.Equal(read, without) {
			t.Errorf("%s does not take precedence over %s: with it, the provider reads %q", attribute, variable, read)
		}
	}
	slices.Sort(documented)
	if !slices.Equal(documented, all) {
		t.Errorf("the page lists %q; the provider reads %q", documented, all)
	}
}
