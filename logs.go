package main

import (
	"os"
	"strings"
)

// silenced are the environment variables that the SDK takes the levels of its
// loggers from, and of the provider's.
var silenced = []string{"TF_LOG_SDK", "TF_LOG_SDK_PROTO", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_PROVIDER_SALESFORCE"}

// silenceLogs switches all logs off if nobody asked for any. The SDK would make
// some thirty lines for each call, and leave it to the engine to parse and to
// drop them: a third of the time that a provider takes.
func silenceLogs() {
	if logsAsked(os.Environ()) {
		return
	}
	for _, name := range silenced {
		_ = os.Setenv(name, "OFF") // These names cannot be refused.
	}
}

// logsAsked reports whether an environment, in the form NAME=value, asks for
// logs of a provider. An empty value means to the engine that there is none.
func logsAsked(environ []string) bool {
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		name = strings.ToUpper(name) // Windows tells no letter case apart.
		asks := name == "TF_LOG" || strings.HasPrefix(name, "TF_LOG_PROVIDER") || strings.HasPrefix(name, "TF_LOG_SDK")
		if asks && value != "" {
			return true
		}
	}
	return false
}
