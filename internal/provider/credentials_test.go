package provider

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

func newPrivateKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	set := types.StringValue
	key := newPrivateKey(t)
	for name, test := range map[string]struct {
		settingsCase
		grant       salesforce.Grant
		accessToken string
		loginURL    string
	}{
		"none": {loginURL: "https://login.salesforce.com"},
		"client credentials": {
			settingsCase{config: providerModel{ClientID: set("id"), ClientSecret: set("secret")}},
			salesforce.ClientCredentials{ClientID: "id", ClientSecret: salesforce.NewSecret("secret")}, "", "https://login.salesforce.com",
		},
		"secret from the environment": {
			settingsCase{config: providerModel{ClientID: set("id")}, env: map[string]string{"SALESFORCE_CLIENT_SECRET": "secret"}},
			salesforce.ClientCredentials{ClientID: "id", ClientSecret: salesforce.NewSecret("secret")}, "", "https://login.salesforce.com",
		},
		"JWT bearer from the environment": {
			settingsCase{env: map[string]string{"SALESFORCE_CLIENT_ID": "id", "SALESFORCE_USERNAME": "a@b.example", "SALESFORCE_PRIVATE_KEY": key, "SALESFORCE_SITE": "s"}},
			salesforce.JWTBearer{ClientID: "id", Username: "a@b.example", PrivateKey: salesforce.NewSecret(key)}, "", "https://login.salesforce.com/s",
		},
		"refresh token": {
			settingsCase{config: providerModel{ClientID: set("id"), RefreshToken: set("rt")}},
			salesforce.RefreshGrant{ClientID: "id", RefreshToken: salesforce.NewSecret("rt")}, "", "https://login.salesforce.com",
		},
		"refresh token with a secret": {
			settingsCase{config: providerModel{ClientID: set("id"), ClientSecret: set("secret"), RefreshToken: set("rt")}},
			salesforce.RefreshGrant{ClientID: "id", ClientSecret: salesforce.NewSecret("secret"), RefreshToken: salesforce.NewSecret("rt")}, "", "https://login.salesforce.com",
		},
		"sfdx auth URL": {
			settingsCase{config: providerModel{SFDXAuthURL: set("force://id::rt@a.example")}},
			salesforce.RefreshGrant{ClientID: "id", RefreshToken: salesforce.NewSecret("rt")}, "", "https://a.example",
		},
		"sfdx auth URL before the environment": {
			settingsCase{config: providerModel{SFDXAuthURL: set("force://id::rt@a.example")}, env: map[string]string{"SALESFORCE_INSTANCE_URL": "https://b.example"}},
			salesforce.RefreshGrant{ClientID: "id", RefreshToken: salesforce.NewSecret("rt")}, "", "https://a.example",
		},
		"sfdx auth URL with the same instance": {
			settingsCase{config: providerModel{SFDXAuthURL: set("force://id::rt@a.example"), InstanceURL: set("https://a.example/")}},
			salesforce.RefreshGrant{ClientID: "id", RefreshToken: salesforce.NewSecret("rt")}, "", "https://a.example",
		},
		"ready session": {
			settingsCase{config: providerModel{AccessToken: set("session")}},
			nil, "session", "https://login.salesforce.com",
		},
	} {
		data, diags := test.resolve()
		if diags.HasError() || data == nil {
			t.Errorf("%s: %v", name, diags)
			continue
		}
		if !reflect.DeepEqual(data.grant, test.grant) || data.accessToken.Reveal() != test.accessToken || data.loginURL != test.loginURL {
			t.Errorf("%s: got %T with session %q at %s; want %T with %q at %s", name, data.grant, data.accessToken.Reveal(), data.loginURL, test.grant, test.accessToken, test.loginURL)
		}
	}
}

