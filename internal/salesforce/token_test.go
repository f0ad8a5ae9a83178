package salesforce

import (
	"encoding/base64"
	"strings"
	"testing"
)

const sampleToken = "00D5g000004fLlm!AQEAQPx.hVb1_0k9Yd2Zc8s7RtUuWw"

func TestInspectToken(t *testing.T) {
	t.Parallel()
	jwt := func(header string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(header)) + ".e30.c2ln"
	}
	for _, test := range []struct {
		name, token  string
		kind         TokenKind
		organization string
	}{
		{"15-character org id", sampleToken, AccessToken, "00D5g000004fLlm"},
		{"18-character org id", "00D5g000004fLlmEAE!AQ.x_1", AccessToken, "00D5g000004fLlmEAE"},
		{"16-character org id", "00D5g000004fLlmE!AQ", UnknownToken, ""},
		{"text before it", "Bearer " + sampleToken, UnknownToken, ""},
		{"text behind it", sampleToken + " ", UnknownToken, ""},
		{"refresh token", "5Aep861TSESvWeug_xvFHRBTTbf_YrTWgEyjBJrFLe6PTjZ==", RefreshToken, ""},
		{"JWT access token", jwt(`{"tnk":"core/prod","typ":"JWT","tty":"sfdc-core-token","alg":"RS256"}`), JWTAccessToken, ""},
		{"ID token", jwt(`{"typ":"JWT","alg":"RS256"}`), UnknownToken, ""},
		{"JWT with two segments", strings.TrimSuffix(jwt(`{"typ":"JWT","tty":"sfdc-core-token"}`), ".c2ln"), UnknownToken, ""},
		{"JWT with a broken header", jwt(`{"typ":`), UnknownToken, ""},
		{"JWT with a header not in base64", "{}.e30.c2ln", UnknownToken, ""},
		{"empty", "", UnknownToken, ""},
	} {
		info := InspectToken(test.token)
		if info.Kind != test.kind || info.OrganizationID != test.organization {
			t.Errorf("%s: got %s of %q; want %s of %q", test.name, info.Kind, info.OrganizationID, test.kind, test.organization)
		}
	}
	if got, want := InspectToken("abc").SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; got != want {
		t.Errorf("SHA256 of abc = %s; want %s (FIPS 180-2, appendix B.1)", got, want)
	}
}

func TestCheckToken(t *testing.T) {
	t.Parallel()
	for _, token := range []string{sampleToken, "x", "a==", "!~", strings.Repeat("long", 4096)} {
		if err := CheckToken(token); err != nil {
			t.Errorf("CheckToken(%.20q): %v", token, err)
		}
	}
	for _, token := range []string{"", " ", "hunter2\n", " hunter2", "hun\tter2", "hunter2\x00", "hunter2\u00a0", "\ufeffhunter2", "hünter2", "Bearer hunter2", "bearer hunter2"} {
		if err := CheckToken(token); err == nil {
			t.Errorf("CheckToken(%q) found nothing to refuse", token)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("CheckToken(%q): %q quotes the token", token, err)
		} else if isBearer := strings.HasSuffix(token, "earer hunter2"); strings.Contains(err.Error(), "begins with Bearer") != isBearer {
			t.Errorf("CheckToken(%q): %v", token, err)
		}
	}
}
