terraform {
  required_version = ">= 1.10"

  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

# The provider signs in with client_id and client_secret, here from the
# environment: SALESFORCE_CLIENT_ID and SALESFORCE_CLIENT_SECRET.
provider "salesforce" {}

ephemeral "salesforce_access_token" "deployment" {}

# The script gets a token that is revoked when this run ends, however it ends.
resource "terraform_data" "deployment" {
  provisioner "local-exec" {
    command = "echo \"a token of $${#SF_ACCESS_TOKEN} characters for $SF_INSTANCE_URL\""
    environment = {
      SF_ACCESS_TOKEN = ephemeral.salesforce_access_token.deployment.access_token
      SF_INSTANCE_URL = ephemeral.salesforce_access_token.deployment.instance_url
    }
  }
}
