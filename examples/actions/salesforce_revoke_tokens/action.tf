variable "leaked_tokens" {
  description = "Tokens that are to die now."
  type        = set(string)
  sensitive   = true
}

# terraform apply -invoke=action.salesforce_revoke_tokens.leaked
action "salesforce_revoke_tokens" "leaked" {
  config {
    tokens = var.leaked_tokens
  }
}
