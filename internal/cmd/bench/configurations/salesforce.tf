terraform {
  required_providers {
    salesforce = { source = "seed-96a09c2e/salesforce" }
  }
}
provider "salesforce" {
  instance_url = var.instance_url
}
resource "salesforce_token_revocation" "token" {
  count     = length(var.tokens)
  token     = var.tokens[count.index]
  revoke_on = [var.revoke_on]
}
