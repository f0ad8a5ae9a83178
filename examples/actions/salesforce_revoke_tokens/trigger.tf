terraform {
  required_version = ">= 1.14"

  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

variable "session_token" {
  description = "A token that a deployment needs while it is made or changed, and no longer."
  type        = string
  sensitive   = true
}

action "salesforce_revoke_tokens" "session" {
  config {
    tokens = [var.session_token]
  }
}

# Whenever the deployment is created or changed, the token is revoked.
resource "terraform_data" "deployment" {
  input = "version 1"

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.salesforce_revoke_tokens.session]
    }
  }
}
