package salesforce

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// marker is a part of inputs that no error may repeat.
const marker = "hunter2"

func assertNotQuoted(t *testing.T, err error) {
	t.Helper()
	if err != nil && strings.Contains(err.Error(), marker) {
		t.Errorf("the error quotes the input: %v", err)
	}
}

// serving answers every request in the same way.
func serving(status int, header http.Header, body io.Reader) roundTripper {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(body)}, nil
	}
}

// brokenOff is a body whose end is missing.
func brokenOff(body []byte) io.Reader {
	return io.MultiReader(bytes.NewReader(body), errReader{})
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// isStatus accepts what net/http returns from a server.
func isStatus(status int) bool { return status >= 100 && status <= 999 }

// Revoked is said only of an answer that means it, and no error shows the token.
// An @ in an answer stands for the token.
func FuzzRevokeAnswer(f *testing.F) {
	for _, body := range []string{
		"", " \r\n", "{}", ` {"success":true}`, `{"error":"invalid_token"}`, `{"error":null}`, `{"error":{}}`, `{"success":`, "[]", "OK", "<html>@</html>",
		"error=invalid_token&error_description=@", "error_description=%zz@&error=invalid_token", `{"error":"@","error_description":"\u0030@"}`, `[{"errorCode":"@","message":"@"}]`,
		`{"a":{"error":1}}`, `{"error":1}{}`, `{"Error":"x"}`, `{"\u0065rror":"x"}`, "error", "error=&error=x", ";error=invalid_token",
	} {
		for _, status := range []int{200, 400, 403} {
			f.Add(status, "", []byte(body), false, false)
			f.Add(status, "https://@.example/", []byte(body), true, true)
		}
	}
	f.Add(302, "https://@.example/@", []byte(nil), false, false)
	f.Add(503, "99999999999999999999", []byte("@"), false, true)
	f.Add(101, "", []byte("@"), false, false)
	f.Fuzz(func(t *testing.T, status int, header string, body []byte, broken, earlier bool) {
		if !isStatus(status) {
			t.Skip("no status of HTTP")
		}
		body = bytes.ReplaceAll(body, []byte("@"), []byte(sampleToken))
		header = strings.ReplaceAll(header, "@", sampleToken)
		a := &answer{
			request: postForm("https://a.example/revoke", url.Values{"token": {sampleToken}}),
			status:  status, header: http.Header{"Location": {header}, "Retry-After": {header}, "Content-Type": {header}}, body: body,
			attempts: 1, connected: true, sent: true, arrived: true, unanswered: earlier,
		}
		if broken {
			a.err = io.ErrUnexpectedEOF
		}
		outcome, err := a.outcome()
		switch {
		case (outcome == "") != (err != nil):
			t.Fatalf("outcome is %q, and the error %v", outcome, err)
		case outcome == AlreadyInvalid && (status != 400 || earlier || broken || !bytes.Contains(body, []byte("invalid"))):
			t.Errorf("%d with %q means already invalid", status, body)
		case outcome == Revoked && broken:
			t.Errorf("%d with %q, broken off, means revoked", status, body)
		case outcome == Revoked && status == 200:
			var object map[string]json.RawMessage
			if json.Unmarshal(body, &object) != nil && len(bytes.TrimSpace(body)) > 0 {
				t.Errorf("200 with %q means revoked", body)
			}
			if _, failed := object["error"]; failed {
				t.Errorf("200 with %q means revoked", body)
			}
		case outcome == Revoked && (status != 400 || !earlier || !bytes.Contains(body, []byte("invalid"))):
			t.Errorf("%d with %q means revoked", status, body)
		}
		for ; err != nil; err = errors.Unwrap(err) {
			if shown := fmt.Sprintf("%+v %#v %v", err, err, err); strings.Contains(shown, sampleToken) || strings.Contains(shown, url.QueryEscape(sampleToken)) {
				t.Errorf("the error shows the token: %s", shown)
			}
		}
	})
}

// A token that arrived is never lost, whatever stands around it, and wherever
// the answer breaks off behind it.
func FuzzTokenAnswer(f *testing.F) {
	f.Add(200, []byte(`"token_type":"Bearer","instance_url":"https://b.example"`), []byte(`,"id":"https://login.salesforce.com/id/00D000000000001/005000000000001"}`), false)
	f.Add(200, []byte(`"expires_in":"7200","instance_url":"https://u:p@b.example/path"`), []byte(`,"issued_at":99999999999999999999}`), true)
	f.Add(400, []byte(`"error":{},"refresh_token":7,"scope":[]`), []byte(`,"issued_at":"-1"`), true)
	f.Add(101, []byte(`"a":[[[{`), []byte(``), false)
	f.Fuzz(func(t *testing.T, status int, before, behind []byte, broken bool) {
		members := make(map[string]any)
		if !isStatus(status) || json.Unmarshal([]byte("{"+string(before)+"}"), &members) != nil || bytes.Contains(behind, []byte("access_token")) || bytes.Contains(behind, []byte(`\u`)) {
			t.Skip("no answer that brings one token")
		}
		comma := ","
		if len(members) == 0 {
			comma = ""
		}
		body := []byte(fmt.Sprintf(`{%s%s"access_token":%q%s`, before, comma, sampleToken, behind))
		reader := io.Reader(bytes.NewReader(body))
		if broken {
			reader = brokenOff(body)
		}
		client := &Client{Transport: serving(status, nil, reader)}
		session, err := client.SignIn(t.Context(), "https://a.example/partners", ClientCredentials{"id", NewSecret("secret")})
		if status == http.StatusSwitchingProtocols || int64(len(before)) > maxAnswer-1000 {
			return // Its body is not read, or not all of it.
		}
		if err != nil {
			t.Fatalf("%d with %s: %v", status, body, err)
		}
		if session.AccessToken.Reveal() != sampleToken {
			t.Errorf("%d with %s: the token is %q", status, body, session.AccessToken.Reveal())
		}
		if again, err := ParseInstanceURL(session.InstanceURL); again != session.InstanceURL || err != nil {
			t.Errorf("the token serves at %q: %v", session.InstanceURL, err)
		}
	})
}

// An answer of any form leads to a session with a token or to an error, and an
// error of a success says that a token may have been minted.
func FuzzSignInAnswer(f *testing.F) {
	for _, body := range []string{
		"", "{", "null", `{"access_token":""}`, `{"access_token":7e3}`, `{"access_token":{}}`, `{"access_token":"x"`, `{"access_token":"x"}{`, `{"a":1,}`, `{"a" "access_token":"x"}`,
		`[{"errorCode":"x"}]`, "error=x", `{"error":"x"}`, "<html>", strings.Repeat("[", 20000),
	} {
		f.Add(200, []byte(body), false)
		f.Add(400, []byte(body), true)
	}
	f.Fuzz(func(t *testing.T, status int, body []byte, broken bool) {
		if !isStatus(status) {
			t.Skip("no status of HTTP")
		}
		reader := io.Reader(bytes.NewReader(body))
		if broken {
			reader = brokenOff(body)
		}
		client := &Client{Transport: serving(status, nil, reader)}
		session, err := client.SignIn(t.Context(), "https://a.example", ClientCredentials{"id", NewSecret("secret")})
		if (session == nil) != (err != nil) || session != nil && session.AccessToken.IsEmpty() {
			t.Fatalf("the session is %+v, and the error %v", session, err)
		}
		if err != nil && status < 300 && !MayHaveMinted(err) {
			t.Errorf("%d with %q is held to have minted nothing", status, body)
		}
	})
}

// An auth URL is taken apart so that nothing of it changes or is lost.
func FuzzParseSFDXAuthURL(f *testing.F) {
	f.Add("force://", "::5Aep861.a_b-c==@example.my.salesforce.com")
	f.Add("force://PlatformCLI:", "=:5Aep861@localhost:8443")
	f.Add("force://id:secret:", "@Example.my.salesforce.com")
	f.Add("", "")
	f.Add("force://a:b:c@", ":99999")
	f.Fuzz(func(t *testing.T, before, behind string) {
		input := before + marker + behind
		got, err := ParseSFDXAuthURL(input)
		assertNotQuoted(t, err)
		if err != nil {
			return
		}
		host := strings.TrimPrefix(got.InstanceURL, "https://")
		again := fmt.Sprintf("force://%s:%s:%s@%s", got.ClientID, got.ClientSecret.Reveal(), got.RefreshToken.Reveal(), host)
		if !strings.EqualFold(again, input) || !strings.HasPrefix(input, strings.TrimSuffix(again, host)) {
			t.Errorf("%q was read as %q", input, again)
		}
		if got.ClientID == "" || got.RefreshToken.IsEmpty() || host == "" {
			t.Errorf("%q was read with a part missing: %q", input, again)
		}
	})
}

// Whatever passes the check signs, or says why not.
func FuzzCheckPrivateKey(f *testing.F) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		f.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	for kind, der := range map[string][]byte{"RSA PRIVATE KEY": x509.MarshalPKCS1PrivateKey(rsaKey), "CERTIFICATE": []byte(marker), "ENCRYPTED PRIVATE KEY": nil} {
		f.Add(string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
	}
	for _, key := range []any{rsaKey, ecKey} {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	}
	f.Add("-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: " + marker + "\n\naHVudGVyMg==\n-----END RSA PRIVATE KEY-----")
	f.Add(marker)
	f.Fuzz(func(t *testing.T, key string) {
		err := CheckPrivateKey(key)
		assertNotQuoted(t, err)
		_, formErr := JWTBearer{"id", "user", NewSecret(key)}.form("https://a.example")
		assertNotQuoted(t, formErr)
		if err != nil && formErr == nil {
			t.Errorf("a key signs that is refused: %v", err)
		}
	})
}

// A wait is never negative, and only an answer that means "later" has one.
func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{
		"0", "90", " 90 ", "-1", "+1", "1.5", "1e3", "4294967295", "4294967296", "99999999999999999999", "0x10", "1_000", "soon", "",
		"Fri, 31 Dec 1999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Friday, 31-Dec-99 23:59:59 GMT", "Fri Dec 31 23:59:59 1999", "Fri, 31 Dec 0000 23:59:59 GMT",
	} {
		f.Add(503, value)
		f.Add(200, value)
	}
	f.Fuzz(func(t *testing.T, status int, value string) {
		a := &answer{status: status, header: http.Header{"Retry-After": {value}}}
		wait, asked := a.retryAfter()
		if wait < 0 || !asked && wait != 0 || asked && !retryable(status) {
			t.Errorf("Retry-After %q of a %d: %s, %t", value, status, wait, asked)
		}
		if seconds, err := strconv.ParseUint(value, 10, 32); err == nil && retryable(status) && wait != time.Duration(seconds)*time.Second {
			t.Errorf("Retry-After %q: %s", value, wait)
		}
		value = strings.TrimSpace(value)
		if _, err := http.ParseTime(value); err != nil && asked && strings.Trim(value, "0123456789") != "" {
			t.Errorf("Retry-After %q, which is neither seconds nor a date: %s", value, wait)
		}
		gate := NewPausingGate(1)
		gate.pause(wait)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if wait > time.Hour && !errors.Is(gate.enter(ctx), ErrPaused) {
			t.Errorf("a gate is open in spite of Retry-After %q", value)
		}
	})
}

