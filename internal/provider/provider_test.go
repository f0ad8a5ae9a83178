package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// settingsCase is a configuration and an environment; both may hold "hunter2"
// where no error must quote them.
type settingsCase struct {
	config providerModel
	env    map[string]string
}

func (c settingsCase) resolve() (*providerData, diag.Diagnostics) {
	var diags diag.Diagnostics
	data := resolve(c.config, func(name string) string { return c.env[name] }, &diags)
	return data, diags
}

func TestResolve(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		settingsCase
		want string // the revocation URL
	}{
		"defaults": {want: "https://login.salesforce.com/services/oauth2/revoke"},
		"configuration": {
			settingsCase{config: providerModel{InstanceURL: types.StringValue("https://a.example/"), Site: types.StringValue("/partners/")}},
			"https://a.example/partners/services/oauth2/revoke",
		},
		"environment": {
			settingsCase{env: map[string]string{"SALESFORCE_INSTANCE_URL": "https://b.example", "SALESFORCE_SITE": "partners"}},
			"https://b.example/partners/services/oauth2/revoke",
		},
		"configuration before environment": {
			settingsCase{
				config: providerModel{InstanceURL: types.StringValue("https://a.example"), Site: types.StringValue("")},
				env:    map[string]string{"SALESFORCE_INSTANCE_URL": "https://b.example", "SALESFORCE_SITE": "partners"},
			},
			"https://a.example/services/oauth2/revoke",
		},
	} {
		data, diags := test.resolve()
		if diags.HasError() || data == nil || data.revocationURL != test.want {
			t.Errorf("%s: got %+v, %v; want %s", name, data, diags, test.want)
		}
	}
}

func TestResolveClient(t *testing.T) {
	t.Parallel()
	server := salesforcetest.NewTLSServer(salesforcetest.NewOrg(salesforcetest.Config{}))
	t.Cleanup(server.Close)
	data, diags := settingsCase{config: providerModel{
		MaxRetries:     types.Int64Value(0),
		RequestTimeout: types.StringValue("1m30s"),
		CACertPEM:      types.StringValue(string(server.CACertPEM())),
		InstanceURL:    types.StringValue(server.URL),
	}}.resolve()
	if diags.HasError() {
		t.Fatal(diags)
	}
	if data.client.MaxRetries != 0 || data.client.RequestTimeout.String() != "1m30s" {
		t.Errorf("the client is %+v", data.client)
	}
	if _, err := data.revoke(t.Context(), data.client, data.revocationURL, server.Org.IssueAccessToken()); err != nil {
		t.Errorf("the CA is not trusted: %v", err)
	}
}

func TestResolveBulkSettings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		settingsCase
		concurrency int
		version     string
	}{
		"defaults":                         {settingsCase{}, 16, salesforce.DefaultAPIVersion},
		"configuration before environment": {settingsCase{providerModel{MaxConcurrency: types.Int64Value(3), APIVersion: types.StringValue("v61.0")}, map[string]string{"SALESFORCE_API_VERSION": "60.0"}}, 3, "v61.0"},
		"environment":                      {settingsCase{env: map[string]string{"SALESFORCE_API_VERSION": "60.0"}}, 16, "v60.0"},
	} {
		data, diags := test.resolve()
		if diags.HasError() || data.maxConcurrency != test.concurrency || data.apiVersion != test.version {
			t.Errorf("%s: got %+v, %v", name, data, diags)
		}
		if data.bulk.Gate == nil || data.client.Gate == nil || data.bulk.Gate == data.client.Gate || data.last.Gate != nil {
			t.Errorf("%s: bulk work is to have a gate of its own, and the revocation of minted tokens none", name)
		}
	}
}

