# A vendor was breached, and holds tokens of your users. List them, revoke them,
# end the sessions of the users, and keep the account of it.
#
#   terraform plan    shows what matches; nothing is revoked yet
#   terraform apply   revokes; if it fails, some tokens may still be valid: apply again
#
# The provider signs in with SALESFORCE_CLIENT_ID and SALESFORCE_CLIENT_SECRET,
# as a user with the permissions "Customize Application" and "Manage Users":
# anybody else sees only their own tokens and sessions. Use an app other than the
# vendor's.

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

variable "organization_id" {
  description = "The only org that this may touch, such as 00D5g0000000001EAA."
  type        = string
}

variable "app_name" {
  description = "Label of the vendor's app, as the org's OAuth usage page has it."
  type        = string
}

variable "max_count" {
  description = "How many tokens you expect at most. If there are more, nothing is revoked."
  type        = number
  default     = 5000
}

provider "salesforce" {
  instance_url             = var.instance_url
  allowed_organization_ids = [var.organization_id]
}

# Read in the plan, before anything is revoked.
data "salesforce_oauth_tokens" "vendor" {
  app_name = var.app_name
}

# The first inventory: later ones are shorter, because tokens were revoked.
resource "terraform_data" "inventory" {
  input = {
    tokens = data.salesforce_oauth_tokens.vendor.total
    users  = distinct(data.salesforce_oauth_tokens.vendor.tokens[*].user_id)
  }

  lifecycle {
    ignore_changes = [input]
  }
}

# Increment the number to revoke tokens that appear later.
resource "salesforce_app_token_revocation" "vendor" {
  app_name  = var.app_name
  max_count = var.max_count

  triggers = {
    incident = "2026-001"
  }

  depends_on = [terraform_data.inventory]
}

# Sessions of API clients, which may have been opened with a stolen token. At
# most 1,000 users go into one resource.
resource "salesforce_session_revocation" "users" {
  for_each = { for i, users in chunklist(terraform_data.inventory.input.users, 1000) : i => users }

  user_ids    = each.value
  login_types = ["Remote Access 2.0"]

  depends_on = [salesforce_app_token_revocation.vendor]
}

output "users_to_inform" {
  value = terraform_data.inventory.output.users
}

output "account" {
  value = {
    organization_id = salesforce_app_token_revocation.vendor.organization_id
    inventory       = terraform_data.inventory.output.tokens
    matched         = salesforce_app_token_revocation.vendor.matched_count
    revoked         = salesforce_app_token_revocation.vendor.revoked_count
    revoked_at      = salesforce_app_token_revocation.vendor.revoked_at
    sessions_ended  = sum(concat([0], values(salesforce_session_revocation.users)[*].ended_count))
  }
}
