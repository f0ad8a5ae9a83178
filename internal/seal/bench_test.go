package seal

import (
	"testing"

	"filippo.io/age"
)

// What sealing costs, with the usual keys and with post-quantum ones.

func BenchmarkSeal(b *testing.B) {
	forEachKind(b, func(b *testing.B, recipients Recipients, _ Identities) {
		for b.Loop() {
			if _, err := recipients.Seal(sample); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	forEachKind(b, func(b *testing.B, recipients Recipients, identities Identities) {
		sealed, err := recipients.Seal(sample)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := identities.Open(sealed); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func forEachKind(b *testing.B, run func(*testing.B, Recipients, Identities)) {
	classic, err := age.GenerateX25519Identity()
	if err != nil {
		b.Fatal(err)
	}
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		b.Fatal(err)
	}
	for _, kind := range []struct{ name, recipient, identity string }{
		{"X25519", classic.Recipient().String(), classic.String()},
		{"post-quantum", hybrid.Recipient().String(), hybrid.String()},
	} {
		recipients, err := ParseRecipients(kind.recipient)
		if err != nil {
			b.Fatal(err)
		}
		identities, err := ParseIdentities(kind.identity)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(kind.name, func(b *testing.B) {
			b.ReportAllocs()
			run(b, recipients, identities)
		})
	}
}
