terraform {
  required_version = ">= 1.14"

  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

variable "leaked_tokens" {
  description = "The tokens to revoke now."
  type        = set(string)
  sensitive   = true
}

# terraform apply -invoke=action.salesforce_revoke_tokens.leaked
action "salesforce_revoke_tokens" "leaked" {
  config {
    tokens = var.leaked_tokens
  }
}
