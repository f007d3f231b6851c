package webhook

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// The environment variables that the secret comes from: either the secret itself
// or the path of the file that holds it. It is written as "whsec_" and base64, or
// as it is; white space around it does not count.
const (
	SecretVariable     = "ORDERTIMEOUT_WEBHOOK_SECRET"
	SecretFileVariable = "ORDERTIMEOUT_WEBHOOK_SECRET_FILE"
)

// secretPrefix begins a secret in the form of the specification.
const secretPrefix = "whsec_"

// minSecret is how long a secret is at least by the specification, in bytes.
const minSecret = 24

// CheckSecret reports, before a pipeline starts, whether there is a secret that
// can be used.
func CheckSecret() error {
	_, err := newSigner()
	return err
}

// newSigner returns what signs with the secret.
func newSigner() (*standardwebhooks.Webhook, error) {
	key, err := readSecret()
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	return standardwebhooks.NewWebhookRaw(key)
}

func readSecret() ([]byte, error) {
	secret, path := os.Getenv(SecretVariable), os.Getenv(SecretFileVariable)
	from := SecretVariable
	switch {
	case secret != "" && path != "":
		return nil, fmt.Errorf("%s and %s are both set: want one", SecretVariable, SecretFileVariable)
	case secret == "" && path == "":
		return nil, fmt.Errorf("no secret to sign with: set %s or %s", SecretVariable, SecretFileVariable)
	case path != "":
		from = SecretFileVariable
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", from, err)
		}
		secret = string(b)
	}
	key, err := decodeSecret(strings.TrimSpace(secret))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	return key, nil
}

// decodeSecret returns the bytes of a secret. Its errors show nothing of it.
func decodeSecret(secret string) ([]byte, error) {
	key := []byte(secret)
	if text, ok := strings.CutPrefix(secret, secretPrefix); ok {
		var err error
		if key, err = base64.StdEncoding.DecodeString(text); err != nil {
			return nil, errors.New("what follows whsec_ is not base64")
		}
	}
	if len(key) < minSecret {
		return nil, fmt.Errorf("the secret has %d bytes: want at least %d", len(key), minSecret)
	}
	return key, nil
}
