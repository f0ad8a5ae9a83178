terraform {
  required_providers {
    noop = { source = "seed-96a09c2e/noop" }
  }
}
resource "noop_token_revocation" "token" {
  count     = length(var.tokens)
  token     = var.tokens[count.index]
  revoke_on = [var.revoke_on]
}
