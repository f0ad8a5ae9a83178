variable "token" {
  type      = string
  sensitive = true
}

# Tells tokens apart without giving them away.
output "token" {
  value = nonsensitive(provider::salesforce::inspect_token(var.token).sha256)
}
