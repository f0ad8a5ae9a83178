terraform {
  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

variable "app_name" {
  description = "Label of the app, as the org's OAuth usage page has it."
  type        = string
}

# Revokes tokens that nobody has used since then. A later date revokes again.
resource "salesforce_app_token_revocation" "unused" {
  app_name     = var.app_name
  unused_since = "2026-01-01T00:00:00Z"
  revoke_on    = ["create"]
}
