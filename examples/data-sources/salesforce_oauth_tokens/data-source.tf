terraform {
  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

# The tokens that nobody has used this year.
data "salesforce_oauth_tokens" "unused" {
  unused_since = "2026-01-01T00:00:00Z"
}

output "unused_tokens_by_app" {
  value = { for token in data.salesforce_oauth_tokens.unused.tokens : token.app_name => token.user_id... }
}
