package provider_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

const (
	sampleToken       = "00D5g000004fLlm!AQEAQPx.hVb1_0k9"
	sampleSHA256      = "87125dd4862ea6aac553b86c67e655248b0b87a1e5c679c8019ae27301edca95"
	sampleSFDXAuthURL = "force://PlatformCLI::5Aep861TSESvWeug==@example.my.salesforce.com"
)

func testOutput(t *testing.T, expression string, want knownvalue.Check) {
	t.Helper()
	testSteps(t, resource.TestStep{
		Config:            fmt.Sprintf("output \"test\" { value = %s }\n", expression),
		ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("test", want)},
	})
}

func TestInspectTokenFunction(t *testing.T) {
	t.Parallel()
	testOutput(t, fmt.Sprintf("provider::salesforce::inspect_token(%q)", sampleToken), knownvalue.ObjectExact(map[string]knownvalue.Check{
		"kind":            knownvalue.StringExact("access_token"),
		"organization_id": knownvalue.StringExact("00D5g000004fLlm"),
		"sha256":          knownvalue.StringExact(sampleSHA256),
	}))
	testOutput(t, `provider::salesforce::inspect_token("not a token")`, knownvalue.ObjectPartial(map[string]knownvalue.Check{
		"kind":            knownvalue.StringExact("unknown"),
		"organization_id": knownvalue.Null(),
	}))
}

func TestParseSFDXAuthURLFunction(t *testing.T) {
	t.Parallel()
	testOutput(t, fmt.Sprintf("provider::salesforce::parse_sfdx_auth_url(%q)", sampleSFDXAuthURL), knownvalue.ObjectExact(map[string]knownvalue.Check{
		"client_id":     knownvalue.StringExact("PlatformCLI"),
		"client_secret": knownvalue.StringExact(""),
		"refresh_token": knownvalue.StringExact("5Aep861TSESvWeug=="),
		"instance_url":  knownvalue.StringExact("https://example.my.salesforce.com"),
	}))
}

func TestFunctionErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ config, says string }{
		"no sfdx auth URL": {`output "test" { value = provider::salesforce::parse_sfdx_auth_url("force://hunter2") }`, `is\s+not\s+of\s+the\s+form\s+force://clientId`},
		"null URL":         {`output "test" { value = provider::salesforce::parse_sfdx_auth_url(null) }`, `must\s+not\s+be\s+null`},
		"null token":       {`output "test" { value = provider::salesforce::inspect_token(null) }`, `must\s+not\s+be\s+null`},
		"sensitive URL": {
			fmt.Sprintf("output \"test\" { value = provider::salesforce::parse_sfdx_auth_url(sensitive(%q)).refresh_token }", sampleSFDXAuthURL),
			`Output\s+refers\s+to\s+sensitive\s+values`,
		},
		"sensitive token": {
			fmt.Sprintf("output \"test\" { value = provider::salesforce::inspect_token(sensitive(%q)).sha256 }", sampleToken),
			`Output\s+refers\s+to\s+sensitive\s+values`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testSteps(t, resource.TestStep{Config: test.config, PlanOnly: true, ExpectError: regexp.MustCompile(test.says)})
		})
	}
}

func TestFunctionsOfUnknown(t *testing.T) {
	t.Parallel()
	testSteps(t, resource.TestStep{
		Config: fmt.Sprintf(`
resource "terraform_data" "test" { input = [%q, %q] }
output "token" { value = provider::salesforce::inspect_token(terraform_data.test.output[0]).kind }
output "url" { value = provider::salesforce::parse_sfdx_auth_url(terraform_data.test.output[1]).client_id }
`, sampleToken, sampleSFDXAuthURL),
		ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
			plancheck.ExpectUnknownOutputValue("token"), plancheck.ExpectUnknownOutputValue("url"),
		}},
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownOutputValue("token", knownvalue.StringExact("access_token")),
			statecheck.ExpectKnownOutputValue("url", knownvalue.StringExact("PlatformCLI")),
		},
	})
}
