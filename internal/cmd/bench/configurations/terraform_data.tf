resource "terraform_data" "token" {
  count = length(var.tokens)
  input = var.tokens[count.index]
}
