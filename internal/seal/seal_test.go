package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"filippo.io/age"
)

var sample = Document{
	Token:         "00D5g000004fLlm!AQEAQPx.hVb1_0k9Yd2Zc8s7RtUuWw",
	RevocationURL: "https://example.my.salesforce.com/services/oauth2/revoke",
}

// newKey returns a recipient and the identity that belongs to it.
func newKey(t *testing.T, postQuantum bool) (recipient, identity string) {
	t.Helper()
	if postQuantum {
		key, err := age.GenerateHybridIdentity()
		if err != nil {
			t.Fatal(err)
		}
		return key.Recipient().String(), key.String()
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return key.Recipient().String(), key.String()
}

func parseRecipients(t *testing.T, text string) Recipients {
	t.Helper()
	recipients, err := ParseRecipients(text)
	if err != nil {
		t.Fatal(err)
	}
	return recipients
}

func parseIdentities(t *testing.T, text string) Identities {
	t.Helper()
	identities, err := ParseIdentities(text)
	if err != nil {
		t.Fatal(err)
	}
	return identities
}

func mustSeal(t *testing.T, recipients string) []byte {
	t.Helper()
	sealed, err := parseRecipients(t, recipients).Seal(sample)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	for name, postQuantum := range map[string]bool{"X25519": false, "post-quantum": true} {
		firstRecipient, first := newKey(t, postQuantum)
		secondRecipient, second := newKey(t, postQuantum)
		_, other := newKey(t, !postQuantum)
		sealed := mustSeal(t, firstRecipient+" "+secondRecipient)
		var stored envelope
		if err := json.Unmarshal(sealed, &stored); err != nil || bytes.Contains(stored.Ciphertext, []byte(sample.Token)) {
			t.Errorf("%s: sealed as %s: %v", name, sealed, err)
		}
		for which, identities := range map[string]string{
			"the first": first, "the second": second, "both": first + "\n" + second, "one among others": other + "\n" + second,
		} {
			if document, err := parseIdentities(t, identities).Open(sealed); document != sample || err != nil {
				t.Errorf("%s: %s identity opens %+v, %v", name, which, document, err)
			}
		}
		if again := mustSeal(t, firstRecipient); bytes.Equal(again, mustSeal(t, firstRecipient)) {
			t.Errorf("%s: two seals are alike", name)
		}
	}
}

func TestOpenFailures(t *testing.T) {
	t.Parallel()
	for name, postQuantum := range map[string]bool{"X25519": false, "post-quantum": true} {
		recipient, identity := newKey(t, postQuantum)
		_, other := newKey(t, postQuantum)
		sealed := mustSeal(t, recipient)
		if _, err := parseIdentities(t, other).Open(sealed); !errors.Is(err, ErrWrongIdentity) {
			t.Errorf("%s: a wrong identity gives %v", name, err)
		}
		if _, err := (Identities{}).Open(sealed); !errors.Is(err, ErrNoIdentity) {
			t.Errorf("%s: no identity gives %v", name, err)
		}
		for _, notJSON := range []string{"", "null", `""`, "{}", string(sealed[:len(sealed)/2]), `{"age":"!"}`} {
			if _, err := parseIdentities(t, identity).Open([]byte(notJSON)); !errors.Is(err, ErrDamaged) {
				t.Errorf("%s: %q gives %v", name, notJSON, err)
			}
		}
	}
	if _, err := Recipients(nil).Seal(sample); !errors.Is(err, ErrNoRecipient) {
		t.Errorf("no recipient gives %v", err)
	}
}

// Wherever the ciphertext is cut or a bit of it flipped, it is damage, and
// never another document, even for an attacker who corrects the checksum.
func TestOpenDamaged(t *testing.T) {
	t.Parallel()
	recipient, text := newKey(t, false)
	identities := parseIdentities(t, text)
	var stored envelope
	if err := json.Unmarshal(mustSeal(t, recipient), &stored); err != nil {
		t.Fatal(err)
	}
	open := func(ciphertext, sum []byte) error {
		sealed, err := json.Marshal(envelope{ciphertext, sum})
		if err != nil {
			t.Fatal(err)
		}
		_, err = identities.Open(sealed)
		return err
	}
	for i := range stored.Ciphertext {
		flipped := bytes.Clone(stored.Ciphertext)
		flipped[i] ^= 1
		for what, damaged := range map[string][]byte{"flipped": flipped, "cut": stored.Ciphertext[:i]} {
			if err := open(damaged, stored.SHA256); !errors.Is(err, ErrDamaged) {
				t.Errorf("%s at %d: %v", what, i, err)
			}
			sum := sha256.Sum256(damaged)
			if err := open(damaged, sum[:]); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrWrongIdentity) {
				t.Errorf("%s at %d, with a checksum that fits: %v", what, i, err)
			}
		}
	}
}

