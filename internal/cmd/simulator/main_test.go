package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// start runs the simulator until the end of the test and returns the URLs of
// its listeners once it is ready.
func start(t *testing.T, args ...string) []string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(ctx, args, writer, io.Discard)
		writer.CloseWithError(err)
		done <- err
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	lines := bufio.NewReader(reader)
	urls := []string{readyURL(t, lines)}
	for _, arg := range args {
		if arg == "-tls-listen" {
			urls = append(urls, readyURL(t, lines))
		}
	}
	return urls
}

func readyURL(t *testing.T, lines *bufio.Reader) string {
	t.Helper()
	line, err := lines.ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		t.Fatalf("the simulator said %q: %v", line, err)
	}
	return url
}

func post(t *testing.T, client *http.Client, target string, form url.Values) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(t, client, req)
}

func do(t *testing.T, client *http.Client, req *http.Request) (status int, body string) {
	t.Helper()
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func TestFlags(t *testing.T) {
	t.Parallel()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	urls := start(t,
		"-listen", "localhost:0", "-tls-listen", "127.0.0.1:0", "-tls-ca-file", ca, "-site", "/partners",
		"-client-id", "id", "-client-secret", "secret", "-username", "somebody@example.com",
		"-refresh-token", "one", "-refresh-token", "two", "-oauth-tokens", "3", "-app-name", "My Vendor", "-external-client-app", "-users", "2", "-sessions", "4")

	pemData, err := os.ReadFile(ca)
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(pemData) {
		t.Fatalf("the CA file holds %q: %v", pemData, err)
	}
	secure := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	t.Cleanup(secure.CloseIdleConnections)

	// Both listeners serve one org, under the prefix and without it.
	one, two := url.Values{"token": {"one"}}, url.Values{"token": {"two"}}
	if status, body := post(t, http.DefaultClient, urls[0]+salesforcetest.RevokePath, one); status != http.StatusOK {
		t.Errorf("over HTTP: %d %s", status, body)
	}
	if status, body := post(t, secure, urls[1]+"/partners"+salesforcetest.RevokePath, two); status != http.StatusOK {
		t.Errorf("over HTTPS: %d %s", status, body)
	}
	if status, _ := post(t, secure, urls[1]+salesforcetest.RevokePath, one); status != http.StatusBadRequest {
		t.Errorf("a token that was revoked over HTTP is answered %d over HTTPS", status)
	}
	status, body := post(t, http.DefaultClient, urls[0]+salesforcetest.TokenPath,
		url.Values{"grant_type": {"client_credentials"}, "client_id": {"id"}, "client_secret": {"secret"}})
	if status != http.StatusOK || !strings.Contains(body, "access_token") {
		t.Fatalf("sign-in: %d %s", status, body)
	}
	var session struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(body), &session); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/apps/oauth/usage": `"developerName":"My_Vendor"`,
		"/query?q=" + url.QueryEscape("SELECT COUNT() FROM OauthToken WHERE AppName = 'My Vendor'"): `"totalSize":3`,
		"/query?q=" + url.QueryEscape("SELECT COUNT() FROM AuthSession"):                            `"totalSize":5`,
		"/query?q=" + url.QueryEscape("SELECT COUNT() FROM User"):                                   `"totalSize":2`,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, urls[0]+salesforcetest.DataPath+"/v64.0"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+session.AccessToken)
		if status, body := do(t, http.DefaultClient, req); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	notPEM := filepath.Join(t.TempDir(), "not.pem")
	if err := os.WriteFile(notPEM, []byte("not PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"every address":         {[]string{"-listen", "0.0.0.0:0"}, "loopback"},
		"every address, IPv6":   {[]string{"-listen", "[::]:0"}, "loopback"},
		"no host":               {[]string{"-listen", ":0"}, "loopback"},
		"no address":            {[]string{"-listen", ""}, "loopback"},
		"another machine":       {[]string{"-listen", "192.0.2.1:0"}, "loopback"},
		"TLS on every address":  {[]string{"-listen", "127.0.0.1:0", "-tls-listen", ":0", "-tls-ca-file", "ca.pem"}, "loopback"},
		"no port":               {[]string{"-listen", "127.0.0.1"}, "missing port"},
		"TLS without CA file":   {[]string{"-tls-listen", "127.0.0.1:0"}, "-tls-ca-file"},
		"CA file without TLS":   {[]string{"-tls-ca-file", "ca.pem"}, "-tls-listen"},
		"CA file in no folder":  {[]string{"-listen", "127.0.0.1:0", "-tls-listen", "127.0.0.1:0", "-tls-ca-file", "no/such/ca.pem"}, "-tls-ca-file"},
		"no certificate":        {[]string{"-certificate", "no-such-file.pem"}, "-certificate"},
		"certificate, not PEM":  {[]string{"-certificate", notPEM}, "-certificate"},
		"an argument too much":  {[]string{"127.0.0.1:0"}, "unexpected argument"},
		"an unknown flag":       {[]string{"-unknown"}, "-unknown"},
		"no users":              {[]string{"-users", "0"}, "-users"},
		"an unreadable integer": {[]string{"-oauth-tokens", "many"}, "-oauth-tokens"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // It should not come to serving.
			err := run(ctx, tc.args, io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("run says %v", err)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	var help strings.Builder
	err := run(t.Context(), []string{"-help"}, io.Discard, &help)
	if !errors.Is(err, flag.ErrHelp) || !strings.Contains(help.String(), "-oauth-tokens") {
		t.Errorf("%v, %s", err, help.String())
	}
}

func TestCertificate(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "certificate.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	certificate, err := readCertificate(file)
	if err != nil || !key.PublicKey.Equal(certificate.PublicKey) {
		t.Errorf("readCertificate: %v", err)
	}
	start(t, "-listen", "127.0.0.1:0", "-certificate", file)
}

// TestSignals runs the program itself and stops it as a shell or a supervisor
// would.
func TestSignals(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signals to send")
	}
	binary := filepath.Join(t.TempDir(), "simulator")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), binary, "-listen", "127.0.0.1:0", "-refresh-token", "live")
			var stderr strings.Builder
			cmd.Stderr = &stderr
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			base := readyURL(t, bufio.NewReader(stdout))
			if status, body := post(t, http.DefaultClient, base+salesforcetest.RevokePath, url.Values{"token": {"live"}}); status != http.StatusOK {
				t.Errorf("answered %d %s", status, body)
			}
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil || strings.Contains(stderr.String(), "simulator:") {
				t.Errorf("stopped with %v and said %q", err, stderr.String())
			}
		})
	}
	t.Run("failure", func(t *testing.T) {
		t.Parallel()
		out, err := exec.CommandContext(t.Context(), binary, "-listen", "0.0.0.0:0").CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.HasPrefix(string(out), "simulator: ") {
			t.Errorf("%v: %s", err, out)
		}
	})
}

