terraform {
  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

variable "session_token" {
  description = "An access token to revoke when this configuration is destroyed."
  type        = string
  sensitive   = true
}

# Revoked when it is replaced, and when it is destroyed.
resource "salesforce_token_revocation" "session" {
  token     = var.session_token
  revoke_on = ["destroy"]
}
