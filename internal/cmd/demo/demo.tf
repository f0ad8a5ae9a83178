# What the demo applies. The org is simulated, and the provider's settings are in
# environment variables.

terraform {
  required_version = ">= 1.11" # for write-only attributes

  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

variable "leaked_token" {
  type      = string
  ephemeral = true
}

variable "token" {
  type      = string
  sensitive = true
}

variable "sealed_token" {
  type      = string
  ephemeral = true
}

resource "salesforce_token_revocation" "leaked" {
  token_wo  = var.leaked_token
  revoke_on = ["create"]
}

resource "salesforce_token_revocation" "plain" {
  token     = var.token
  revoke_on = ["destroy"]
}

resource "salesforce_token_revocation" "sealed" {
  token_wo  = var.sealed_token
  revoke_on = ["destroy"]
}
