terraform {
  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

# Revoking needs no credentials, only the address of the org.
provider "salesforce" {
  instance_url = "https://example.my.salesforce.com"
}
