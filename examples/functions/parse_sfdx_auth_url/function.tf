terraform {
  required_version = ">= 1.8"

  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

variable "sfdx_auth_url" {
  description = "The auth URL that `sf org auth show-sfdx-auth-url` prints."
  type        = string
  sensitive   = true
  default     = "force://PlatformCLI::5Aep861EXAMPLE==@example.my.salesforce.com"
}

output "instance_url" {
  value = nonsensitive(provider::salesforce::parse_sfdx_auth_url(var.sfdx_auth_url).instance_url)
}
