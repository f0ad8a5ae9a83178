terraform {
  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

variable "external_client_app" {
  description = "Identifier (0xI...) or developer name of an external client app."
  type        = string
}

# Revokes all tokens of an external client app now.
resource "salesforce_app_token_revocation" "external" {
  external_client_app = var.external_client_app
}
