# Ends what an integration has left open when it is destroyed. Sessions of the
# browser go on.
resource "salesforce_session_revocation" "teardown" {
  user_ids    = var.user_ids
  login_types = ["Remote Access 2.0", "Other Apex API"]
  revoke_on   = ["destroy"]
}
