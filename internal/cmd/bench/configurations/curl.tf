resource "terraform_data" "create" {
  count = var.revoke_on == "create" ? length(var.tokens) : 0
  input = { url = "${var.instance_url}/services/oauth2/revoke", token = var.tokens[count.index] }

  provisioner "local-exec" {
    command = "curl -sSf -o /dev/null --data-urlencode token=${self.input.token} ${self.input.url}"
  }
}
resource "terraform_data" "destroy" {
  count = var.revoke_on == "destroy" ? length(var.tokens) : 0
  input = { url = "${var.instance_url}/services/oauth2/revoke", token = var.tokens[count.index] }

  provisioner "local-exec" {
    when    = destroy
    command = "curl -sSf -o /dev/null --data-urlencode token=${self.input.token} ${self.input.url}"
  }
}
