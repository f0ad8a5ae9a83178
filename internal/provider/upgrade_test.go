package provider_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// writeState is for make state, which a maintainer runs at each release.
var writeState = flag.String("write-state", "", "write testdata/states/`VERSION`.json with the code as it is, instead of testing")

// releaseHost is where the org of the states is. A state names its org, and so
// does a seal, which nobody can change: the tests reach it by a proxy.
const releaseHost = "https://example.my.salesforce.com"

// releaseTokens are those that the configurations of the states hold.
var releaseTokens = []string{"5Aep861.stored", "5Aep861.revoked", "5Aep861.sealed"}

// releaseKey is what the sealed tokens of the states are sealed to.
func releaseKey(t *testing.T) ageKey {
	t.Helper()
	identity := readFile(t, "testdata/states/test-key.txt")
	keys, err := age.ParseIdentities(bytes.NewReader(identity))
	if err != nil {
		t.Fatal(err)
	}
	key, ok := keys[0].(*age.X25519Identity)
	if !ok {
		t.Fatalf("the key is a %T", keys[0])
	}
	return ageKey{key.Recipient().String(), key.String()}
}

// releaseOrg is the org of the states as it is before they are written, with
// the environment of a run that reaches it.
func releaseOrg(t *testing.T) (org *fake.Org, env []string) {
	t.Helper()
	server := fake.NewTLSServer(fake.NewOrg(fake.Config{
		OrganizationID: "00D5g0000000001EAA",
		AppName:        "Simulated App",
		RefreshTokens:  releaseTokens,
	}))
	t.Cleanup(server.Close)
	server.Org.AddOauthTokens("Simulated App", 10)
	server.Org.AddSessions(30)
	return server.Org, []string{
		"SALESFORCE_INSTANCE_URL=" + releaseHost,
		"SALESFORCE_CA_CERT_PEM=" + string(server.CACertPEM()),
		"SALESFORCE_CLIENT_ID=" + fake.DefaultClientID,
		"SALESFORCE_CLIENT_SECRET=" + fake.DefaultClientSecret,
		"HTTPS_PROXY=" + startProxy(t, server),
		"NO_PROXY=",
	}
}

// startProxy starts an HTTP proxy that leads to a server, whatever host it is
// asked for.
func startProxy(t *testing.T, server *fake.Server) (url string) {
	t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "CONNECT only", http.StatusMethodNotAllowed)
			return
		}
		target, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(server.URL, "https://"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		w.WriteHeader(http.StatusOK)
		client, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			_ = target.Close()
			return
		}
		go func() {
			defer client.Close()
			_, _ = io.Copy(client, target)
		}()
		defer target.Close()
		_, _ = io.Copy(target, buffered)
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// A state that an older release wrote plans empty, and a destroy revokes what
// it has to.
func TestStatesOfReleases(t *testing.T) {
	t.Parallel()
	if *writeState != "" {
		writeStateOf(t, *writeState)
		return
	}
	configs, err := filepath.Glob("testdata/states/*.tf")
	if err != nil || len(configs) == 0 {
		t.Fatalf("there are no states: %v", err)
	}
	for _, config := range configs {
		release := strings.TrimSuffix(filepath.Base(config), ".tf")
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			org, env := releaseOrg(t)
			workspace := emptyWorkspace(t)
			rewrite(t, workspace, "main.tf", string(readFile(t, config)))
			state := string(readFile(t, "testdata/states", release+".json"))
			if onOpenTofu {
				state = strings.ReplaceAll(state, "registry.terraform.io", "registry.opentofu.org")
			}
			rewrite(t, workspace, "terraform.tfstate", state)

			assertWarnings(t, mustRun(t, workspace, env, "plan", "-detailed-exitcode"))
			assertWarnings(t, mustRun(t, workspace, append(env, openWith(releaseKey(t))), "destroy", "-auto-approve"))
			for _, token := range org.Tokens() {
				armed := token.UserID == secondUser || token.UserID == thirdUser || slices.Contains(releaseTokens, token.Value)
				if signedIn := token.AppName == "Simulated App" && token.Kind == fake.AccessToken; token.Alive == (armed || signedIn) {
					t.Errorf("after the destroy, a token of user %s is valid: %t", token.UserID, token.Alive)
				}
			}
		})
	}
}

// No release goes without a state.
func TestStateOfEachRelease(t *testing.T) {
	t.Parallel()
	changelog := string(readFile(t, "../../CHANGELOG.md"))
	for _, heading := range regexp.MustCompile(`(?m)^## (\d\S*) (.*)$`).FindAllStringSubmatch(changelog, -1) {
		if release := heading[1]; heading[2] != "(Unreleased)" {
			readFile(t, "testdata/states", release+".json")
		}
	}
}

// writeStateOf writes the state of a release that is to come.
func writeStateOf(t *testing.T, release string) {
	t.Helper()
	org, env := releaseOrg(t)
	workspace := emptyWorkspace(t)
	rewrite(t, workspace, "main.tf", string(readFile(t, "testdata/states", release+".tf")))
	written, err := json.Marshal(map[string]string{"sealed": "5Aep861.sealed", "verified": org.IssueAccessToken()})
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, workspace, append(env, sealTo(releaseKey(t)), "TF_VAR_written_tokens="+string(written)), "apply", "-auto-approve")
	path := filepath.Join("testdata/states", release+".json")
	state := readFile(t, workspace.Dir, "terraform.tfstate")
	if err := os.WriteFile(path, state, 0o644); err != nil {
		t.Fatal(err)
	}
	fmt.Println("wrote", path)
}
