# A token that serves a deployment, stands in no state, and dies with the
# deployment all the same: it is kept sealed until then.

terraform {
  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

variable "instance_url" {
  description = "The org that issued the token, such as https://example.my.salesforce.com."
  type        = string
}

variable "deployment_token" {
  description = "The token. Any value will do once this is applied, until the version changes."
  type        = string
  ephemeral   = true
}

variable "seal_recipient" {
  description = "The public half of what age-keygen made."
  type        = string
}

variable "seal_identity" {
  description = "The secret half, for runs that destroy or replace the resource; others do without."
  type        = string
  ephemeral   = true
  default     = null
}

provider "salesforce" {
  instance_url   = var.instance_url
  seal_recipient = var.seal_recipient
  seal_identity  = var.seal_identity
}

# For the next token, count the version up: the old one dies then.
resource "salesforce_token_revocation" "deployment" {
  token_wo         = var.deployment_token
  token_wo_version = 1
  revoke_on        = ["destroy"]
}
