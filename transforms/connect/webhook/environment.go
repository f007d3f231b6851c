package webhook

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// The environment variables that the URL of the target Environment comes from: either
// the URL itself, with its settings behind a "#", or the path of the file that holds
// it. White space around it does not count. So it is neither in the list of processes
// nor in the history of a shell.
const (
	URLVariable     = "ORDERTIMEOUT_WEBHOOK_URL"
	URLFileVariable = "ORDERTIMEOUT_WEBHOOK_URL_FILE"
)

// resolve returns the settings with those that the environment holds.
func (c Config) resolve() (Config, error) {
	if !c.FromEnvironment {
		return c, nil
	}
	text, from, err := readVariable(URLVariable, URLFileVariable, "URL to post to")
	if err != nil {
		return Config{}, fmt.Errorf("webhook: %w", err)
	}
	if text == Environment {
		text = "" // it would stand for itself
	}
	c, err = parse(text)
	if err != nil {
		return Config{}, fmt.Errorf("webhook: %s: %w", from, err)
	}
	return c, nil
}

// maxFile is how long a file with a secret may be, in bytes.
const maxFile = 64 << 10

// readVariable returns the value of an environment variable, or what is in the file
// that another one names, and which of the two it came from. An error shows neither
// what was read nor the path: whoever mixes up the two variables writes the secret
// itself where the path belongs.
func readVariable(variable, fileVariable, what string) (value, from string, err error) {
	value, path := os.Getenv(variable), os.Getenv(fileVariable)
	switch {
	case value != "" && path != "":
		return "", "", fmt.Errorf("%s and %s are both set: want one", variable, fileVariable)
	case value == "" && path == "":
		return "", "", fmt.Errorf("no %s: set %s or %s", what, variable, fileVariable)
	case path == "":
		return strings.TrimSpace(value), variable, nil
	}
	value, err = readFile(path)
	if at := new(fs.PathError); errors.As(err, &at) {
		err = at.Err
	}
	if err != nil {
		return "", "", fmt.Errorf("%s: the file that it names: %w", fileVariable, err)
	}
	return strings.TrimSpace(value), fileVariable, nil
}

func readFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("more than %d bytes", maxFile)
	}
	return string(b), err
}
