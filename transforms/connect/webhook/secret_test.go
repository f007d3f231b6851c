package webhook

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	rawSecret    = "0123456789abcdef01234567"               // 24 bytes
	sharedSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3" // the same as base64
)

func TestSecretComesFromTheEnvironmentOrAFile(t *testing.T) {
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const both = SecretVariable + " and " + SecretFileVariable
	for _, test := range []struct {
		reason, env, path string
		want              string // the error; "": the secret is rawSecret
	}{
		{reason: "as it is", env: rawSecret},
		{reason: "in the form of the specification", env: sharedSecret},
		{reason: "white space around it does not count", env: " " + rawSecret + "\n"},
		{reason: "a file with a line break", path: file(sharedSecret + "\n")},
		{reason: "there is none", want: "webhook: no secret to sign with: set " + SecretVariable + " or " + SecretFileVariable},
		{reason: "it is not clear which", env: rawSecret, path: "x", want: "webhook: " + both + " are both set: want one"},
		{reason: "no such file", path: "no/such", want: "webhook: " + SecretFileVariable + ": the file that it names: no such file or directory"},
		{reason: "the secret itself in place of a path", path: sharedSecret, want: "webhook: " + SecretFileVariable + ": the file that it names: no such file or directory"},
		{reason: "a directory", path: t.TempDir(), want: "webhook: " + SecretFileVariable + ": the file that it names: is a directory"},
		{reason: "a file without an end", path: "/dev/zero", want: "webhook: " + SecretFileVariable + ": the file that it names: more than 65536 bytes"},
		{reason: "23 bytes", env: rawSecret[1:], want: "webhook: " + SecretVariable + ": the secret has 23 bytes: want at least 24"},
		{reason: "an empty file", path: file("\n"), want: "webhook: " + SecretFileVariable + ": the secret has 0 bytes: want at least 24"},
		{reason: "23 bytes as base64", env: "whsec_MTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc=",
			want: "webhook: " + SecretVariable + ": the secret has 23 bytes: want at least 24"},
		{reason: "no base64", env: "whsec_" + rawSecret + "!", want: "webhook: " + SecretVariable + ": what follows whsec_ is not base64"},
	} {
		t.Setenv(SecretVariable, test.env)
		t.Setenv(SecretFileVariable, test.path)
		got := ""
		if _, err := newSigner(); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.reason, diff)
		}
		if key, err := readSecret(); err == nil && string(key) != rawSecret {
			t.Errorf("%s: got another secret", test.reason)
		}
	}
}

func FuzzDecodeSecret(f *testing.F) {
	f.Add(rawSecret)
	f.Add(sharedSecret)
	f.Add("whsec_==")
	f.Fuzz(func(t *testing.T, secret string) {
		key, err := decodeSecret(secret)
		if err == nil && len(key) < minSecret {
			t.Errorf("took %d bytes", len(key))
		}
		if err != nil && len(secret) > 3 && strings.Contains(err.Error(), secret) && !strings.Contains("the secret has 0 bytes: want at least 24; what follows whsec_ is not base64", secret) {
			t.Errorf("%v shows %q", err, secret)
		}
	})
}
