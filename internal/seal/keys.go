package seal

import (
	"errors"
	"io"
	"strings"
	"unicode"

	"filippo.io/age"
)

// Recipients are public keys that documents are sealed to.
type Recipients []age.Recipient

// Identities are the secret keys that open seals. It is a struct because fmt
// prints an age identity as the key itself, unless it is in an unexported field.
type Identities struct{ identities []age.Identity }

// ParseRecipients reads X25519 (age1…) or post-quantum (age1pq1…) recipients,
// separated by whitespace or commas. Lines that start with # are comments.
//
// Errors complete the sentence "seal_recipient …", and never quote the input,
// as those of age do.
func ParseRecipients(text string) (Recipients, error) {
	if strings.Contains(text, "AGE-SECRET-KEY-") {
		return nil, errors.New("holds an identity, which is secret; give the recipient that belongs to it, which age-keygen -y prints")
	}
	malformed := errors.New("must be age recipients (age1… or age1pq1…, as age-keygen prints them), separated by whitespace or commas; " +
		"SSH keys, plugins and passphrases are not supported")
	recipients, err := age.ParseRecipients(onePerLine(text))
	if err != nil {
		return nil, malformed
	}
	for _, recipient := range recipients {
		if _, err := age.Encrypt(io.Discard, recipient); err != nil {
			return nil, malformed // a point of low order, say
		}
	}
	if _, err := age.Encrypt(io.Discard, recipients...); err != nil {
		return nil, errors.New("mixes post-quantum recipients (age1pq1…) with others (age1…); " +
			"use one kind, because the others would leave the token open to a quantum computer")
	}
	return recipients, nil
}

// ParseIdentities reads identities in the form of an age key file. They may
// also be separated as ParseRecipients has it, and its word on errors holds
// here, too, of seal_identity.
func ParseIdentities(text string) (Identities, error) {
	identities, err := age.ParseIdentities(onePerLine(text))
	if err != nil {
		return Identities{}, errors.New("must be age identities (AGE-SECRET-KEY-1… or AGE-SECRET-KEY-PQ-1…, as in a file of age-keygen), one a line; " +
			"SSH keys, plugins and passphrases are not supported")
	}
	return Identities{identities}, nil
}

// onePerLine brings keys into the form of age's files.
func onePerLine(text string) io.Reader {
	var keys []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") {
			keys = append(keys, strings.FieldsFunc(line, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })...)
		}
	}
	return strings.NewReader(strings.Join(keys, "\n"))
}
