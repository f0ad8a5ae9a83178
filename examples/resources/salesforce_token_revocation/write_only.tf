variable "leaked_token" {
  description = "A token that is to die now, and to stand in no state or plan."
  type        = string
  ephemeral   = true
}

# Revoked once. For the next token, count the version up.
resource "salesforce_token_revocation" "leaked" {
  token_wo         = var.leaked_token
  token_wo_version = 1
  revoke_on        = ["create"]
}
