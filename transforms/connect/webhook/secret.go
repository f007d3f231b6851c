package webhook

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// The environment variables that the signing secret comes from: either the secret
// itself or the path of the file that holds it. It is written as "whsec_" and base64,
// or as it is; white space around it does not count.
const (
	SecretVariable     = "ORDERTIMEOUT_WEBHOOK_SECRET"
	SecretFileVariable = "ORDERTIMEOUT_WEBHOOK_SECRET_FILE"
)

// secretPrefix begins a secret in the form of the specification.
const secretPrefix = "whsec_"

// minSecret is how long a secret is at least by the specification, in bytes.
const minSecret = 24

// newSigner returns what signs with the secret.
func newSigner() (*standardwebhooks.Webhook, error) {
	key, err := readSecret()
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	return standardwebhooks.NewWebhookRaw(key)
}

func readSecret() ([]byte, error) {
	secret, from, err := readVariable(SecretVariable, SecretFileVariable, "secret to sign with")
	if err != nil {
		return nil, err
	}
	key, err := decodeSecret(secret)
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
