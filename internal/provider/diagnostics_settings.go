package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// The messages about the configuration.
var (
	invalidSetting = message{
		severity: diag.SeverityError,
		summary:  "Invalid Provider Setting {attribute}",
		happened: "{attribute} {error}.",
		meaning:  "Nothing was sent.",
		remedy:   "Correct the setting in the configuration of the provider.",
		token:    unaffected,
	}
	invalidVariable = message{
		severity: diag.SeverityError,
		summary:  "Invalid Environment Variable {variable}",
		happened: "{variable}, which sets the provider's {attribute}, {error}.",
		meaning:  "Nothing was sent.",
		remedy:   "Correct the variable, or set {attribute} in the configuration of the provider, which takes precedence.",
		token:    unaffected,
	}
	ambiguousCredentials = message{
		severity: diag.SeverityError,
		summary:  "Ambiguous or Incomplete Credentials",
		happened: "The provider's credentials are {set}, which is not one way of signing in.",
		meaning:  "Nothing was sent.",
		remedy: "Set one of these and nothing else: client_id and client_secret; client_id, username and private_key; " +
			"client_id and refresh_token, with client_secret if the app has one; sfdx_auth_url; access_token.",
		token: unaffected,
	}
	invalidToken = message{
		severity: diag.SeverityError,
		summary:  "Invalid Token",
		happened: "{attribute} {error}.",
		meaning:  "Nothing was sent.",
		remedy:   "{hint}",
		token:    unaffected,
	}
	invalidValue = message{
		severity: diag.SeverityError,
		summary:  "Invalid Value",
		happened: "{attribute} {error}.",
		meaning:  "Nothing was sent.",
		remedy:   "Correct the value.",
		token:    unaffected,
	}
	notConfigured = message{
		severity: diag.SeverityError,
		summary:  "Provider Not Configured",
		happened: "The configuration of the provider is not known yet.",
		meaning:  "Nothing was sent.",
		remedy:   "Apply what the configuration depends on first.",
		token:    unaffected,
	}
	protocolFilesMessage = message{
		severity: diag.SeverityWarning,
		summary:  "Protocol Files Not Written",
		happened: "The environment variable " + protocolFiles + " is set. It makes a provider write every message of the plugin protocol to a file, with all tokens and keys in plain text.",
		meaning:  "This provider ignores it: no such file was written, and the run is not affected.",
		remedy:   "Unset the variable to stop this warning.",
		token:    unaffected,
	}
	valueNotConverted = message{
		severity: diag.SeverityError,
		summary:  "Value Not Converted",
		happened: "The provider cannot convert {attribute} ({type}).",
		meaning:  "If this happens in an apply or a destroy, the token may have been revoked already.",
		remedy:   "This is a bug in the provider: please report it.",
		token:    mayBeValid,
	}
	unexpectedProviderData = message{
		severity: diag.SeverityError,
		summary:  "Unexpected Provider Data",
		happened: "The provider's data is of type {type}.",
		meaning:  "Nothing was sent.",
		remedy:   "This is a bug in the provider: please report it.",
		token:    unaffected,
	}
)

var settingMessages = []message{
	invalidSetting, invalidVariable, ambiguousCredentials, invalidToken, invalidValue, notConfigured, protocolFilesMessage, valueNotConverted, unexpectedProviderData,
}

// Diagnostics without anything to fill in.
var (
	errNotConfigured     = notConfigured.with(nil)
	protocolFilesRefused = protocolFilesMessage.with(nil)
)
