package salesforce_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforce"
	fake "github.com/seed-96a09c2e/terraform-provider-salesforce/internal/salesforcetest"
)

var clientCredentials = salesforce.ClientCredentials{ClientID: fake.DefaultClientID, ClientSecret: salesforce.NewSecret(fake.DefaultClientSecret)}

// newKey returns an RSA key and a certificate for it.
func newKey(t *testing.T) (*rsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := newRSAKey()
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, certificate
}

// newRSAKey returns the same key each time: to find one takes as long as all
// tests of a sign-in together.
var newRSAKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func pkcs8(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return toPEM("PRIVATE KEY", der)
}

func toPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	key, certificate := newKey(t)
	jwtBearer := salesforce.JWTBearer{ClientID: fake.DefaultClientID, Username: fake.DefaultUsername, PrivateKey: salesforce.NewSecret(pkcs8(t, key))}
	pkcs1 := jwtBearer
	pkcs1.PrivateKey = salesforce.NewSecret(toPEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)))
	const refreshToken = "5Aep861.refresh_token=="
	refresh := salesforce.RefreshGrant{ClientID: fake.DefaultClientID, ClientSecret: salesforce.NewSecret(fake.DefaultClientSecret), RefreshToken: salesforce.NewSecret(refreshToken)}

	for name, grant := range map[string]salesforce.Grant{
		"client credentials": clientCredentials,
		"JWT, PKCS#8":        jwtBearer,
		"JWT, PKCS#1":        pkcs1,
		"refresh token":      refresh,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := fake.NewServer(fake.NewOrg(fake.Config{Site: "/partners", Certificate: certificate, RefreshTokens: []string{refreshToken}}))
			t.Cleanup(server.Close)
			session, err := newClient(t, 4).SignIn(t.Context(), server.URL+"/partners", grant)
			if err != nil {
				t.Fatal(err)
			}
			if !server.Org.Alive(session.AccessToken.Reveal()) {
				t.Error("the token is not one of the org")
			}
			tokens := server.Org.Tokens()
			minted := tokens[len(tokens)-1]
			if session.InstanceURL != server.URL || session.TokenType != "Bearer" || session.UserID != minted.UserID ||
				session.OrganizationID != strings.Split(minted.Value, "!")[0] && session.OrganizationID[:15] != strings.Split(minted.Value, "!")[0] ||
				!strings.HasSuffix(session.IdentityURL, session.OrganizationID+"/"+session.UserID) || !session.RefreshToken.IsEmpty() {
				t.Errorf("the session is %+v", session)
			}
			if diff := minted.IssuedAt.Sub(session.IssuedAt); diff < 0 || diff > time.Millisecond {
				t.Errorf("issued at %s; the org says %s", session.IssuedAt, minted.IssuedAt)
			}
			requests := server.Org.Requests()
			if len(requests) != 1 || requests[0].RequestURI != "/partners/services/oauth2/token" || requests[0].Header.Get("User-Agent") != "test/1.0" {
				t.Errorf("the requests are %+v; want one at the site's token endpoint", requests)
			}
		})
	}
}

func TestSignInAssertion(t *testing.T) {
	t.Parallel()
	key, certificate := newKey(t)
	server := fake.NewServer(fake.NewOrg(fake.Config{Certificate: certificate}))
	t.Cleanup(server.Close)
	grant := salesforce.JWTBearer{ClientID: fake.DefaultClientID, Username: fake.DefaultUsername, PrivateKey: salesforce.NewSecret(pkcs8(t, key))}
	if _, err := newClient(t, 0).SignIn(t.Context(), server.URL, grant); err != nil {
		t.Fatal(err)
	}
	segments := strings.Split(server.Org.Requests()[0].Form.Get("assertion"), ".")
	decode := func(segment string) (claims map[string]any) {
		decoded, err := base64.RawURLEncoding.DecodeString(segment)
		if err == nil {
			err = json.Unmarshal(decoded, &claims)
		}
		if err != nil {
			t.Fatal(err)
		}
		return claims
	}
	if header := decode(segments[0]); header["alg"] != "RS256" {
		t.Errorf("the header is %v", header)
	}
	claims := decode(segments[1])
	if claims["iss"] != fake.DefaultClientID || claims["sub"] != fake.DefaultUsername || claims["aud"] != server.URL {
		t.Errorf("the claims are %v", claims)
	}
	exp, _ := claims["exp"].(float64)
	if left := time.Until(time.Unix(int64(exp), 0)); left <= 0 || left > 3*time.Minute {
		t.Errorf("the assertion expires in %s; want 3 minutes at most", left)
	}
}

