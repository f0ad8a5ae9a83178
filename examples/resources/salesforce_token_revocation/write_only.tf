terraform {
  required_version = ">= 1.11"

  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

variable "leaked_token" {
  description = "A token to revoke now, which is stored in no state and no plan."
  type        = string
  ephemeral   = true
}

# Revoked once. For the next token, increment the version.
resource "salesforce_token_revocation" "leaked" {
  token_wo         = var.leaked_token
  token_wo_version = 1
  revoke_on        = ["create"]
}