// What the simulator prints is true, and its commands work as they stand.
func TestPrintedCommands(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("the printed commands require curl")
	}
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- run(ctx, []string{"-listen", "127.0.0.1:0"}, io.Discard, writer) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	var commands []string
	for lines := bufio.NewScanner(reader); lines.Scan(); {
		if command, ok := strings.CutPrefix(lines.Text(), "  "); ok {
			commands = append(commands, command)
		}
		if len(commands) == 4 {
			break
		}
	}
	signIn, isValid, revoke, export := commands[0], commands[1], commands[2], commands[3]
	for _, step := range []struct{ command, want string }{
		{signIn, `"access_token":"00D`},
		{isValid, "200"},
		{revoke, "200"},
		{isValid, "403"},
		{export + ` && echo "$SALESFORCE_INSTANCE_URL $SALESFORCE_CLIENT_ID"`, "http://127.0.0.1:"},
	} {
		output, err := exec.CommandContext(t.Context(), "sh", "-c", step.command).CombinedOutput()
		if err != nil || !strings.Contains(string(output), step.want) {
			t.Errorf("%s: %v, %s; want %s", step.command, err, output, step.want)
		}
	}
}

// Two simulators are two orgs, unless they are told to be one.
func TestOrganizationID(t *testing.T) {
	t.Parallel()
	org := func(args ...string) string {
		url := start(t, append(args, "-listen", "127.0.0.1:0")...)[0]
		_, body := post(t, http.DefaultClient, url+"/services/oauth2/token", signInForm())
		var session struct{ ID string }
		if err := json.Unmarshal([]byte(body), &session); err != nil {
			t.Fatal(err)
		}
		return strings.Split(session.ID, "/")[4]
	}
	if first, second := org(), org(); first == second || len(first) != 18 || !strings.HasPrefix(first, "00D") {
		t.Errorf("the orgs are %s and %s", first, second)
	}
	if got := org("-organization-id", salesforcetest.DefaultOrganizationID); got != salesforcetest.DefaultOrganizationID {
		t.Errorf("the org is %s", got)
	}
	if err := run(t.Context(), []string{"-organization-id", "005"}, io.Discard, io.Discard); err == nil {
		t.Error("an ID of another kind is accepted")
	}
}

func signInForm() url.Values {
	return url.Values{"grant_type": {"client_credentials"}, "client_id": {salesforcetest.DefaultClientID}, "client_secret": {salesforcetest.DefaultClientSecret}}
}