func TestSignInRotation(t *testing.T) {
	t.Parallel()
	server := fake.NewServer(fake.NewOrg(fake.Config{RotateRefreshTokens: true}))
	t.Cleanup(server.Close)
	old := server.Org.IssueRefreshToken()
	session, err := newClient(t, 0).SignIn(t.Context(), server.URL,
		salesforce.RefreshGrant{ClientID: fake.DefaultClientID, ClientSecret: salesforce.NewSecret(fake.DefaultClientSecret), RefreshToken: salesforce.NewSecret(old)})
	if err != nil {
		t.Fatal(err)
	}
	if server.Org.Alive(old) || !server.Org.Alive(session.RefreshToken.Reveal()) {
		t.Errorf("the new refresh token is %q", session.RefreshToken.Reveal())
	}
}

// A token that nobody holds cannot be revoked, so a sign-in that may have
// arrived is not repeated.
func TestSignInFailures(t *testing.T) {
	t.Parallel()
	key, certificate := newKey(t)
	grants := map[string]salesforce.Grant{
		"client credentials": clientCredentials,
		"JWT":                salesforce.JWTBearer{ClientID: fake.DefaultClientID, Username: fake.DefaultUsername, PrivateKey: salesforce.NewSecret(pkcs8(t, key))},
	}
	for name, test := range map[string]struct {
		fault   fake.Fault
		isError func(error) bool
	}{
		"refused":            {fake.JSONError(400, "invalid_grant", "no"), isResponse(400, "invalid_grant", "no")},
		"refused with 200":   {fake.JSONError(200, "invalid_grant", "no"), nil},
		"out of order":       {fake.Status(503, soon, ""), isResponse(503, "", "")},
		"too many":           {fake.Status(429, soon, ""), isResponse(429, "", "")},
		"redirect":           {fake.Redirect(307, "https://evil.example"), is[*salesforce.RedirectError]},
		"page":               {fake.HTML(), is[*salesforce.UnexpectedAnswerError]},
		"flood":              {fake.Flood(1 << 20), is[*salesforce.UnexpectedAnswerError]},
		"array":              {fake.Status(200, nil, `["access_token","hunter2"]`), is[*salesforce.UnexpectedAnswerError]},
		"no name":            {fake.Status(200, nil, `{"a":1,7:"x","access_token":"hunter2"}`), is[*salesforce.UnexpectedAnswerError]},
		"empty":              {fake.Status(200, http.Header{"Content-Type": {"application/json"}}, "{}"), is[*salesforce.UnexpectedAnswerError]},
		"dropped before":     {fake.DropBefore(), is[*salesforce.UnansweredError]},
		"dropped after":      {fake.DropAfter(), is[*salesforce.UnansweredError]},
		"repeats the secret": {fake.Echo(400), is[*salesforce.ResponseError]},
	} {
		for grantName, grant := range grants {
			t.Run(name+", "+grantName, func(t *testing.T) {
				t.Parallel()
				server := fake.NewServer(fake.NewOrg(fake.Config{Certificate: certificate}))
				t.Cleanup(server.Close)
				server.Org.ScriptAlways(fake.TokenPath, test.fault)
				session, err := newClient(t, 4).SignIn(t.Context(), server.URL, grant)
				if err == nil {
					t.Fatalf("the session is %+v", session)
				}
				if test.isError != nil && !test.isError(err) {
					t.Errorf("error is %T: %v", err, err)
				}
				requests := server.Org.Requests()
				if len(requests) != 1 {
					t.Fatalf("%d requests arrived; want 1", len(requests))
				}
				for _, secret := range []string{fake.DefaultClientSecret, requests[0].Form.Get("assertion")} {
					if secret != "" {
						assertNoToken(t, err, secret)
					}
				}
			})
		}
	}
}

func is[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

func isResponse(status int, code, description string) func(error) bool {
	return func(err error) bool {
		var e *salesforce.ResponseError
		return errors.As(err, &e) && e.Status == status && e.Code == code && e.Description == description
	}
}

func TestSignInRefusedConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, client := startOrgInMemory(t, 1)
		server.Close()
		_, err := client.SignIn(t.Context(), server.URL, clientCredentials)
		var unanswered *salesforce.UnansweredError
		if !errors.As(err, &unanswered) || unanswered.Arrived || unanswered.Attempts != 2 {
			t.Errorf("error is %#v; want two attempts that did not arrive", err)
		}
	})
}

// No other flow is refused there, and no other host.
func TestLoginHost(t *testing.T) {
	t.Parallel()
	for _, loginURL := range []string{"https://login.salesforce.com", "https://test.salesforce.com/partners"} {
		var org handlerTransport
		org.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Errorf("a request was sent to %s", loginURL) })
		_, err := (&salesforce.Client{Transport: org}).SignIn(t.Context(), loginURL, clientCredentials)
		if !errors.Is(err, salesforce.ErrLoginHost) || salesforce.MayHaveMinted(err) {
			t.Errorf("%s: %v", loginURL, err)
		}
	}
	org := fake.NewOrg(fake.Config{})
	client := &salesforce.Client{Transport: handlerTransport{org}}
	refresh := salesforce.RefreshGrant{ClientID: fake.DefaultClientID, RefreshToken: salesforce.NewSecret(org.IssueRefreshToken())}
	if _, err := client.SignIn(t.Context(), "https://login.salesforce.com", refresh); err != nil {
		t.Error(err)
	}
	if _, err := client.SignIn(t.Context(), "https://login.salesforce.com.example", clientCredentials); err != nil {
		t.Error(err)
	}
}

