terraform {
  required_providers {
    salesforce = { source = "seed-96a09c2e/salesforce" }
  }
}
variable "instance_url" {
  type = string
}
variable "client_id" {
  type = string
}
variable "client_secret" {
  type = string
}
variable "user_ids" {
  type = set(string)
}
variable "concurrency" {
  type = number
}
variable "object" {
  type = string
}
provider "salesforce" {
  instance_url    = var.instance_url
  client_id       = var.client_id
  client_secret   = var.client_secret
  max_concurrency = var.concurrency
}
resource "salesforce_app_token_revocation" "bench" {
  count    = var.object == "salesforce_app_token_revocation" ? 1 : 0
  app_name = "Data Loader"
}
resource "salesforce_session_revocation" "bench" {
  count       = var.object == "salesforce_session_revocation" ? 1 : 0
  user_ids    = var.user_ids
  login_types = ["Application", "Other Apex API"] # the sessions of the provider are of neither
  include_own = true
}
data "salesforce_oauth_tokens" "bench" {
  count    = var.object == "salesforce_oauth_tokens" ? 1 : 0
  app_name = "Data Loader"
}
