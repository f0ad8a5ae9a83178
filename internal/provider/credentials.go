package provider

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
)

// The attributes that say how to sign in.
const (
	clientID     = "client_id"
	clientSecret = "client_secret"
	username     = "username"
	privateKey   = "private_key"
	refreshToken = "refresh_token"
	sfdxAuthURL  = "sfdx_auth_url"
	accessToken  = "access_token"
)

// signInSettings are the settings of these attributes, by attribute.
type signInSettings map[string]setting

// credentials are what they come to: a grant, a ready session, or nothing.
type credentials struct {
	grant       salesforce.Grant
	accessToken salesforce.Secret
	instanceURL string // where sfdx_auth_url names it; else empty
}

func lookupCredentials(config providerModel, getenv func(string) string) signInSettings {
	settings := make(signInSettings)
	for attribute, value := range map[string]types.String{
		clientID:     config.ClientID,
		clientSecret: config.ClientSecret,
		username:     config.Username,
		privateKey:   config.PrivateKey,
		refreshToken: config.RefreshToken,
		sfdxAuthURL:  config.SFDXAuthURL,
		accessToken:  config.AccessToken,
	} {
		settings[attribute] = lookup(value, attribute, "SALESFORCE_"+strings.ToUpper(attribute), getenv)
	}
	return settings
}

func (s signInSettings) unknown() bool {
	for _, setting := range s {
		if setting.unknown {
			return true
		}
	}
	return false
}

// parse finds the one way of signing in that the settings describe. Several
// ways at once, or half of one, are refused.
// A validation accepts a half whose other half may come from the environment of
// a later run.
func (s signInSettings) parse(validation bool, diags *diag.Diagnostics) (result credentials) {
	for _, attribute := range []string{clientID, clientSecret, username, refreshToken, accessToken} {
		parse(s[attribute], "", checked(salesforce.CheckToken), diags)
	}
	parse(s[privateKey], "", checked(salesforce.CheckPrivateKey), diags)
	sfdx := parse(s[sfdxAuthURL], salesforce.SFDXAuthURL{}, salesforce.ParseSFDXAuthURL, diags)
	if s.unknown() || diags.HasError() {
		return result
	}

	value := func(attribute string) string { return s[attribute].value.Reveal() }
	secret := func(attribute string) salesforce.Secret { return salesforce.NewSecret(value(attribute)) }
	switch {
	case s.are():
	case s.are(clientID, clientSecret):
		result.grant = salesforce.ClientCredentials{ClientID: value(clientID), ClientSecret: secret(clientSecret)}
	case s.are(clientID, username, privateKey):
		result.grant = salesforce.JWTBearer{ClientID: value(clientID), Username: value(username), PrivateKey: secret(privateKey)}
	case s.are(clientID, refreshToken), s.are(clientID, clientSecret, refreshToken):
		result.grant = salesforce.RefreshGrant{ClientID: value(clientID), ClientSecret: secret(clientSecret), RefreshToken: secret(refreshToken)}
	case s.are(sfdxAuthURL):
		result.grant, result.instanceURL = sfdx.RefreshGrant, sfdx.InstanceURL
	case s.are(accessToken):
		result.accessToken = secret(accessToken)
	case validation && s.mayBecomeComplete():
	default:
		s.refuse(diags)
	}
	return result
}

// waysOfSigningIn are the attributes that belong together.
var waysOfSigningIn = [][]string{
	{clientID, clientSecret},
	{clientID, username, privateKey},
	{clientID, clientSecret, refreshToken},
	{sfdxAuthURL},
	{accessToken},
}

// mayBecomeComplete reports whether more attributes could make one way of
// signing in of those that are set.
func (s signInSettings) mayBecomeComplete() bool {
	return slices.ContainsFunc(waysOfSigningIn, func(way []string) bool {
		for attribute, setting := range s {
			if setting.set && !slices.Contains(way, attribute) {
				return false
			}
		}
		return true
	})
}

// are reports whether exactly these attributes are set.
func (s signInSettings) are(attributes ...string) bool {
	for attribute, setting := range s {
		if setting.set != slices.Contains(attributes, attribute) {
			return false
		}
	}
	return true
}

func (s signInSettings) refuse(diags *diag.Diagnostics) {
	var set []string
	for attribute, setting := range s {
		switch {
		case setting.set && setting.variable != "":
			set = append(set, fmt.Sprintf("%s (from %s)", attribute, setting.variable))
		case setting.set:
			set = append(set, attribute)
		}
	}
	slices.Sort(set)
	diags.Append(ambiguousCredentials.with(values{"set": strings.Join(set, ", ")}))
}

// checked reads a value by looking at it.
func checked(check func(string) error) func(string) (string, error) {
	return func(s string) (string, error) { return s, check(s) }
}
