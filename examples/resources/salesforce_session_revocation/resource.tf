terraform {
  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

variable "user_ids" {
  description = "IDs of the users whose accounts were taken over."
  type        = set(string)
}

# Ends all sessions of these users now. Another incident ends them again.
resource "salesforce_session_revocation" "incident" {
  user_ids  = var.user_ids
  max_count = 500

  triggers = {
    incident = "2026-001"
  }
}