func TestOpenOtherContents(t *testing.T) {
	t.Parallel()
	recipient, identity := newKey(t, false)
	for plaintext, want := range map[string]int{ // the version that the error names; 0 for damage
		`{"version":2,"token":"x","revocation_url":"https://a.example"}`: 2,
		`{"version":2}`: 2,
		"x":             0,
	} {
		var ciphertext bytes.Buffer
		writer, err := age.Encrypt(&ciphertext, parseRecipients(t, recipient)...)
		if err != nil {
			t.Fatal(err)
		}
		_, writeErr := writer.Write([]byte(plaintext))
		closeErr := writer.Close()
		sum := sha256.Sum256(ciphertext.Bytes())
		sealed, err := json.Marshal(envelope{ciphertext.Bytes(), sum[:]})
		if err := errors.Join(writeErr, closeErr, err); err != nil {
			t.Fatal(err)
		}
		_, err = parseIdentities(t, identity).Open(sealed)
		var version *VersionError
		if want != 0 && (!errors.As(err, &version) || version.Version != want) || want == 0 && !errors.Is(err, ErrDamaged) {
			t.Errorf("%s gives %v", plaintext, err)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	first, firstIdentity := newKey(t, false)
	second, secondIdentity := newKey(t, false)
	hybrid, hybridIdentity := newKey(t, true)
	for text, want := range map[string]int{
		first:                          1,
		" " + first + "\r\n":           1,
		hybrid:                         1,
		first + " " + second:           2,
		first + "," + second:           2,
		first + ",\n\t" + second + ",": 2,
		"# of the pipeline\n" + first + "\n  #\n\n" + second: 2,
	} {
		if recipients, err := ParseRecipients(text); len(recipients) != want || err != nil {
			t.Errorf("ParseRecipients(%q) returned %d, %v; want %d", text, len(recipients), err, want)
		}
	}
	for text, want := range map[string]int{
		firstIdentity: 1,
		"# created: 2026-01-02T15:30:45Z\n# public key: " + first + "\n" + firstIdentity + "\n": 1,
		"  " + firstIdentity + "\r\n  " + secondIdentity + "\r\n":                               2,
		firstIdentity + "\n" + hybridIdentity:                                                   2,
	} {
		if identities, err := ParseIdentities(text); len(identities.identities) != want || err != nil {
			t.Errorf("ParseIdentities(%q) returned %d, %v; want %d", text, len(identities.identities), err, want)
		}
	}
}

func TestParseRefusals(t *testing.T) {
	t.Parallel()
	recipient, identity := newKey(t, false)
	hybrid, hybridIdentity := newKey(t, true)
	const zero = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z" // a public key of zeros
	for text, reason := range map[string]string{
		"":                               "must be age recipients",
		"# nothing else":                 "must be age recipients",
		"hunter2":                        "must be age recipients",
		"age1hunter2":                    "must be age recipients",
		"age1pq1hunter2":                 "must be age recipients",
		recipient + " hunter2":           "must be age recipients",
		recipient[:len(recipient)-1]:     "must be age recipients",
		"ssh-ed25519 AAAAC3NzaC1lZDI1NT": "must be age recipients",
		"age1yubikey1q2w7u3vpya839jxxuq": "must be age recipients",
		zero:                             "must be age recipients",
		identity:                         "holds an identity",
		recipient + "\n" + hybrid:        "mixes post-quantum recipients",
		hybrid + "\n" + recipient:        "mixes post-quantum recipients",
	} {
		_, err := ParseRecipients(text)
		assertRefused(t, text, err, reason)
	}
	for _, text := range []string{
		"", "# nothing else", "hunter2", "AGE-SECRET-KEY-1HUNTER2", "AGE-SECRET-KEY-PQ-1HUNTER2", recipient, strings.ToLower(identity),
		identity[:len(identity)-1], identity + "\nhunter2", "AGE-PLUGIN-YUBIKEY-1HUNTER2", "-----BEGIN AGE ENCRYPTED FILE-----", hybridIdentity + "x",
	} {
		_, err := ParseIdentities(text)
		assertRefused(t, text, err, "must be age identities")
	}
}

// assertRefused wants a reason, and nothing of what was refused.
func assertRefused(t *testing.T, text string, err error, reason string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), reason) {
		t.Errorf("%q: the error is %v; want %q", text, err, reason)
		return
	}
	for _, key := range strings.Fields(text) {
		if len(key) >= len("hunter2") && (strings.Contains(err.Error(), key) || strings.Contains(err.Error(), "unter2")) {
			t.Errorf("the error quotes %q: %v", key, err)
		}
	}
}

func TestIdentitiesDoNotPrint(t *testing.T) {
	t.Parallel()
	for _, postQuantum := range []bool{false, true} {
		_, identity := newKey(t, postQuantum)
		identities := parseIdentities(t, identity)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			text := fmt.Sprintf(verb+verb, identities, &identities)
			if strings.Contains(text, identity) || strings.Contains(text, fmt.Sprintf("%x", identity)) {
				t.Errorf("%s prints the identity", verb)
			}
		}
	}
}