func TestResolveRefusals(t *testing.T) {
	t.Parallel()
	set := types.StringValue
	for name, test := range map[string]struct {
		settingsCase
		says string
	}{
		"no scheme":          {settingsCase{config: providerModel{InstanceURL: set("login.salesforce.com")}}, "instance_url must start with https://"},
		"password":           {settingsCase{config: providerModel{InstanceURL: set("https://u:hunter2@a.example")}}, "instance_url must not hold a user name or password"},
		"path":               {settingsCase{config: providerModel{InstanceURL: set("https://a.example/hunter2")}}, "instance_url must have no path"},
		"plain http":         {settingsCase{config: providerModel{InstanceURL: set("http://a.example")}}, "instance_url must start with https://"},
		"empty":              {settingsCase{config: providerModel{InstanceURL: set("")}}, "instance_url must start with https://"},
		"in environment":     {settingsCase{env: map[string]string{"SALESFORCE_INSTANCE_URL": "https://u:hunter2@a.example"}}, "SALESFORCE_INSTANCE_URL, which sets the provider's instance_url, must not hold"},
		"site up":            {settingsCase{config: providerModel{Site: set("../hunter2")}}, "site must not hold . or .."},
		"site in env":        {settingsCase{env: map[string]string{"SALESFORCE_SITE": "a//hunter2"}}, "SALESFORCE_SITE, which sets the provider's site, must not hold //"},
		"site as URL":        {settingsCase{config: providerModel{Site: set("https://a.example/partners")}}, "site is a URL"},
		"time-out":           {settingsCase{config: providerModel{RequestTimeout: set("30")}}, "request_timeout must be a duration"},
		"time-out of zero":   {settingsCase{config: providerModel{RequestTimeout: set("0s")}}, "request_timeout must be a duration"},
		"API version":        {settingsCase{config: providerModel{APIVersion: set("hunter2")}}, "api_version is not a version of the REST API"},
		"API version in env": {settingsCase{env: map[string]string{"SALESFORCE_API_VERSION": "62.0/hunter2"}}, "SALESFORCE_API_VERSION, which sets the provider's api_version, is not"},
		"certificate":        {settingsCase{config: providerModel{CACertPEM: set("hunter2")}}, "ca_cert_pem holds no certificate"},
		"recipient":          {settingsCase{config: providerModel{SealRecipient: set("age1hunter2")}}, "seal_recipient must be age recipients"},
		"recipient's env":    {settingsCase{env: map[string]string{"SALESFORCE_SEAL_RECIPIENT": "age1pq1hunter2"}}, "SALESFORCE_SEAL_RECIPIENT, which sets the provider's seal_recipient, must be age recipients"},
		"identity":           {settingsCase{config: providerModel{SealIdentity: set("AGE-SECRET-KEY-1hunter2")}}, "seal_identity must be age identities"},
		"identity's env":     {settingsCase{env: map[string]string{"SALESFORCE_SEAL_IDENTITY": "hunter2"}}, "SALESFORCE_SEAL_IDENTITY, which sets the provider's seal_identity, must be age identities"},
		"identity's place":   {settingsCase{config: providerModel{SealRecipient: set("AGE-SECRET-KEY-1hunter2")}}, "seal_recipient holds an identity, which is secret"},
		"certificate's env":  {settingsCase{env: map[string]string{"SALESFORCE_CA_CERT_PEM": "/etc/hunter2.pem"}}, "SALESFORCE_CA_CERT_PEM, which sets the provider's ca_cert_pem, holds no certificate"},
	} {
		test.assertRefused(t, name, test.says)
	}
}

// assertRefused expects one error, which says this and quotes no value.
func (c settingsCase) assertRefused(t *testing.T, name, says string) {
	t.Helper()
	data, diags := c.resolve()
	if data != nil || diags.ErrorsCount() != 1 {
		t.Errorf("%s: got %+v with %v; want one error", name, data, diags)
		return
	}
	text := diags[0].Summary() + "\n" + diags[0].Detail()
	if !strings.Contains(text, says) || strings.Contains(text, "hunter2") {
		t.Errorf("%s: the error is %s; want %q in it, and no value", name, text, says)
	}
}

func TestResolveUnknown(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]providerModel{
		"instance_url":    {InstanceURL: types.StringUnknown()},
		"site":            {Site: types.StringUnknown()},
		"max_retries":     {MaxRetries: types.Int64Unknown()},
		"request_timeout": {RequestTimeout: types.StringUnknown()},
		"max_concurrency": {MaxConcurrency: types.Int64Unknown()},
		"api_version":     {APIVersion: types.StringUnknown()},
		"seal_recipient":  {SealRecipient: types.StringUnknown()},
		"seal_identity":   {SealIdentity: types.StringUnknown()},
		"ca_cert_pem":     {CACertPEM: types.StringUnknown()},
	} {
		data, diags := settingsCase{config, map[string]string{"SALESFORCE_INSTANCE_URL": "https://b.example", "SALESFORCE_SITE": "partners"}}.resolve()
		if data != nil || len(diags) != 0 {
			t.Errorf("with %s unknown: got %+v, %v; want neither data nor diagnostics", name, data, diags)
		}
	}
}

// A set that is not there means everything, and an empty one nothing. Validation
// refuses empty ones; whatever reads one all the same must not take it for null.
func TestEmptySetIsNotNull(t *testing.T) {
	t.Parallel()
	empty, null := types.SetValueMust(types.StringType, nil), types.SetNull(types.StringType)
	for name, ids := range map[string][]string{
		"tokens":           oauthTokenFilter(types.StringNull(), empty, types.StringNull()).UserIDs,
		"tokens of an app": newExternalAppFilter(types.StringNull(), empty, types.StringNull()).userIDs,
		"sessions":         (&sessionRevocationModel{UserIDs: empty}).filter().UserIDs,
	} {
		if ids == nil || len(ids) != 0 {
			t.Errorf("%s of no user are those of %v; nil means all users", name, ids)
		}
	}
	if ids := oauthTokenFilter(types.StringNull(), null, types.StringNull()).UserIDs; ids != nil {
		t.Errorf("tokens of whichever user are those of %v", ids)
	}
	for set, allows := range map[*types.Set]bool{&empty: false, &null: true} {
		data, diags := settingsCase{config: providerModel{AllowedOrganizationIDs: *set}}.resolve()
		if data == nil || diags.HasError() {
			t.Fatal(diags)
		}
		if err := data.checkOrganization("00D5g0000000001EAA"); (err == nil) != allows {
			t.Errorf("with allowed_organization_ids = %s: %v", set, err)
		}
	}
}
