terraform {
  required_providers {
    salesforce = {
      source = "seed-96a09c2e/salesforce"
    }
  }
}

# The sessions that began with OAuth, which includes the client credentials and
# JWT bearer flows.
data "salesforce_sessions" "oauth" {
  login_types = ["Remote Access 2.0"]
}

output "source_ips_by_user" {
  value = { for session in data.salesforce_sessions.oauth.sessions : session.user_id => session.source_ip... }
}
