package salesforcetest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/url"
	"testing"
	"time"
)

func newRSAKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func selfSigned(t *testing.T, key *rsa.PrivateKey) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func segment(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

func assertion(t *testing.T, key *rsa.PrivateKey, algorithm string, claims map[string]any) string {
	t.Helper()
	signed := segment(t, map[string]string{"alg": algorithm}) + "." + segment(t, claims)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestJWTBearer(t *testing.T) {
	t.Parallel()
	now := time.Unix(1900000000, 0)
	key, otherKey := newRSAKey(t), newRSAKey(t)
	server := start(t, Config{Certificate: selfSigned(t, key), Site: "/partners", Now: func() time.Time { return now }})

	for name, tc := range map[string]struct {
		claims    map[string]any // instead of the good ones
		key       *rsa.PrivateKey
		algorithm string
		want      string // error_description, or empty
	}{
		"good":                  {},
		"login URL":             {claims: map[string]any{"aud": "https://login.salesforce.com"}},
		"test URL":              {claims: map[string]any{"aud": "https://test.salesforce.com/"}},
		"own URL, slash":        {claims: map[string]any{"aud": server.URL + "/"}},
		"own URL with its site": {claims: map[string]any{"aud": server.URL + "/partners/"}},
		"several audiences":     {claims: map[string]any{"aud": []string{"https://example.com", server.URL}}},
		"milliseconds":          {claims: map[string]any{"exp": now.UnixMilli() + 300}},
		"quoted seconds":        {claims: map[string]any{"exp": "1900000180"}},

		"another host":         {claims: map[string]any{"aud": "https://example.com"}, want: "audience is invalid"},
		"another site":         {claims: map[string]any{"aud": server.URL + "/customers"}, want: "audience is invalid"},
		"login URL over http":  {claims: map[string]any{"aud": "http://login.salesforce.com"}, want: "audience is invalid"},
		"no audience":          {claims: map[string]any{"aud": nil}, want: "audience is invalid"},
		"expired":              {claims: map[string]any{"exp": now.Unix()}, want: "expired authorization code"},
		"no expiry":            {claims: map[string]any{"exp": nil}, want: "invalid assertion"},
		"another user":         {claims: map[string]any{"sub": "other@example.com"}, want: "user hasn't approved this consumer"},
		"another app":          {claims: map[string]any{"iss": "other"}, want: "client identifier invalid"},
		"another key":          {key: otherKey, want: "invalid assertion"},
		"another algorithm":    {algorithm: "none", want: "invalid assertion"},
		"claims of other type": {claims: map[string]any{"sub": 1}, want: "invalid assertion"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			claims := map[string]any{
				"iss": DefaultClientID,
				"sub": DefaultUsername,
				"aud": server.URL,
				"exp": now.Unix() + 180,
			}
			for claim, value := range tc.claims {
				claims[claim] = value
			}
			if tc.key == nil {
				tc.key = key
			}
			if tc.algorithm == "" {
				tc.algorithm = "RS256"
			}
			reply := signIn(t, server, jwtBearer(assertion(t, tc.key, tc.algorithm, claims)))
			if reply.ErrorDescription != tc.want || (reply.AccessToken == "") != (tc.want != "") {
				t.Errorf("answered %+v", reply)
			}
		})
	}

	for _, malformed := range []string{"", "a", "a.b", "a.b.c", "e30.e30.e30", "...", "\x00.\x00.\x00"} {
		if reply := signIn(t, server, jwtBearer(malformed)); reply.ErrorDescription != "invalid assertion" {
			t.Errorf("%q answered %+v", malformed, reply)
		}
	}
}

func jwtBearer(assertion string) url.Values {
	return url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}}
}