// A site can be put behind an origin, and changes nothing but the path.
func FuzzParseSite(f *testing.F) {
	for _, site := range []string{"", "/", "partners", "/a/b/", "a/../b", ".", "%2e%2e", "//x", "https://x", "a?b", "a#b", `a\b`, "@x", ":8443", "a b", "a\n", "é", "..."} {
		f.Add(site)
	}
	f.Fuzz(func(t *testing.T, input string) {
		site, err := ParseSite(input)
		if err != nil {
			return
		}
		if again, err := ParseSite(site); again != site || err != nil {
			t.Errorf("%q is no site a second time: %q, %v", site, again, err)
		}
		target := RevocationURL("https://a.example", site)
		u, err := url.Parse(target)
		if err != nil || u.String() != target || u.Scheme+"://"+u.Host+u.Path != target || u.Host != "a.example" || path.Clean(u.Path) != u.Path {
			t.Errorf("ParseSite(%q) makes the address %q", input, target)
		}
	})
}

// An instance URL is an origin that a token may be sent to.
func FuzzParseInstanceURL(f *testing.F) {
	for _, input := range []string{"https://|.my.salesforce.com", "https://Login.|.com/", "https://u:|@sf.example", "http://localhost:80|", "http://[::1|]", "https://|:65535", "https://a?|", "https://a.example\\@|", "HTTPS://|", "|", "https://%68|"} {
		before, behind, _ := strings.Cut(input, "|")
		f.Add(before, marker, behind)
		f.Add(before, "", behind)
	}
	f.Fuzz(func(t *testing.T, before, middle, behind string) {
		input := before + middle + behind
		got, err := ParseInstanceURL(input)
		if middle == marker {
			assertNotQuoted(t, err)
		}
		if err != nil {
			return
		}
		if again, err := ParseInstanceURL(got); again != got || err != nil {
			t.Errorf("%q is no instance URL a second time: %q, %v", got, again, err)
		}
		u, err := url.Parse(got)
		if err != nil || got != u.Scheme+"://"+u.Host || u.User != nil || u.Hostname() == "" || !strings.Contains(strings.ToLower(input), u.Host) {
			t.Fatalf("ParseInstanceURL(%q) = %q", input, got)
		}
		if host := u.Hostname(); u.Scheme != "https" && (u.Scheme != "http" || host != "localhost" && !net.ParseIP(host).IsLoopback()) {
			t.Errorf("ParseInstanceURL(%q) = %q: a token would travel in clear text", input, got)
		}
	})
}

