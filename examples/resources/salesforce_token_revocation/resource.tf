variable "session_token" {
  description = "An access token that lives as long as this configuration is applied."
  type        = string
  sensitive   = true
}

# Revoked when it is replaced, and when it is destroyed.
resource "salesforce_token_revocation" "session" {
  token     = var.session_token
  revoke_on = ["destroy"]
}
