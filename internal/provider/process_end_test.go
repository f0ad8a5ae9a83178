//go:build unix

package provider_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/engine"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// openToken is a token that is open while a resource is worked on which
// needsToken.
const (
	openToken  = "ephemeral \"salesforce_access_token\" \"test\" {}\n"
	needsToken = "depends_on = [ephemeral.salesforce_access_token.test]"
)

// endings are the signals that end a run early, and who receives them. The
// process group is that of the engine, its provider and their scripts: what a
// terminal sends reaches them all.
var endings = map[string]struct {
	signal  syscall.Signal
	toGroup bool
	kills   bool // the engine, which is not told and ends nothing in good order
}{
	"engine killed":    {signal: syscall.SIGKILL, kills: true},
	"engine ^C":        {signal: syscall.SIGINT},
	"group ^C":         {signal: syscall.SIGINT, toGroup: true},
	"group terminated": {signal: syscall.SIGTERM, toGroup: true},
	"terminal hung up": {signal: syscall.SIGHUP, toGroup: true, kills: true},
}

// moments are those at which a run ends early. Each starts a run, calls end
// when a request is in flight, and then lets the org answer a sign-in. Any other
// request stays in flight: the provider must not depend on its answer. An engine
// that applies passes no interrupt on to the provider before it has planned.
var moments = map[string]func(t *testing.T, server *fake.Server, end func(*watchedRun)) *watchedRun{
	"sign-in": func(t *testing.T, server *fake.Server, end func(*watchedRun)) *watchedRun {
		signIn := fake.NewHold()
		server.Org.Script(fake.TokenPath, signIn.Fault())
		run := startRun(t, server, ephemeralConfig(server, "true"), "plan")
		run.await(t, signIn.Arrived())
		end(run)
		signIn.Release()
		return run
	},

	// The first token is revoked at once, whatever becomes of the second.
	"second sign-in": func(t *testing.T, server *fake.Server, end func(*watchedRun)) *watchedRun {
		signIn, revocation := fake.NewHold(), fake.NewHold()
		server.Org.Script(fake.TokenPath, fake.Pass(), signIn.Fault())
		server.Org.Script(fake.RevokePath, revocation.Fault())
		run := startRun(t, server, signInBlock(server)+openToken+
			fmt.Sprintf("ephemeral \"salesforce_access_token\" \"second\" { %s }\n", needsToken), "plan")
		run.await(t, signIn.Arrived())
		end(run)
		run.awaitOrGone(revocation.Arrived())
		revocation.Release()
		signIn.Release()
		return run
	},

	// One sign-in is for all of them. When the run is cancelled, which another
	// request shows, none of those that wait signs in.
	"sign-in that others wait for": func(t *testing.T, server *fake.Server, end func(*watchedRun)) *watchedRun {
		const waiting = 9 // With the other request, as many as the engine has under way.
		signIn := fake.NewHold()
		server.Org.Script(fake.TokenPath, signIn.Fault())
		arrived, cancelled := make(chan struct{}), make(chan struct{})
		server.Org.Script(fake.RevokePath, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				close(arrived)
				defer close(cancelled)
				fake.Hang()(next).ServeHTTP(w, r)
			})
		})
		run := startRun(t, server, appConfig(server, fmt.Sprintf("count = %d", waiting))+
			fmt.Sprintf("resource \"salesforce_token_revocation\" \"test\" { %s }\n", token(server.Org.IssueAccessToken())), "apply", "-auto-approve")
		run.awaitOutput("Creating...", waiting+1)
		run.await(t, signIn.Arrived())
		run.await(t, arrived)
		end(run)
		run.awaitOrGone(cancelled)
		signIn.Release()
		return run
	},

	"revocation": func(t *testing.T, server *fake.Server, end func(*watchedRun)) *watchedRun {
		value := server.Org.IssueAccessToken()
		held := holdRevocations(server.Org)
		run := startRun(t, server, signInBlock(server)+openToken+fmt.Sprintf(`
resource "salesforce_token_revocation" "test" {
  %s
  %s
}
`, token(value), needsToken), "apply", "-auto-approve")
		run.await(t, held)
		end(run)
		return run
	},

	"revocation at Close": func(t *testing.T, server *fake.Server, end func(*watchedRun)) *watchedRun {
		hold := fake.NewHold()
		server.Org.Script(fake.RevokePath, hold.Fault())
		run := startRun(t, server, ephemeralConfig(server, "true"), "plan")
		run.await(t, hold.Arrived())
		end(run)
		return run
	},

	"sweep": func(t *testing.T, server *fake.Server, end func(*watchedRun)) *watchedRun {
		server.Org.AddOauthTokens(app, 30)
		held := holdRevocations(server.Org)
		run := startRun(t, server, appConfig(server), "apply", "-auto-approve")
		for range 16 { // max_concurrency
			run.await(t, held)
		}
		end(run)
		return run
	},

	"query": func(t *testing.T, server *fake.Server, end func(*watchedRun)) *watchedRun {
		hold := fake.NewHold()
		server.Org.Script(queryPath, hold.Fault())
		run := startRun(t, server, tokensDataSource(server), "plan")
		run.await(t, hold.Arrived())
		end(run)
		return run
	},

	// It runs for longer than a test does.
	"local-exec": func(t *testing.T, server *fake.Server, end func(*watchedRun)) *watchedRun {
		pipe := filepath.Join(t.TempDir(), "started")
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		started := make(chan struct{})
		go func() {
			_, _ = os.ReadFile(pipe)
			close(started)
		}()
		run := startRun(t, server, ephemeralConfig(server, fmt.Sprintf("echo >%q; exec sleep 600", pipe)), "apply", "-auto-approve")
		run.await(t, started)
		end(run)
		return run
	},
}

