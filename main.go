// Command terraform-provider-salesforce is a Terraform provider that revokes
// Salesforce OAuth tokens.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/ledger"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/provider"
)

// version is set at build time: go build -ldflags "-X main.version=1.2.3".
var version = "dev"

const (
	// lastWords is how long tokens are revoked after the server has ended.
	// Terraform kills the process about 2 seconds after it asked it to end.
	lastWords = 1500 * time.Millisecond

	// orphanWords is the same for a process whose Terraform is gone, so that
	// nobody kills it.
	orphanWords = 30 * time.Second

	// parentPoll is how often the process looks whether Terraform is gone.
	parentPoll = 200 * time.Millisecond
)

func main() {
	debug := flag.Bool("debug", false, "run by itself, for a debugger to attach to, and print how to point Terraform at it")
	flag.Parse()

	var tokens ledger.Ledger
	if !*debug {
		outliveSignals()
		go watchParent(os.Getppid(), func() {
			empty(&tokens, orphanWords)
			os.Exit(1)
		})
	}
	err := providerserver.Serve(context.Background(), provider.New(version, &tokens), providerserver.ServeOpts{
		Address:         "registry.terraform.io/seed-96a09c2e/salesforce",
		Debug:           *debug,
		ProtocolVersion: 6,
	})
	empty(&tokens, lastWords)
	if err != nil {
		log.Fatal(err)
	}
}

// outliveSignals keeps the signals that end a process from ending this one
// before its tokens are revoked: they reach the whole process group. Terraform
// either ends in good order on them, and asks the provider to end, or it is
// gone, which watchParent notices. An interrupt is ignored by go-plugin.
func outliveSignals() {
	signal.Ignore(syscall.SIGHUP, syscall.SIGTERM)
}

// watchParent calls gone when the process that started this one, Terraform, has
// ended without asking it to end. On Windows a process does not learn of that.
func watchParent(parent int, gone func()) {
	for os.Getppid() == parent {
		time.Sleep(parentPoll)
	}
	gone()
}

// empty revokes what the provider has minted and not revoked.
func empty(tokens *ledger.Ledger, limit time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := tokens.Empty(ctx); err != nil {
		log.Printf("[ERROR] at the end of the provider: %v", err)
	}
}
