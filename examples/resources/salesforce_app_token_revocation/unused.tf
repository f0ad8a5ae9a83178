# Revokes now what nobody has used since then. A later date revokes again.
resource "salesforce_app_token_revocation" "unused" {
  app_name     = var.app_name
  unused_since = "2026-01-01T00:00:00Z"
  revoke_on    = ["create"]
}
