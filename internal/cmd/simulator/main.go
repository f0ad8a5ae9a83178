// Simulator runs a simulated Salesforce org on this machine, for whatever talks
// to Salesforce: Terraform, jsforce, the sf CLI, curl.
//
//	go run ./internal/cmd/simulator
//
// It prints how to sign in, how to revoke a token, and how to ask whether a token
// is valid.
package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "simulator:", err)
		os.Exit(1)
	}
}

// run serves an org until ctx is done. It writes one line per listener to
// stdout when all of them are ready, and to stderr what to try.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	// Nobody reads the requests back, so a long run need not keep them.
	config := salesforcetest.Config{MaxRequests: 1}
	flags := flag.NewFlagSet("simulator", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listenAddress := flags.String("listen", "127.0.0.1:8080", "loopback `host:port` for plain HTTP; port 0 is any free one")
	tlsAddress := flags.String("tls-listen", "", "loopback `host:port` for HTTPS as well")
	caFile := flags.String("tls-ca-file", "", "`file` to write the CA of -tls-listen to, in PEM")
	flags.StringVar(&config.Site, "site", "", "path `prefix` of a site, such as /partners, to serve everything under as well")
	flags.StringVar(&config.OrganizationID, "organization-id", "", "`ID` of the org, 18 characters; a random one if not set, so that two simulators are two orgs")
	flags.StringVar(&config.ClientID, "client-id", salesforcetest.DefaultClientID, "consumer `key` of the app")
	flags.StringVar(&config.ClientSecret, "client-secret", salesforcetest.DefaultClientSecret, "consumer `secret` of the app")
	flags.StringVar(&config.Username, "username", salesforcetest.DefaultUsername, "`user` who signs in")
	certificateFile := flags.String("certificate", "", "PEM `file` with the app's certificate, for the JWT bearer flow")
	flags.Func("refresh-token", "a refresh `token` that is valid from the start; may be repeated", func(token string) error {
		config.RefreshTokens = append(config.RefreshTokens, token)
		return nil
	})
	flags.IntVar(&config.Users, "users", salesforcetest.DefaultUsers, "how many users share -oauth-tokens and -sessions")
	oauthTokens := flags.Int("oauth-tokens", 0, "how many refresh tokens to start with, as rows of OauthToken")
	flags.IntVar(&config.RevocationLag, "revocation-lag", 0, "how many `requests` an access token is still accepted for after it was revoked")
	appName := flags.String("app-name", salesforcetest.DefaultAppName, "`name` of the app of -oauth-tokens")
	externalClientApp := flags.Bool("external-client-app", false, "the app of -oauth-tokens is an external client app, not a connected app")
	sessions := flags.Int("sessions", 0, "how many sessions to start with, as rows of AuthSession")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if (*tlsAddress == "") != (*caFile == "") {
		return errors.New("-tls-listen and -tls-ca-file go together")
	}
	if config.Users < 1 {
		return errors.New("-users must be at least 1")
	}
	switch id := config.OrganizationID; {
	case id == "":
		config.OrganizationID = salesforcetest.NewOrganizationID()
	case len(id) != 18 || !strings.HasPrefix(id, "00D"):
		return fmt.Errorf("-organization-id: %q is not 00D and 15 more characters", id)
	}
	if *certificateFile != "" {
		var err error
		if config.Certificate, err = readCertificate(*certificateFile); err != nil {
			return fmt.Errorf("-certificate: %w", err)
		}
	}
	org := salesforcetest.NewOrg(config)
	if *externalClientApp {
		org.AddExternalClientApp(strings.ReplaceAll(*appName, " ", "_"), *appName, *oauthTokens)
	} else {
		org.AddOauthTokens(*appName, *oauthTokens)
	}
	org.AddSessions(*sessions)

	listener, err := listen(*listenAddress)
	if err != nil {
		return fmt.Errorf("-listen: %w", err)
	}
	servers := []*salesforcetest.Server{salesforcetest.Serve(org, listener)}
	defer servers[0].Close()

	if *tlsAddress != "" {
		listener, err := listen(*tlsAddress)
		if err != nil {
			return fmt.Errorf("-tls-listen: %w", err)
		}
		server := salesforcetest.ServeTLS(org, listener)
		defer server.Close()
		if err := os.WriteFile(*caFile, server.CACertPEM(), 0o644); err != nil {
			return fmt.Errorf("-tls-ca-file: %w", err)
		}
		servers = append(servers, server)
	}

	for _, server := range servers {
		if _, err := fmt.Fprintln(stdout, "listening on", server.URL); err != nil {
			return err
		}
	}
	token := "TOKEN"
	if *oauthTokens == 0 && *sessions == 0 {
		token = org.IssueAccessToken()
	}
	help(stderr, servers[0].URL, config, token)
	<-ctx.Done()
	return nil
}

// help prints what a newcomer needs. A token that is to be tried is given, because
// one that was issued here would be among those that the flags ask for.
func help(w io.Writer, url string, config salesforcetest.Config, token string) {
	fmt.Fprintf(w, `
organization   %s
client ID      %s
client secret  %s
username       %s
access token   %s

Sign in, which returns another access token:
  curl -s -d grant_type=client_credentials -d client_id='%[2]s' -d client_secret='%[3]s' %[6]s/services/oauth2/token
Ask whether the access token is valid: 200 if it is, 403 once it is revoked:
  curl -s -o /dev/null -w '%%{http_code}\n' -H 'Authorization: Bearer %[5]s' %[6]s/services/oauth2/userinfo
Revoke it:
  curl -s -w '%%{http_code}\n' --data-urlencode 'token=%[5]s' %[6]s/services/oauth2/revoke
Have the provider use this org:
  export SALESFORCE_INSTANCE_URL=%[6]s SALESFORCE_CLIENT_ID='%[2]s' SALESFORCE_CLIENT_SECRET='%[3]s'

`, config.OrganizationID, config.ClientID, config.ClientSecret, config.Username, token, url)
}

// listen opens a port that only this machine can reach: the org hands tokens
// to anybody who asks. It listens on the very address that it has checked, so a
// name that changes its mind does no harm.
func listen(address string) (net.Listener, error) {
	resolved, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, err
	}
	if !resolved.IP.IsLoopback() {
		return nil, fmt.Errorf("%q is not a loopback address, such as 127.0.0.1:8080", address)
	}
	return net.ListenTCP("tcp", resolved)
}

func readCertificate(file string) (*x509.Certificate, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("%s holds no certificate in PEM", file)
	}
	return x509.ParseCertificate(block.Bytes)
}
