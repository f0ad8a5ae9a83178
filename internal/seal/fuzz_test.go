package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"filippo.io/age"
)

// These keys are of no use: they are fixed so that what one process seals, the
// workers of a fuzzing run can open.
const (
	fuzzRecipient = "age18jjsh4g7speexppg4qe56uwktafqaqkgvewapzhszvh5slvwlvlqechx7e"
	fuzzIdentity  = "AGE-SECRET-KEY-1ZQ5HAHXK5HKWVTTU5AP5C6P05XNAY5PH7LK3HPLU8SK5DDZHV9RQCLW76Y"
)

// What was altered in any way is never opened as another document, even for an
// attacker who corrects the checksum.
func FuzzOpen(f *testing.F) {
	recipients, err := ParseRecipients(fuzzRecipient)
	if err != nil {
		f.Fatal(err)
	}
	identities, err := ParseIdentities(fuzzIdentity)
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := recipients.Seal(sample)
	if err != nil {
		f.Fatal(err)
	}
	var stored envelope
	if err := json.Unmarshal(sealed, &stored); err != nil {
		f.Fatal(err)
	}
	f.Add(sealed, false)
	f.Add(bytes.ReplaceAll(sealed, []byte(`"age"`), []byte(`"AGE"`)), false)
	f.Add([]byte(`{"age":null,"sha256":null}`), false)
	f.Add(stored.Ciphertext, true)
	f.Add(append(bytes.Clone(stored.Ciphertext), 0), true)
	f.Add([]byte("age-encryption.org/v1\n-> X25519 \n\n--- \n"), true)
	f.Fuzz(func(t *testing.T, input []byte, isCiphertext bool) {
		if isCiphertext {
			sum := sha256.Sum256(input)
			var err error
			if input, err = json.Marshal(envelope{input, sum[:]}); err != nil {
				t.Fatal(err)
			}
		}
		document, err := identities.Open(input)
		if err == nil && document != sample {
			t.Errorf("%q opens as another document", input)
		}
		if err != nil && (document != Document{} || !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrWrongIdentity)) {
			t.Errorf("%q: the error is %v", input, err)
		}
	})
}

// A document of any contents is opened as what it is, or not at all.
func FuzzOpenContents(f *testing.F) {
	recipients, err := ParseRecipients(fuzzRecipient)
	if err != nil {
		f.Fatal(err)
	}
	identities, err := ParseIdentities(fuzzIdentity)
	if err != nil {
		f.Fatal(err)
	}
	for _, plaintext := range []string{
		`{"version":1,"token":"a","revocation_url":"https://a.example"}`, `{"version":2}`, `{"version":1.0}`, `{"version":"1"}`, `{"version":99999999999999999999}`, `{"version":1}{}`, `[]`, `null`, ``,
	} {
		f.Add([]byte(plaintext))
	}
	f.Fuzz(func(t *testing.T, plaintext []byte) {
		var ciphertext bytes.Buffer
		writer, err := age.Encrypt(&ciphertext, recipients...)
		if err != nil {
			t.Fatal(err)
		}
		_, writeErr := writer.Write(plaintext)
		closeErr := writer.Close()
		sum := sha256.Sum256(ciphertext.Bytes())
		sealed, err := json.Marshal(envelope{ciphertext.Bytes(), sum[:]})
		if err := errors.Join(writeErr, closeErr, err); err != nil {
			t.Fatal(err)
		}
		document, err := identities.Open(sealed)
		var meant struct {
			Version       *int    `json:"version"`
			Token         *string `json:"token"`
			RevocationURL *string `json:"revocation_url"`
		}
		isDocument := json.Unmarshal(plaintext, &meant) == nil && meant.Version != nil && *meant.Version == version
		if isDocument != (err == nil) {
			t.Errorf("%q: the error is %v", plaintext, err)
		}
		if err == nil && (meant.Token != nil && document.Token != *meant.Token || meant.RevocationURL != nil && document.RevocationURL != *meant.RevocationURL) {
			t.Errorf("%q opens as another document", plaintext)
		}
	})
}

// Errors never quote what may be a key, and keys that are accepted serve.
func FuzzParseKeys(f *testing.F) {
	const marker = "hunter2"
	f.Add("", "")
	f.Add("# ", "\n"+fuzzRecipient)
	f.Add("# ", "\n"+fuzzIdentity)
	f.Add("# ", "\n"+fuzzRecipient+","+fuzzRecipient)
	f.Add(fuzzRecipient+"\n#", "")
	f.Add("AGE-SECRET-KEY-1", "")
	f.Add("age1pq1", "")
	f.Add("age1yubikey1", "")
	f.Add("ssh-ed25519 ", "")
	f.Fuzz(func(t *testing.T, before, behind string) {
		text := before + marker + behind
		recipients, err := ParseRecipients(text)
		if err != nil && strings.Contains(err.Error(), marker) {
			t.Errorf("the error of a recipient quotes it: %v", err)
		}
		if _, sealErr := recipients.Seal(sample); (err == nil) != (sealErr == nil) {
			t.Errorf("recipients are accepted: %v, and seal: %v", err, sealErr)
		}
		identities, err := ParseIdentities(text)
		if err != nil && strings.Contains(err.Error(), marker) {
			t.Errorf("the error of an identity quotes it: %v", err)
		}
		if _, openErr := identities.Open(nil); (err != nil) != errors.Is(openErr, ErrNoIdentity) {
			t.Errorf("identities are accepted: %v, and open: %v", err, openErr)
		}
	})
}
