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

# Revokes all tokens of the app when it is destroyed.
resource "salesforce_app_token_revocation" "teardown" {
  app_name  = var.app_name
  revoke_on = ["destroy"]
}
