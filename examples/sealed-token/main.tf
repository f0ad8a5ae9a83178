# A token that serves a deployment, is stored in no state, and is revoked with
# the deployment all the same: it is kept sealed until then.

terraform {
  required_version = ">= 1.11"

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
  description = "The token, for runs that create or replace the resource. Others do without."
  type        = string
  ephemeral   = true
  default     = null
}

variable "seal_recipient" {
  description = "The public half of what age-keygen made."
  type        = string
}

variable "seal_identity" {
  description = "The secret half, for runs that destroy or replace the resource. Others do without."
  type        = string
  ephemeral   = true
  default     = null
}

provider "salesforce" {
  instance_url   = var.instance_url
  seal_recipient = var.seal_recipient
  seal_identity  = var.seal_identity
}

# For the next token, increment the version: the old one is revoked then.
resource "salesforce_token_revocation" "deployment" {
  token_wo         = var.deployment_token
  token_wo_version = 1
  revoke_on        = ["destroy"]
}
