terraform {
  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

variable "user_ids" {
  description = "IDs of the integration's users."
  type        = set(string)
}

# Ends the API sessions of an integration when it is destroyed. Browser sessions
# are not affected.
resource "salesforce_session_revocation" "teardown" {
  user_ids    = var.user_ids
  login_types = ["Remote Access 2.0", "Other Apex API"]
  revoke_on   = ["destroy"]
}