// holdRevocations holds the revocation of each token that the org has issued so
// far, and of no token that it mints from now on. It returns what
// [fake.Hold.Arrived] does.
func holdRevocations(org *fake.Org) <-chan struct{} {
	issued := make(map[string]bool)
	for _, token := range org.Tokens() {
		issued[token.Value], issued[token.DeleteToken] = true, true
	}
	hold := fake.NewHold()
	org.ScriptAlways(fake.RevokePath, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			handler := next
			if issued[r.Form.Get("token")] {
				handler = hold.Fault()(next)
			}
			handler.ServeHTTP(w, r)
		})
	})
	return hold.Arrived()
}

// However a run ends, and whatever is in flight: the provider goes on until
// every token that it minted is revoked, mints no more, and ends.
func TestProcessEnd(t *testing.T) {
	t.Parallel()
	for inFlight, moment := range moments {
		for how, ending := range endings {
			t.Run(inFlight+"/"+how, func(t *testing.T) {
				t.Parallel()
				if ending.signal == syscall.SIGHUP && signal.Ignored(syscall.SIGHUP) {
					t.Skip("nohup keeps the hang-up from the engine, too")
				}
				server := startOrg(t, fake.Config{})
				signedIn := 0
				run := moment(t, server, func(run *watchedRun) {
					go run.watchProvider()
					signedIn = signIns(server.Org)
					process := run.cmd.Process.Pid
					if ending.toGroup {
						process = -process
					}
					if err := syscall.Kill(process, ending.signal); err != nil {
						t.Fatal(err)
					}
					if ending.kills {
						<-run.ended
					} else { // A script that the signal reaches may end the run first.
						run.awaitOutput("Interrupt received", 1)
					}
				})
				<-run.ended
				<-run.gone
				if run.providerErr != nil {
					t.Errorf("the provider still runs: %v", run.providerErr)
				}
				assertRevoked(t, server.Org.Tokens()[run.issued:])
				if n := signIns(server.Org); n != signedIn {
					t.Errorf("%d sign-ins were sent after the run was to end", n-signedIn)
				}
				if t.Failed() {
					t.Logf("the engine ended with: %v\n%s", run.cmd.ProcessState, &run.output)
				}
			})
		}
	}
}

