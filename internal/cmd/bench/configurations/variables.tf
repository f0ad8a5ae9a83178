# What each configuration is given. revoke_on is create, or destroy for a run of
# which the destroy is to revoke.
variable "instance_url" {
  type = string
}
variable "tokens" {
  type = list(string)
}
variable "revoke_on" {
  type = string
}
