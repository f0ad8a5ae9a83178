# Every resource that keeps a state, with every argument that it keeps.

terraform {
  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

# Given when the state is written, and left out from then on.
variable "written_tokens" {
  type      = map(string)
  ephemeral = true
  default   = {}
}

resource "salesforce_token_revocation" "stored" {
  token     = "5Aep861.stored"
  revoke_on = ["destroy"]
}

resource "salesforce_token_revocation" "revoked" {
  token    = "5Aep861.revoked"
  triggers = { rotation = "1" }
  timeouts = { create = "1m", delete = "1m" }
}

resource "salesforce_token_revocation" "sealed" {
  token_wo         = lookup(var.written_tokens, "sealed", null)
  token_wo_version = 1
  revoke_on        = ["destroy"]
}

resource "salesforce_token_revocation" "verified" {
  token_wo         = lookup(var.written_tokens, "verified", null)
  token_wo_version = 1
  revoke_on        = ["create"]
  verify           = true
}

resource "salesforce_app_token_revocation" "app" {
  app_name     = "Simulated App"
  user_ids     = ["0055g0000000002AAA", "0055g0000000003AAA"]
  unused_since = "2100-01-01T00:00:00Z"
  max_count    = 100
  revoke_on    = ["create", "destroy"]
  triggers     = { incident = "1" }
  timeouts     = { create = "1m", delete = "1m" }
}

resource "salesforce_session_revocation" "user" {
  user_ids      = ["0055g0000000002AAA", "0055g0000000003AAA"]
  session_types = ["UI", "Aura", "API"]
  login_types   = ["Application", "Other Apex API"]
  include_own   = false
  max_count     = 100
  revoke_on     = ["create", "destroy"]
  triggers      = { incident = "1" }
  timeouts      = { create = "1m", delete = "1m" }
}