// A watchedRun is an apply in a process group of its own.
type watchedRun struct {
	cmd    *exec.Cmd
	output watchedOutput // of the engine
	ended  chan struct{} // closed when the engine has ended
	issued int           // how many tokens the org had issued before

	provider    *os.File      // see watchedProvider
	gone        chan struct{} // closed when no process runs the provider any more
	providerErr error         // why that did not happen
}

// startRun starts an apply of a configuration. The test has issued all of its
// own tokens by then.
func startRun(t *testing.T, server *fake.Server, config string, args ...string) *watchedRun {
	t.Helper()
	if enginePath == "" {
		t.Fatal("neither terraform nor tofu is on the PATH, nor named by TF_ACC_TERRAFORM_PATH")
	}
	requireEngine(t, config)
	binary, provider := watchedProvider(t)
	workspace, err := engine.New(t.TempDir(), enginePath, binary)
	if err != nil {
		t.Fatal(err)
	}
	if err := workspace.Write("main.tf", requiredProviders+config); err != nil {
		t.Fatal(err)
	}
	run := &watchedRun{
		cmd:      workspace.Command(t.Context(), nil, append(args, "-no-color")...),
		output:   watchedOutput{grown: make(chan struct{}, 1)},
		ended:    make(chan struct{}),
		issued:   len(server.Org.Tokens()),
		provider: provider,
		gone:     make(chan struct{}),
	}
	run.cmd.Stdout, run.cmd.Stderr = &run.output, &run.output
	run.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := run.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// Scripts outlive an engine that is killed.
	t.Cleanup(func() { _ = syscall.Kill(-run.cmd.Process.Pid, syscall.SIGKILL) })
	go func() {
		defer close(run.ended)
		_ = run.cmd.Wait() // Each ending has a status of its own.
	}()
	return run
}

// await waits for something to be in flight, and so for a provider to run.
func (r *watchedRun) await(t *testing.T, inFlight <-chan struct{}) {
	t.Helper()
	select {
	case <-inFlight:
	case <-r.ended:
		t.Fatalf("the run ended too early:\n%s", &r.output)
	}
}

// awaitOutput waits until the engine has printed a text so many times, or has
// ended.
func (r *watchedRun) awaitOutput(text string, times int) {
	for strings.Count(r.output.String(), text) < times {
		select {
		case <-r.output.grown:
		case <-r.ended:
			return
		}
	}
}

// awaitOrGone waits for what a provider does in the end, or for its end.
func (r *watchedRun) awaitOrGone(event <-chan struct{}) {
	select {
	case <-event:
	case <-r.gone:
	}
}

// watchProvider waits for the end of the provider, which has to run by now. It
// gives up after a long time.
func (r *watchedRun) watchProvider() {
	defer close(r.gone)
	if r.providerErr = r.provider.SetReadDeadline(time.Now().Add(time.Minute)); r.providerErr == nil {
		_, r.providerErr = io.ReadAll(r.provider)
	}
}

// A watchedOutput is what an engine has printed so far.
type watchedOutput struct {
	grown chan struct{} // holds one if there is more than before

	mu   sync.Mutex
	text bytes.Buffer
}

func (o *watchedOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.grown <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *watchedOutput) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// watchedProvider is the provider's binary, and a pipe that is
// at its end whenever no process runs it.
func watchedProvider(t *testing.T) (path string, alive *os.File) {
	t.Helper()
	binary, err := buildProvider()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	pipe := filepath.Join(dir, "alive")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	alive, err = os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = alive.Close() })
	path = filepath.Join(dir, "terraform-provider-salesforce")
	script := fmt.Sprintf("#!/bin/sh\nexec 9>%q\nexec %q \"$@\"\n", pipe, binary)
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path, alive
}
