# Two tokens of one org. The first leaked: it is revoked as soon as this is
# applied. The second serves a deployment: it is revoked when it is rotated, or
# when the deployment is torn down.

terraform {
  required_version = ">= 1.11"

  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

variable "instance_url" {
  description = "The org that issued the tokens, such as https://example.my.salesforce.com."
  type        = string
}

variable "leaked_token" {
  description = "A refresh token to revoke now. The access tokens that were issued from it are revoked, too."
  type        = string
  ephemeral   = true
}

variable "deployment_token" {
  description = "An access token to revoke when the deployment is destroyed."
  type        = string
  sensitive   = true
}

provider "salesforce" {
  instance_url = var.instance_url
}

resource "salesforce_token_revocation" "leaked" {
  token_wo  = var.leaked_token
  revoke_on = ["create"]
}

resource "salesforce_token_revocation" "deployment" {
  token     = var.deployment_token
  revoke_on = ["destroy"]
}

output "leaked_token_status" {
  value = salesforce_token_revocation.leaked.status
}