// A literal of SOQL ends where it should, and means the text that was given.
func FuzzQuote(f *testing.F) {
	for _, text := range []string{"", "Data Loader", `O'Brien \ "Söhne"`, `\`, `\'`, "line\nbreak\x00\u0085", `' OR AppName != '`, `\u0027`, "\xff", "😀"} {
		f.Add(text)
	}
	// The grammar of the SOQL and SOSL Reference.
	literal := regexp.MustCompile(`^'(?:[^'"\\\p{Cc}]|\\['"\\]|\\u[0-9a-f]{4})*'$`)
	escape := regexp.MustCompile(`\\(?:u[0-9a-f]{4}|.)`)
	f.Fuzz(func(t *testing.T, text string) {
		quoted := quote(text)
		if !literal.MatchString(quoted) {
			t.Fatalf("quote(%q) = %s, which is no literal", text, quoted)
		}
		meant := escape.ReplaceAllStringFunc(quoted[1:len(quoted)-1], func(escaped string) string {
			if len(escaped) == 2 {
				return escaped[1:]
			}
			code, _ := strconv.ParseUint(escaped[2:], 16, 16)
			return string(rune(code))
		})
		if want := string([]rune(text)); meant != want {
			t.Errorf("quote(%q) = %s, which means %q", text, quoted, meant)
		}
	})
}