func TestCredentialsRefusals(t *testing.T) {
	t.Parallel()
	set := types.StringValue
	key := newPrivateKey(t)
	for name, test := range map[string]struct {
		settingsCase
		says string
	}{
		"id alone":          {settingsCase{config: providerModel{ClientID: set("id")}}, "credentials are client_id, which"},
		"secret alone":      {settingsCase{config: providerModel{ClientSecret: set("hunter2")}}, "credentials are client_secret, which"},
		"key without user":  {settingsCase{config: providerModel{ClientID: set("id"), PrivateKey: set(key)}}, "credentials are client_id, private_key, which"},
		"user without key":  {settingsCase{config: providerModel{ClientID: set("id"), Username: set("u")}}, "credentials are client_id, username, which"},
		"refresh alone":     {settingsCase{config: providerModel{RefreshToken: set("hunter2")}}, "credentials are refresh_token, which"},
		"two ways":          {settingsCase{config: providerModel{ClientID: set("id"), ClientSecret: set("hunter2"), AccessToken: set("hunter2")}}, "credentials are access_token, client_id, client_secret, which"},
		"two, one from env": {settingsCase{config: providerModel{AccessToken: set("hunter2")}, env: map[string]string{"SALESFORCE_SFDX_AUTH_URL": "force://a::hunter2@b"}}, "access_token, sfdx_auth_url (from SALESFORCE_SFDX_AUTH_URL), which"},
		"newline":           {settingsCase{config: providerModel{ClientID: set("id"), ClientSecret: set("hunter2\n")}}, "client_secret contains whitespace"},
		"bad key":           {settingsCase{env: map[string]string{"SALESFORCE_PRIVATE_KEY": "hunter2"}}, "SALESFORCE_PRIVATE_KEY, which sets the provider's private_key, is not in PEM form"},
		"bad sfdx auth URL": {settingsCase{config: providerModel{SFDXAuthURL: set("https://hunter2")}}, "sfdx_auth_url is not of the form"},
		"two instances":     {settingsCase{config: providerModel{SFDXAuthURL: set("force://a::hunter2@b.example"), InstanceURL: set("https://c.example")}}, "names another host than sfdx_auth_url"},
	} {
		test.assertRefused(t, name, test.says)
	}
}

// Neither the settings nor what they come to show a secret when they are printed.
func TestCredentialsAreNotPrinted(t *testing.T) {
	t.Parallel()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	key := newPrivateKey(t)
	line := strings.Split(key, "\n")[1]
	for name, env := range map[string]map[string]string{
		"client credentials": {clientID: "id", clientSecret: "hunter2"},
		"JWT bearer":         {clientID: "id", username: "u", privateKey: key},
		"refresh token":      {clientID: "id", refreshToken: "hunter2"},
		"sfdx auth URL":      {sfdxAuthURL: "force://id:hunter2:hunter2@a.example"},
		"ready session":      {accessToken: "hunter2"},
	} {
		getenv := func(variable string) string {
			if variable == "SALESFORCE_SEAL_IDENTITY" {
				return identity.String()
			}
			return env[strings.ToLower(strings.TrimPrefix(variable, "SALESFORCE_"))]
		}
		var diags diag.Diagnostics
		data := resolve(providerModel{}, getenv, &diags)
		if data == nil || diags.HasError() {
			t.Errorf("%s: %v", name, diags)
			continue
		}
		for _, verb := range []string{"%v", "%+v", "%#v"} {
			for _, value := range []any{
				data, data.grant, data.accessToken, data.identities,
				lookupCredentials(providerModel{}, getenv),
				lookup(types.StringNull(), "seal_identity", "SALESFORCE_SEAL_IDENTITY", getenv),
			} {
				printed := fmt.Sprintf(verb, value)
				if strings.Contains(printed, "hunter2") || strings.Contains(printed, line) || strings.Contains(printed, identity.String()) {
					t.Errorf("%s: %T prints a secret with %s", name, value, verb)
				}
			}
		}
	}
}

func TestCredentialsUnknown(t *testing.T) {
	t.Parallel()
	data, diags := settingsCase{config: providerModel{ClientID: types.StringValue("id"), ClientSecret: types.StringUnknown()}}.resolve()
	if data != nil || len(diags) != 0 {
		t.Errorf("got %+v, %v; want neither data nor diagnostics", data, diags)
	}
}
