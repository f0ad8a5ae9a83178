package provider

import (
	"crypto/x509"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/seal"
)

const (
	defaultMaxRetries     = 4
	defaultMaxConcurrency = 16

	// maxConnections is how many resources Terraform works on at a time, unless it
	// is told otherwise.
	maxConnections = 10
)

// resolve turns the configuration, with the environment behind it, into what
// the resources work with. Bad values are reported; nil means that a value is
// bad or not known yet.
func resolve(config providerModel, getenv func(string) string, diags *diag.Diagnostics) *providerData {
	return resolveSettings(config, getenv, false, diags)
}

// validate is resolve for a run that may have another environment than the one
// that applies.
func validate(config providerModel, getenv func(string) string, diags *diag.Diagnostics) {
	resolveSettings(config, getenv, true, diags)
}

func resolveSettings(config providerModel, getenv func(string) string, validation bool, diags *diag.Diagnostics) *providerData {
	instance := lookup(config.InstanceURL, "instance_url", "SALESFORCE_INSTANCE_URL", getenv)
	site := lookup(config.Site, "site", "SALESFORCE_SITE", getenv)
	timeout := lookup(config.RequestTimeout, "request_timeout", "", getenv)
	roots := lookup(config.CACertPEM, "ca_cert_pem", "SALESFORCE_CA_CERT_PEM", getenv)
	version := lookup(config.APIVersion, "api_version", "SALESFORCE_API_VERSION", getenv)
	auditPath := lookup(config.AuditFile, "audit_file", "SALESFORCE_AUDIT_FILE", getenv)
	signIn := lookupCredentials(config, getenv)
	recipient := lookup(config.SealRecipient, "seal_recipient", "SALESFORCE_SEAL_RECIPIENT", getenv)
	identity := lookup(config.SealIdentity, "seal_identity", "SALESFORCE_SEAL_IDENTITY", getenv)

	instanceURL := parse(instance, salesforce.DefaultInstanceURL, salesforce.ParseInstanceURL, diags)
	sitePath := parse(site, "", salesforce.ParseSite, diags)
	recipients := parse(recipient, nil, seal.ParseRecipients, diags)
	identities := parse(identity, seal.Identities{}, seal.ParseIdentities, diags)
	rootPool := parse(roots, nil, parseRoots, diags)
	client := &salesforce.Client{
		Transport:      salesforce.NewTransport(rootPool, maxConnections),
		MaxRetries:     defaultMaxRetries,
		RequestTimeout: parse(timeout, salesforce.DefaultRequestTimeout, parseDuration, diags),
		OnAttempt:      logAttempt,
		Gate:           salesforce.NewGate(maxConnections),
	}
	if !config.MaxRetries.IsNull() {
		client.MaxRetries = int(config.MaxRetries.ValueInt64())
	}
	concurrency := defaultMaxConcurrency
	if !config.MaxConcurrency.IsNull() {
		concurrency = max(1, int(config.MaxConcurrency.ValueInt64())) // A bad number is refused elsewhere.
	}
	apiVersion := parse(version, salesforce.DefaultAPIVersion, salesforce.ParseAPIVersion, diags)
	credentials := signIn.parse(validation, diags)
	if sfdx := credentials.instanceURL; sfdx != "" {
		checkInstance(instance, instanceURL, signIn[sfdxAuthURL], sfdx, diags)
		instanceURL = sfdx
	}

	audit := parse(auditPath, nil, newAuditFile, diags)
	allowed, allowedKnown := known(config.AllowedOrganizationIDs)

	unknown := instance.unknown || site.unknown || timeout.unknown || roots.unknown || config.MaxRetries.IsUnknown() || signIn.unknown() ||
		recipient.unknown || identity.unknown || version.unknown || config.MaxConcurrency.IsUnknown() ||
		auditPath.unknown || !allowedKnown
	if diags.HasError() || unknown {
		return nil
	}
	bulk := *client
	bulk.Transport = salesforce.NewTransport(rootPool, concurrency)
	bulk.Gate = salesforce.NewPausingGate(concurrency)
	last := *client
	last.Transport, last.Gate = salesforce.NewTransport(rootPool, 0), nil
	return &providerData{
		client:         client,
		bulk:           &bulk,
		last:           &last,
		maxConcurrency: concurrency,
		apiVersion:     apiVersion,
		loginURL:       instanceURL + sitePath,
		revocationURL:  salesforce.RevocationURL(instanceURL, sitePath),
		addressSet:     instance.set || site.set || credentials.instanceURL != "",
		grant:          credentials.grant,
		accessToken:    credentials.accessToken,
		session:        sharedSession{turn: make(chan struct{}, 1)},
		audit:          audit,
		allowedOrgs:    allowed,
		recipients:     recipients,
		identities:     identities,
		now:            time.Now,
	}
}

// A setting is a value of the configuration or, where that is silent, of the
// environment.
type setting struct {
	attribute string
	variable  string            // that the value comes from; empty if from the configuration
	value     salesforce.Secret // which it is for some of the attributes; empty if there is none
	set       bool              // neither absent nor unknown
	unknown   bool
}

func lookup(value types.String, attribute, variable string, getenv func(string) string) setting {
	s := setting{attribute: attribute, value: salesforce.NewSecret(value.ValueString()), unknown: value.IsUnknown()}
	if value.IsNull() && variable != "" {
		s.variable, s.value = variable, salesforce.NewSecret(getenv(variable))
		s.set = !s.value.IsEmpty()
	} else {
		s.set = !value.IsNull() && !value.IsUnknown()
	}
	return s
}

// parse returns what read makes of the setting, or what holds without one. The
// errors of read are as of refuse, and never quote values.
func parse[T any](s setting, otherwise T, read func(string) (T, error), diags *diag.Diagnostics) T {
	if !s.set {
		return otherwise
	}
	result, err := read(s.value.Reveal())
	if err != nil {
		s.refuse(diags, err)
	}
	return result
}

// refuse reports a bad value. The error completes the sentence "instance_url …".
func (s setting) refuse(diags *diag.Diagnostics, err error) {
	if s.variable != "" {
		diags.Append(invalidVariable.with(values{"variable": s.variable, "attribute": s.attribute, "error": err}))
		return
	}
	diags.Append(invalidSetting.at(path.Root(s.attribute), values{"attribute": s.attribute, "error": err}))
}

// checkInstance refuses two addresses that contradict each other, unless one
// is in the configuration and so beats the environment.
func checkInstance(instance setting, instanceURL string, sfdx setting, sfdxInstanceURL string, diags *diag.Diagnostics) {
	overruled := instance.variable != "" && sfdx.variable == ""
	if instance.set && instanceURL != sfdxInstanceURL && !overruled {
		instance.refuse(diags, fmt.Errorf("names another host than sfdx_auth_url; leave one of the two out"))
	}
}

func newAuditFile(path string) (*auditFile, error) {
	if path == "" {
		return nil, fmt.Errorf("is empty; name a file, or leave it out")
	}
	return &auditFile{path: path}, nil
}

// known returns what stringsOf does, and whether all of it is known.
func known(set types.Set) (elements []string, isKnown bool) {
	for _, element := range set.Elements() {
		if element.IsUnknown() {
			return nil, false
		}
	}
	return stringsOf(set), !set.IsUnknown()
}

func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("must be a duration above zero, such as 30s or 1m30s")
	}
	return d, nil
}

func parseRoots(pem string) (*x509.CertPool, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // where the system has none, these are all
	}
	if !roots.AppendCertsFromPEM([]byte(pem)) {
		return nil, fmt.Errorf("holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")
	}
	return roots, nil
}
