# A vendor was breached, and holds tokens of your users. Take stock of them, end
# them all, and keep the account of it.
#
#   terraform plan    shows what would die; nothing is revoked yet
#   terraform apply   revokes, and fails if a token may be alive: apply again then
#
# The provider signs in with SALESFORCE_CLIENT_ID and SALESFORCE_CLIENT_SECRET,
# as a user with the permission "Customize Application": anybody else sees only
# their own tokens. Use an app other than the vendor's.

terraform {
  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

variable "instance_url" {
  description = "The org's own My Domain, such as https://example.my.salesforce.com."
  type        = string
}

variable "app_name" {
  description = "Label of the vendor's app, as the org's OAuth usage page has it."
  type        = string
}

provider "salesforce" {
  instance_url = var.instance_url
}

# Read in the plan, before anything is revoked.
data "salesforce_oauth_tokens" "vendor" {
  app_name = var.app_name
}

# A token that appears later is revoked when the incident's number changes.
resource "salesforce_app_token_revocation" "vendor" {
  app_name  = var.app_name
  revoke_on = ["create"]

  triggers = {
    incident = "2026-001"
  }
}

output "users_to_inform" {
  value = distinct(data.salesforce_oauth_tokens.vendor.tokens[*].user_id)
}

output "account" {
  value = {
    org     = salesforce_app_token_revocation.vendor.organization_id
    matched = salesforce_app_token_revocation.vendor.matched_count
    revoked = salesforce_app_token_revocation.vendor.revoked_count
    at      = salesforce_app_token_revocation.vendor.revoked_at
  }
}
