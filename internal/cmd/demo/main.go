// Command demo shows what the provider is for, against a simulated org. What it
// prints of a token is what the org reports. It exits with 1 if that is not what
// was to happen.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/engine"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

//go:embed demo.tf
var configuration string

// A page answers 200 OK, as a login page does.
const pageConfiguration = `
resource "salesforce_token_revocation" "page" {
  token = var.token
}
`

// The run is killed while this resource waits for the org.
const ephemeralConfiguration = `
ephemeral "salesforce_access_token" "run" {}

resource "salesforce_token_revocation" "slow" {
  token_wo  = var.leaked_token
  revoke_on = ["create"]
  triggers  = { again = "yes" }
}
`

func main() {
	enginePath := flag.String("engine", "terraform", "`path` of terraform or tofu")
	provider := flag.String("provider", "bin/terraform-provider-salesforce", "`path` of the provider's binary")
	picture := flag.String("picture", "", "SVG `file` to write the output to as well")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var output bytes.Buffer
	err := run(ctx, *enginePath, *provider, io.MultiWriter(os.Stdout, &output))
	if err == nil && *picture != "" {
		err = os.WriteFile(*picture, draw(output.String()), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		stop()
		os.Exit(1)
	}
}

// A demo is a run against an org of its own.
type demo struct {
	out       io.Writer
	workspace *engine.Workspace
	org       *salesforcetest.Org
	url       string
	name      string // of the engine
	env       []string

	leaked, issued, plain, sealed string // tokens
}

func run(ctx context.Context, enginePath, provider string, out io.Writer) error {
	dir, err := os.MkdirTemp("", "salesforce-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	workspace, err := engine.New(dir, enginePath, provider)
	if err != nil {
		return err
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	org := salesforcetest.NewOrg(salesforcetest.Config{})
	server := salesforcetest.NewServer(org)
	defer server.Close()

	leaked := org.IssueRefreshToken()
	d := &demo{
		out:       out,
		workspace: workspace,
		org:       org,
		url:       server.URL,
		name:      filepath.Base(enginePath),
		leaked:    leaked,
		issued:    org.IssueAccessTokenFrom(leaked),
		plain:     org.IssueAccessToken(),
		sealed:    org.IssueAccessToken(),
	}
	d.env = []string{
		"SALESFORCE_INSTANCE_URL=" + d.url,
		"SALESFORCE_CLIENT_ID=" + salesforcetest.DefaultClientID,
		"SALESFORCE_CLIENT_SECRET=" + salesforcetest.DefaultClientSecret,
		"SALESFORCE_SEAL_RECIPIENT=" + identity.Recipient().String(),
		"SALESFORCE_SEAL_IDENTITY=" + identity.String(),
		"TF_VAR_leaked_token=" + d.leaked,
		"TF_VAR_token=" + d.plain,
		"TF_VAR_sealed_token=" + d.sealed,
	}
	d.say("A simulated Salesforce org with four valid tokens: a refresh token that leaked, an access token\nthat was issued from it, and two deployment tokens, to be revoked at destroy:")
	d.say("\n" + indent(block("sealed")))
	for _, step := range []func(context.Context) error{d.apply, d.searchState, d.destroy, d.loginPage, d.kill} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	d.say(`
What next?
  make simulator   the same org, to try your own configuration against
  make install     install the provider for Terraform and OpenTofu
  docs/guides/getting-started.md`)
	return nil
}

// block is a resource of the configuration, as it is.
func block(name string) string {
	return regexp.MustCompile(`(?ms)^resource "[a-z_]+" "` + name + `" \{.*?^\}$`).FindString(configuration)
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }

func (d *demo) say(text string) { fmt.Fprintln(d.out, text) }

// engine runs a command with a configuration, and returns its output.
func (d *demo) engine(ctx context.Context, config string, args ...string) (string, error) {
	if err := d.workspace.Write("main.tf", config); err != nil {
		return "", err
	}
	output, err := d.workspace.Command(ctx, d.env, append(args, "-auto-approve", "-no-color", "-input=false")...).CombinedOutput()
	return string(output), err
}

// must is engine for a command that has to succeed.
func (d *demo) must(ctx context.Context, args ...string) error {
	d.say("\n$ " + d.name + " " + strings.Join(args, " "))
	output, err := d.engine(ctx, configuration, args...)
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", d.name, strings.Join(args, " "), err, output)
	}
	return nil
}

// report prints what the org reports of a token, which is an error if it is not
// what it should be.
func (d *demo) report(name, token string, valid bool) error {
	state := map[bool]string{true: "valid", false: "revoked"}
	is := d.org.Alive(token)
	fmt.Fprintf(d.out, "  %-42s %s\n", name, state[is])
	if is != valid {
		return fmt.Errorf("the %s is %s; it should be %s", name, state[is], state[valid])
	}
	return nil
}

func (d *demo) reports(valid map[string]bool) error {
	for _, token := range []struct{ name, value string }{
		{"leaked refresh token", d.leaked},
		{"access token issued from it", d.issued},
		{"deployment token, as `token`", d.plain},
		{"deployment token, sealed `token_wo`", d.sealed},
	} {
		if err := d.report(token.name, token.value, valid[token.value]); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) apply(ctx context.Context) error {
	if err := d.must(ctx, "apply"); err != nil {
		return err
	}
	return d.reports(map[string]bool{d.plain: true, d.sealed: true})
}

// searchState looks for the tokens as anybody would who can read the state.
func (d *demo) searchState(context.Context) error {
	state, err := os.ReadFile(filepath.Join(d.workspace.Dir, "terraform.tfstate"))
	if err != nil {
		return err
	}
	d.say("\nBoth tokens, searched for in terraform.tfstate")
	for _, token := range []struct {
		name, value string
		stored      bool
	}{
		{"deployment token, as `token`", d.plain, true},
		{"deployment token, sealed `token_wo`", d.sealed, false},
	} {
		found := map[bool]string{true: "found", false: "not found: it is encrypted"}
		stored := bytes.Contains(state, []byte(token.value))
		fmt.Fprintf(d.out, "  %-42s %s\n", token.name, found[stored])
		if stored != token.stored {
			return fmt.Errorf("the %s is stored in the state: %t", token.name, stored)
		}
	}
	return nil
}

func (d *demo) destroy(ctx context.Context) error {
	if err := d.must(ctx, "destroy"); err != nil {
		return err
	}
	return d.reports(nil)
}

// loginPage shows what becomes of a token where a login page answers instead of
// the org.
func (d *demo) loginPage(ctx context.Context) error {
	token := d.org.IssueAccessToken()
	d.env = append(d.env, "TF_VAR_token="+token)
	d.org.ScriptAlways(salesforcetest.RevokePath, salesforcetest.HTML())
	defer d.org.ScriptAlways(salesforcetest.RevokePath, nil)
	d.say("\nWrong host: a login page answers every request with 200 OK")

	command, err := d.postByHand(ctx, token)
	if err != nil {
		return err
	}
	d.say("$ " + command + "\n  success, it says")
	if err := d.report("the token", token, true); err != nil {
		return err
	}
	d.say("$ " + d.name + " apply")
	output, err := d.engine(ctx, configuration+pageConfiguration, "apply", "-target=salesforce_token_revocation.page")
	summary := regexp.MustCompile(`Error: (Token [0-9a-f]+ Not Revoked)\n`).FindStringSubmatch(output)
	if err == nil || summary == nil {
		return fmt.Errorf("the provider takes a login page for the org: %w\n%s", err, output)
	}
	d.say("  Error: " + summary[1])
	for _, sentence := range regexp.MustCompile(`the server answered [^.]*\.|The token may still be valid\.`).FindAllString(strings.Join(strings.Fields(output), " "), -1) {
		d.say("  … " + sentence)
	}
	return nil
}

// postByHand sends a token with curl or, where there is none, as curl does. It
// returns the command.
func (d *demo) postByHand(ctx context.Context, token string) (string, error) {
	target := d.url + salesforcetest.RevokePath
	if curl, err := exec.LookPath("curl"); err == nil {
		cmd := exec.CommandContext(ctx, curl, "--fail", "--silent", "--output", os.DevNull, "--data-urlencode", "token@-", target)
		cmd.Stdin = strings.NewReader(token)
		return "curl --fail -d token=… " + target, cmd.Run()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(url.Values{"token": {token}}.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the page answered %s", resp.Status)
	}
	return "curl --fail -d token=… " + target + "   (curl is not installed: the same request from Go)", nil
}

// revokedWithin is how long a token may stay valid after the engine was killed.
const revokedWithin = 10 * time.Second

// kill ends the engine the hard way while it holds a token that was issued for
// the run.
func (d *demo) kill(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	hold := salesforcetest.NewHold()
	d.org.Script(salesforcetest.RevokePath, hold.Fault())
	before := len(d.org.Tokens())
	if err := d.workspace.Write("main.tf", configuration+ephemeralConfiguration); err != nil {
		return err
	}
	var output bytes.Buffer
	cmd := d.workspace.Command(ctx, d.env, "apply", "-auto-approve", "-no-color", "-input=false", "-target=salesforce_token_revocation.slow", "-target=ephemeral.salesforce_access_token.run")
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-hold.Arrived():
	case err := <-ended:
		return fmt.Errorf("the run that was to be killed has ended: %w\n%s", err, &output)
	}
	tokens := d.org.Tokens()
	if len(tokens) != before+1 {
		return fmt.Errorf("%d tokens were issued for the run; want 1", len(tokens)-before)
	}
	minted := tokens[before].Value
	d.say("\nA token that is issued for one run, with ephemeral \"salesforce_access_token\"\n$ " + d.name + " apply")
	if err := d.report("the token of the run", minted, true); err != nil {
		return err
	}
	killed := time.Now()
	if err := cmd.Process.Kill(); err != nil {
		return err
	}
	d.say(fmt.Sprintf("$ kill -9 %d   (%s, in the middle of the run)", cmd.Process.Pid, d.name))
	if err := <-ended; err == nil {
		return fmt.Errorf("the run has ended before it was killed:\n%s", &output)
	}
	hold.Release()
	for d.org.Alive(minted) && time.Since(killed) < revokedWithin {
		time.Sleep(10 * time.Millisecond)
	}
	return d.report(fmt.Sprintf("the token of the run, %.2f seconds later", time.Since(killed).Seconds()), minted, false)
}
