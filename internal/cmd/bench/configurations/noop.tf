terraform {
  required_providers {
    noop = { source = "seed-96a09c2e/noop" }
  }
}
resource "noop_resource" "token" {
  count = length(var.tokens)
}
