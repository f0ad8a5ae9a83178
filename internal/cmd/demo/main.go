// Command demo shows what the provider is for: tokens of a simulated org that
// live, and die with terraform apply and destroy. What it prints of a token is
// what the org says. It exits with 1 if that is not what was to happen.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/engine"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// example is the configuration that is applied.
const example = "examples/token-lifecycle"

func main() {
	enginePath := flag.String("engine", "terraform", "`path` of terraform or tofu")
	provider := flag.String("provider", "bin/terraform-provider-salesforce", "`path` of the provider's binary")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *enginePath, *provider); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, enginePath, provider string) error {
	dir, err := os.MkdirTemp("", "salesforce-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	workspace, err := engine.New(dir, enginePath, provider)
	if err != nil {
		return err
	}
	if err := workspace.Copy(example); err != nil {
		return err
	}
	server := salesforcetest.NewServer(salesforcetest.NewOrg(salesforcetest.Config{}))
	defer server.Close()

	leaked := server.Org.IssueRefreshToken()
	demo := &demo{
		workspace: workspace,
		server:    server,
		name:      filepath.Base(enginePath),
		leaked:    leaked,
		tokens: []namedToken{
			{"leaked refresh token", leaked},
			{"access token issued from it", server.Org.IssueAccessTokenFrom(leaked)},
			{"deployment token, first", server.Org.IssueAccessToken()},
			{"deployment token, second", server.Org.IssueAccessToken()},
		},
	}
	fmt.Printf("The configuration is %s; the org is simulated, on %s.\n", example, server.URL)

	fmt.Println("\nBefore")
	if err := demo.show(4); err != nil {
		return err
	}
	for _, step := range []struct {
		title      string
		command    string
		deployment string // the token that serves the deployment
		alive      int    // how many of the tokens, from the last, shall live on
	}{
		{"Apply: the leaked token dies, and takes along what was issued from it", "apply", demo.tokens[2].value, 2},
		{"Rotate: the deployment gets its second token, so the first dies", "apply", demo.tokens[3].value, 1},
		{"Destroy: the deployment is torn down, so its token dies", "destroy", demo.tokens[3].value, 0},
	} {
		fmt.Println("\n" + step.title)
		if err := demo.engine(ctx, step.command, step.deployment); err != nil {
			return err
		}
		if err := demo.show(step.alive); err != nil {
			return err
		}
	}
	return nil
}

type namedToken struct{ name, value string }

type demo struct {
	workspace *engine.Workspace
	server    *salesforcetest.Server
	name      string // of the engine
	leaked    string
	tokens    []namedToken // in the order in which they die
}

// engine runs a command, and shows its output only if it fails.
func (d *demo) engine(ctx context.Context, command, deployment string) error {
	fmt.Printf("  $ %s %s\n", d.name, command)
	cmd := d.workspace.Command(ctx, []string{
		"TF_VAR_instance_url=" + d.server.URL,
		"TF_VAR_leaked_token=" + d.leaked,
		"TF_VAR_deployment_token=" + deployment,
	}, command, "-auto-approve", "-no-color", "-input=false")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", d.name, command, err, output)
	}
	return nil
}

// show prints what the org says of each token, which is an error unless the
// last ones live, as many as given, and the others are dead.
func (d *demo) show(alive int) error {
	var wrong []string
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for i, token := range d.tokens {
		state := "revoked"
		if d.server.Org.Alive(token.value) {
			state = "alive"
		}
		fmt.Fprintf(table, "  %s\t%s\n", token.name, state)
		if shouldLive := i >= len(d.tokens)-alive; shouldLive != (state == "alive") {
			wrong = append(wrong, fmt.Sprintf("the %s is %s", token.name, state))
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if wrong != nil {
		return fmt.Errorf("the org disagrees: %s", strings.Join(wrong, ", "))
	}
	return nil
}
