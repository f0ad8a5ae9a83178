// Package seal encrypts a token together with its revocation URL, so that only
// who holds an identity can read the token, and nobody can send it elsewhere.
// The encryption is age's (https://age-encryption.org/v1).
package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// version is that of the document that is encrypted. It grows with every
// change that an older provider would misread.
const version = 1

// Why a document was not sealed or opened, besides *VersionError.
var (
	ErrNoRecipient   = errors.New("there is no recipient to seal to")
	ErrNoIdentity    = errors.New("there is no identity to open the seal with")
	ErrWrongIdentity = errors.New("no identity opens the seal")
	ErrDamaged       = errors.New("the seal is truncated or altered")
)

// A VersionError says that a newer provider has sealed a document.
type VersionError struct{ Version int }

func (e *VersionError) Error() string {
	return fmt.Sprintf("the sealed document has version %d, and only version %d can be read", e.Version, version)
}

// A Document is what is sealed.
type Document struct {
	Token         string `json:"token"`
	RevocationURL string `json:"revocation_url"`
}

// Format prints [redacted] for every verb, so that no log line or panic can show
// the token by accident.
func (Document) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[redacted]") }

type versionedDocument struct {
	Version int `json:"version"`
	Document
}

// An envelope is how a sealed document is stored. To age, damage to a header
// looks like a wrong identity; the checksum tells them apart. It is no defence
// against an attacker, and need not be: age's encryption is.
type envelope struct {
	Ciphertext []byte `json:"age"`
	SHA256     []byte `json:"sha256"`
}

// Seal encrypts a document to all of the recipients, any one of whose
// identities opens it. The result is JSON. The error is ErrNoRecipient where
// there are none; ParseRecipients leaves no room for others.
func (r Recipients) Seal(document Document) ([]byte, error) {
	if len(r) == 0 {
		return nil, ErrNoRecipient
	}
	plaintext, err := json.Marshal(versionedDocument{version, document})
	if err != nil {
		return nil, err
	}
	var ciphertext bytes.Buffer
	writer, err := age.Encrypt(&ciphertext, r...)
	if err != nil {
		return nil, err
	}
	if _, err := writer.Write(plaintext); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(ciphertext.Bytes())
	return json.Marshal(envelope{ciphertext.Bytes(), sum[:]})
}

// Open returns the document of a seal. The error is one of this package's, and
// tells nothing of keys and contents.
func (i Identities) Open(sealed []byte) (Document, error) {
	if len(i.identities) == 0 {
		return Document{}, ErrNoIdentity
	}
	var stored envelope
	if err := json.Unmarshal(sealed, &stored); err != nil {
		return Document{}, ErrDamaged
	}
	if sum := sha256.Sum256(stored.Ciphertext); !bytes.Equal(sum[:], stored.SHA256) {
		return Document{}, ErrDamaged
	}
	reader, err := age.Decrypt(bytes.NewReader(stored.Ciphertext), i.identities...)
	var noMatch *age.NoIdentityMatchError
	if errors.As(err, &noMatch) {
		return Document{}, ErrWrongIdentity
	}
	if err != nil {
		return Document{}, ErrDamaged
	}
	plaintext, err := io.ReadAll(reader)
	if err != nil {
		return Document{}, ErrDamaged
	}
	var opened versionedDocument
	if err := json.Unmarshal(plaintext, &opened); err != nil {
		return Document{}, ErrDamaged
	}
	if opened.Version != version {
		return Document{}, &VersionError{opened.Version}
	}
	return opened.Document, nil
}
