package provider

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/ledger"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

// An orgTransport reaches an org without a network, so that time can be fake.
type orgTransport struct{ org *salesforcetest.Org }

func (t orgTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	answer := httptest.NewRecorder()
	t.org.ServeHTTP(answer, r)
	return answer.Result(), nil
}

// slowOrg takes a second for a request; the provider asks four things at a time.
func slowOrg() (*salesforcetest.Org, *providerData) {
	return orgInProcess(salesforcetest.Config{Latency: time.Second})
}

// orgInProcess is an org, and a provider that reaches it without a network.
func orgInProcess(config salesforcetest.Config) (*salesforcetest.Org, *providerData) {
	org := salesforcetest.NewOrg(config)
	client := &salesforce.Client{Transport: orgTransport{org}}
	bulk := *client
	bulk.Gate = salesforce.NewPausingGate(4)
	return org, &providerData{
		client:         client,
		bulk:           &bulk,
		last:           client,
		session:        sharedSession{turn: make(chan struct{}, 1)},
		maxConcurrency: 4,
		apiVersion:     salesforce.DefaultAPIVersion,
		loginURL:       "https://a.example",
		revocationURL:  "https://a.example/services/oauth2/revoke",
		grant:          salesforce.ClientCredentials{ClientID: salesforcetest.DefaultClientID, ClientSecret: salesforce.NewSecret(salesforcetest.DefaultClientSecret)},
		ledger:         new(ledger.Ledger),
		now:            time.Now,
	}
}

func TestAppSweepIsLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org, data := slowOrg()
		org.AddOauthTokens("Data Loader", 80)
		var log bytes.Buffer
		ctx := tflogtest.RootLogger(t.Context(), &log)
		session, err := data.querySession(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		sweep, err := data.newAppSweep(ctx, session, salesforce.OauthTokenFilter{AppName: "Data Loader"})
		if err != nil {
			t.Fatal(err)
		}
		resource := &appTokenRevocationResource{resourceBase{data}}
		if account, diags := resource.revoke(ctx, sweep, types.Int64Null(), atSweepCreate); account.Ended != 80 || len(diags) > 0 {
			t.Errorf("the sweep: %s, %v", account, diags)
		}
		var lines []string
		for line := range strings.Lines(log.String()) {
			if strings.Contains(line, `"@level":"info"`) && strings.Contains(line, "the tokens of an app") {
				lines = append(lines, line)
			}
		}
		if len(lines) != 3 || !strings.Contains(lines[0], " of 80 tokens: ") || !strings.Contains(lines[2], "80 of 80 tokens: 80 revoked") {
			t.Errorf("the log holds %q; want a line at 10, 20 and, the last, at the end", lines)
		}
	})
}

func TestActionShowsProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org, data := slowOrg()
		var tokens []tftypes.Value
		for range 100 {
			tokens = append(tokens, tftypes.NewValue(tftypes.String, org.IssueAccessToken()))
		}
		a := &revokeTokensAction{actionBase{data}}
		var schema action.SchemaResponse
		a.Schema(t.Context(), action.SchemaRequest{}, &schema)
		configType := schema.Schema.Type().TerraformType(t.Context())
		var progress []string
		resp := action.InvokeResponse{SendProgress: func(event action.InvokeProgressEvent) { progress = append(progress, event.Message) }}
		a.Invoke(context.WithoutCancel(t.Context()), action.InvokeRequest{Config: tfsdk.Config{
			Schema: schema.Schema,
			Raw:    tftypes.NewValue(configType, map[string]tftypes.Value{"tokens": tftypes.NewValue(tftypes.Set{ElementType: tftypes.String}, tokens)}),
		}}, &resp)
		ends := slices.Equal([]string{progress[0], progress[len(progress)-1]}, []string{"Revoking: 0 of 100 tokens: 0 revoked", "Done: 100 of 100 tokens: 100 revoked"})
		if len(progress) != 4 || !ends || resp.Diagnostics.HasError() {
			t.Errorf("the progress is %q, %v; want the start, 10 and 20 seconds, and the end", progress, resp.Diagnostics)
		}
	})
}
