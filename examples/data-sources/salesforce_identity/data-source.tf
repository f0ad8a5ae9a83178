terraform {
  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

data "salesforce_identity" "current" {}

# Stops an apply that would work on another org.
resource "terraform_data" "guard" {
  lifecycle {
    precondition {
      condition     = data.salesforce_identity.current.organization_id == "00D5g0000000001EAA"
      error_message = "The provider works with ${data.salesforce_identity.current.organization_name} as ${data.salesforce_identity.current.username}."
    }
  }
}

output "is_sandbox" {
  value = data.salesforce_identity.current.is_sandbox
}
