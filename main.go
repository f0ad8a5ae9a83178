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

	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/ledger"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/parent"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/provider"
)

// version is set at build time: go build -ldflags "-X main.version=1.2.3".
var version = "dev"

const (
	// reportAfter is when the process reports what it has not revoked yet, once
	// it is to end. Terraform kills it about 2 seconds after it asked.
	reportAfter = 1500 * time.Millisecond

	// emptyLimit bounds the revoking in the end. It is for a process that nobody
	// kills, because Terraform is gone.
	emptyLimit = 5 * time.Minute
)

func main() {
	debug := flag.Bool("debug", false, "run on its own, so that a debugger can attach to it, and print how to point Terraform at it")
	flag.Parse()
	silenceLogs()
	provider.CollectSeldom()

	orphaned := make(chan struct{})
	var options []tf6server.ServeOpt
	if *debug {
		options = append(options, tf6server.WithManagedDebug())
	} else {
		go func() {
			outliveSignals()
			if err := parent.Wait(); err != nil {
				log.Printf("[WARN] the provider does not notice when Terraform is killed: %v", err)
				return
			}
			close(orphaned)
		}()
	}
	var tokens ledger.Ledger
	served := make(chan error, 1)
	go func() {
		served <- tf6server.Serve("registry.terraform.io/seed-96a09c2e/salesforce", provider.New(version, &tokens), options...)
	}()
	var err error
	select {
	case err = <-served:
	case <-orphaned:
	}
	empty(&tokens)
	if err != nil {
		log.Fatal(err)
	}
}

// outliveSignals keeps the signals that end a process from ending this one
// before its tokens are revoked. Those of a terminal or a supervisor reach the
// whole process group: Terraform either ends in good order on them, and asks the
// provider to end, or it is gone, which the provider notices. An interrupt is
// ignored by go-plugin. The signals are received, not ignored: Windows, which
// sends SIGTERM when a console is closed, ends a process at once that ignores it.
// It takes a twentieth of a start, so it is done beside that. No token is issued
// before the engine has configured the provider.
func outliveSignals() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP, syscall.SIGTERM)
}

// empty revokes the tokens that the provider has minted and not revoked. It
// continues until that is done, or until the process is killed.
func empty(tokens *ledger.Ledger) {
	report := time.AfterFunc(reportAfter, func() {
		if err := tokens.Left(); err != nil {
			log.Printf("[WARN] the provider is ending, and %v", err)
		}
	})
	defer report.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), emptyLimit)
	defer cancel()
	if err := tokens.Empty(ctx); err != nil {
		log.Printf("[ERROR] at the end of the provider: %v", err)
	}
}
