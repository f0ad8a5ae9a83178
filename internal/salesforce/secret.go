package salesforce

import (
	"fmt"
	"io"
)

// A Secret is a text that must not be shown: a token, a key, an assertion. It
// formats and marshals as [redacted], whatever the verb and wherever it stands,
// so that no log line, error or panic can show it by accident. The text is
// behind a pointer because fmt does not call methods on unexported fields; all
// that it prints there is an address.
//
// The zero value is the empty text.
type Secret struct{ text *string }

// NewSecret wraps a text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal returns the text, for sending it where it belongs.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsEmpty reports whether there is no text.
func (s Secret) IsEmpty() bool { return s.text == nil }

// Format prints [redacted] for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String returns [redacted]. A panic prints a value through it.
func (Secret) String() string { return redacted }

// MarshalText returns [redacted]; encoding/json calls it, too.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
