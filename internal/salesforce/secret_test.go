package salesforce

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretIsNeverShown(t *testing.T) {
	t.Parallel()
	const text = "hunter2"
	secret := NewSecret(text)
	if secret.Reveal() != text || secret.IsEmpty() || !new(Secret).IsEmpty() || !NewSecret("").IsEmpty() {
		t.Error("the text is lost")
	}
	type hidden struct{ secret Secret }
	values := map[string]any{
		"itself":           secret,
		"pointer":          &secret,
		"exported field":   ClientCredentials{ClientID: "id", ClientSecret: secret},
		"unexported field": hidden{secret},
		"pointer to field": &hidden{secret},
		"slice":            []Secret{secret},
		"slice of structs": []hidden{{secret}},
		"map":              map[Secret]hidden{secret: {secret}},
		"interface":        struct{ any any }{secret},
		"grant":            []Grant{RefreshGrant{RefreshToken: secret, ClientSecret: secret}, JWTBearer{PrivateKey: secret}},
		"session":          &Session{AccessToken: secret, RefreshToken: secret},
		"request":          postForm("https://a.example", map[string][]string{"token": {text}}),
	}
	for name, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T", "%p", "%5.3s", "%!"} {
			shown := fmt.Sprintf(verb, value)
			if strings.Contains(shown, text) || strings.Contains(strings.ToLower(shown), "68756e74657232") {
				t.Errorf("%s with %s: %s", name, verb, shown)
			}
		}
		encoded, _ := json.Marshal(value)
		var logged strings.Builder
		slog.New(slog.NewTextHandler(&logged, nil)).Info("test", "value", value)
		for _, shown := range []string{string(encoded), logged.String(), fmt.Sprint(errors.Join(fmt.Errorf("%v", value)))} {
			if strings.Contains(shown, text) {
				t.Errorf("%s: %s", name, shown)
			}
		}
	}
	// Which is what a panic calls.
	if got := secret.String(); got != "[redacted]" {
		t.Errorf("String() = %q", got)
	}
	if got := fmt.Sprintf("%s %v", secret, ClientCredentials{"id", secret}); got != "[redacted] {id [redacted]}" {
		t.Errorf("a secret prints as %q", got)
	}
}
