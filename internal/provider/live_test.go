package provider_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

// TestAccLiveTokenRevocation revokes a token of a real org: `make testacc`.
func TestAccLiveTokenRevocation(t *testing.T) {
	if os.Getenv("TF_ACC") == "" {
		t.Skip("runs against a real org, with make testacc")
	}
	access := os.Getenv("SALESFORCE_ACCESS_TOKEN")
	if access == "" || os.Getenv("SALESFORCE_INSTANCE_URL") == "" {
		t.Skip("SALESFORCE_INSTANCE_URL and SALESFORCE_ACCESS_TOKEN name no org and no token to revoke")
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps: []resource.TestStep{{
			Config:            fmt.Sprintf("resource \"salesforce_token_revocation\" \"test\" {\n  token = %q\n}\n", access),
			ConfigStateChecks: []statecheck.StateCheck{expectStatus("revoked")},
		}},
	})
}
