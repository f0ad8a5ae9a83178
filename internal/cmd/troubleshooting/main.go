// Command troubleshooting prints the troubleshooting guide, which is made of the
// messages that the provider gives.
package main

import (
	"fmt"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/provider"
)

func main() { fmt.Print(provider.Troubleshooting()) }
