# An integration, and the end of its tokens: while this is applied, users give
# the app tokens. terraform destroy revokes them all.
#
# The provider signs in with SALESFORCE_CLIENT_ID and SALESFORCE_CLIENT_SECRET,
# as a user with the permissions "Customize Application" and "Manage Users".

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
  description = "Label of the integration's app, as the org's OAuth usage page has it."
  type        = string
}

variable "user_ids" {
  description = "IDs of the integration's own users, who sign in with client credentials or a JWT: their sessions have no refresh token that could be revoked."
  type        = set(string)
}

provider "salesforce" {
  instance_url = var.instance_url
}

# A placeholder for the integration: a queue, a function, a machine.
resource "terraform_data" "integration" {
  input = var.app_name
}

# Terraform destroys this before what it depends on, so the integration is still
# there, and its tokens are revoked before it is destroyed.
resource "salesforce_app_token_revocation" "integration" {
  app_name  = terraform_data.integration.output
  revoke_on = ["destroy"]
}

resource "salesforce_session_revocation" "integration" {
  user_ids  = var.user_ids
  revoke_on = ["destroy"]

  depends_on = [terraform_data.integration]
}
