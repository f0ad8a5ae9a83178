terraform {
  required_version = ">= 1.8"

  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

variable "token" {
  type      = string
  sensitive = true
}

# Identifies a token without revealing it.
output "token" {
  value = nonsensitive(provider::salesforce::inspect_token(var.token).sha256)
}