// What cannot be sent is not sent, and mints nothing.
func TestSignInWithNothingToSend(t *testing.T) {
	t.Parallel()
	client := &salesforce.Client{Transport: handlerTransport{http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })}}
	for name, test := range map[string]struct {
		loginURL string
		grant    salesforce.Grant
		want     string
	}{
		"no key":        {"https://a.example", salesforce.JWTBearer{PrivateKey: salesforce.NewSecret("hunter2")}, "the private key is not in PEM form"},
		"short key":     {"https://a.example", salesforce.JWTBearer{PrivateKey: salesforce.NewSecret(toPEM("RSA PRIVATE KEY", shortKey(t)))}, "the private key is too short to sign with"},
		"malformed URL": {"https://hunter2.example/%", clientCredentials, "the URL of the request is malformed"},
	} {
		_, err := client.SignIn(t.Context(), test.loginURL, test.grant)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") || salesforce.MayHaveMinted(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// shortKey is an RSA key of 256 bits, in PKCS#1, which no hash of RS256 fits in.
func shortKey(t *testing.T) []byte {
	t.Helper()
	one, e := big.NewInt(1), big.NewInt(65537)
	for {
		p, err := rand.Prime(rand.Reader, 128)
		if err != nil {
			t.Fatal(err)
		}
		q, err := rand.Prime(rand.Reader, 128)
		if err != nil {
			t.Fatal(err)
		}
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		if d := new(big.Int).ModInverse(e, phi); d != nil {
			key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}, D: d, Primes: []*big.Int{p, q}}
			key.Precompute()
			return x509.MarshalPKCS1PrivateKey(key)
		}
	}
}

func TestCheckPrivateKey(t *testing.T) {
	t.Parallel()
	key, _ := newKey(t)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ key, says string }{
		"PKCS#8":    {pkcs8(t, key), ""},
		"PKCS#1":    {toPEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)), ""},
		"text":      {"hunter2", "PEM form"},
		"one line":  {strings.ReplaceAll(pkcs8(t, key), "\n", `\n`), "where a PEM file has line breaks"},
		"empty":     {"", "PEM form"},
		"EC":        {pkcs8(t, ec), "not an RSA key"},
		"damaged":   {toPEM("PRIVATE KEY", []byte("hunter2")), "neither a PKCS#1 nor a PKCS#8"},
		"encrypted": {toPEM("ENCRYPTED PRIVATE KEY", []byte("hunter2")), "passphrase"},
		"old encrypted": {string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: []byte("hunter2"),
			Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"}})), "passphrase"},
		"certificate": {toPEM("CERTIFICATE", []byte("hunter2")), "neither a PKCS#1 nor a PKCS#8"},
	} {
		err := salesforce.CheckPrivateKey(test.key)
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: error is %v; want %q in it", name, err, test.says)
		}
	}
}

func TestParseSFDXAuthURL(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]salesforce.SFDXAuthURL{
		"force://PlatformCLI::5Aep861.a_b-c==@example.my.salesforce.com": {
			RefreshGrant: salesforce.RefreshGrant{ClientID: "PlatformCLI", RefreshToken: salesforce.NewSecret("5Aep861.a_b-c==")}, InstanceURL: "https://example.my.salesforce.com",
		},
		"force://3MVG9.id:5ECRET=:5Aep861@localhost:8443": {
			RefreshGrant: salesforce.RefreshGrant{ClientID: "3MVG9.id", ClientSecret: salesforce.NewSecret("5ECRET="), RefreshToken: salesforce.NewSecret("5Aep861")}, InstanceURL: "https://localhost:8443",
		},
	} {
		if got, err := salesforce.ParseSFDXAuthURL(input); !reflect.DeepEqual(got, want) || err != nil {
			t.Errorf("ParseSFDXAuthURL(%q) = %+v, %v; want %+v", input, got, err, want)
		}
	}
	for _, input := range []string{
		"", "hunter2", "force://hunter2", "force://a:b:hunter2", "force://a:b:hunter2@", "force://a:b@hunter2", "force://::hunter2@host", "force://a:hunter2:@host",
		"force://a:b:hunter2@host\n", " force://a:b:hunter2@host", "xforce://a:b:hunter2@host", "force://a:b:hunter2@host/path", "force://a:b:hun ter2@host",
		"force://a:b:hunter2@host:port", "force://a:b:hunter2@https://host", "force://a:b:c:hunter2@host", "force://a:b:hunter2@host@evil", "https://a:b:hunter2@host",
	} {
		got, err := salesforce.ParseSFDXAuthURL(input)
		if err == nil {
			t.Errorf("ParseSFDXAuthURL(%q) = %+v; want an error", input, got)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("ParseSFDXAuthURL(%q): %q quotes the input", input, err)
		}
	}
}
