package main

import (
	"os"
	"testing"
)

func TestSilenceLogs(t *testing.T) {
	for _, test := range []struct {
		variable string // that is set besides PATH and the like
		value    string
		silent   bool
	}{
		{"TF_LOG_CORE", "TRACE", true}, // the engine's own logs
		{"TF_LOG_PATH", "trace.log", true},
		{"TF_LOG", "", true},
		{"TF_LOG", "ERROR", false},
		{"TF_LOG", "off", false},
		{"TF_LOG_PROVIDER", "INFO", false},
		{"TF_LOG_PROVIDER_SALESFORCE", "INFO", false},
		{"TF_LOG_SDK", "DEBUG", false},
		{"TF_LOG_SDK_PROTO", "TRACE", false},
		{"TF_LOG_SDK_FRAMEWORK", "TRACE", false},
		{"TF_LOG_SDK_PROTO_DATA_DIR", "data", false},
	} {
		t.Run(test.variable+"="+test.value, func(t *testing.T) {
			for _, name := range append([]string{"TF_LOG", "TF_LOG_PROVIDER", "TF_LOG_SDK_PROTO_DATA_DIR"}, silenced...) {
				t.Setenv(name, "")
			}
			t.Setenv(test.variable, test.value)
			silenceLogs()
			for _, name := range silenced {
				want := ""
				if test.silent {
					want = "OFF"
				} else if name == test.variable {
					want = test.value
				}
				if got := os.Getenv(name); got != want {
					t.Errorf("%s is %q; want %q", name, got, want)
				}
			}
		})
	}
}
