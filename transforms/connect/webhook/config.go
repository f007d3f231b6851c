package webhook

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config says where to post and how.
type Config struct {
	// FromEnvironment takes the URL and its settings from the environment of the
	// process that posts (see URLVariable). All other fields are then not read.
	FromEnvironment bool
	// URL is where each message is posted to: https, or http on the loopback
	// interface.
	URL string
	// Timeout bounds one attempt, from the connection to the end of the answer.
	Timeout time.Duration
	// Retries is how often a failed attempt is repeated. Zero: never.
	Retries int
	// RetryWait is the wait before the first repeat. Each next one is twice as
	// long, up to 30 s; each is cut by up to a half at random, so that not all
	// repeats come at once.
	RetryWait time.Duration
	// Concurrency is how many requests of a run are under way at most.
	Concurrency int
}

// Default returns the settings of a URL that names none.
func Default(address string) Config {
	return Config{URL: address, Timeout: 10 * time.Second, Retries: 8, RetryWait: 500 * time.Millisecond, Concurrency: 8}
}

// The limits of the settings.
const (
	maxRetries     = 100
	maxRetryWait   = 30 * time.Second
	maxConcurrency = 1000
)

// Environment is the target of a sink that stands for the URL of the environment.
const Environment = "webhook"

// Parse returns the settings of a target: of Environment, or of a URL. Its fragment,
// which is never sent, may change them:
// "https://host/path#timeout=5s&retries=3&concurrency=2". An error names the part that
// is wrong, but shows no part that may be secret.
func Parse(target string) (Config, error) {
	c, err := parse(target)
	if err != nil {
		return Config{}, fmt.Errorf("webhook: %w", err)
	}
	return c, nil
}

func parse(target string) (Config, error) {
	if target == Environment {
		return Config{FromEnvironment: true}, nil
	}
	if word, _, more := strings.Cut(target, ":"); more && word == Environment {
		return Config{}, fmt.Errorf("%s:…: want %s alone, and the URL in %s", Environment, Environment, URLVariable)
	}
	address, fragment, _ := strings.Cut(target, "#")
	c := Default(address)
	if err := c.validate(); err != nil {
		return Config{}, err
	}
	settings, err := url.ParseQuery(fragment)
	if err != nil {
		return Config{}, fmt.Errorf("%s: what follows # (not shown, as it may belong to a secret): want name=value&name=value", c)
	}
	for name, values := range settings {
		if len(values) > 1 {
			return Config{}, fmt.Errorf("%s: a setting is given %d times", c, len(values))
		}
		if err := c.set(name, values[0]); err != nil {
			return Config{}, fmt.Errorf("%s: %w", c, err)
		}
	}
	return c, c.validate()
}

func (c *Config) set(name, value string) (err error) {
	switch name {
	case "timeout":
		c.Timeout, err = time.ParseDuration(value)
	case "retries":
		c.Retries, err = strconv.Atoi(value)
	case "concurrency":
		c.Concurrency, err = strconv.Atoi(value)
	default:
		return errors.New("what follows # (not shown, as it may belong to a secret): want timeout, retries, concurrency")
	}
	if err != nil && name == "timeout" {
		return fmt.Errorf("timeout %q: want a duration such as 10s", value)
	}
	if err != nil {
		return fmt.Errorf("%s %q: want a number", name, value)
	}
	return nil
}

// Validate checks the settings. The error names the one that is wrong.
func (c Config) Validate() error {
	if err := c.validate(); err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	return nil
}

func (c Config) validate() error {
	if c.FromEnvironment {
		return nil
	}
	if err := c.validateURL(); err != nil {
		return err
	}
	switch {
	case c.Timeout < time.Millisecond:
		return fmt.Errorf("%s: timeout %v: want at least 1ms", c, c.Timeout)
	case c.Retries < 0 || c.Retries > maxRetries:
		return fmt.Errorf("%s: retries %d: want 0 to %d", c, c.Retries, maxRetries)
	case c.RetryWait < 0 || c.RetryWait > maxRetryWait:
		return fmt.Errorf("%s: retry wait %v: want 0s to %v", c, c.RetryWait, maxRetryWait)
	case c.Concurrency < 1 || c.Concurrency > maxConcurrency:
		return fmt.Errorf("%s: concurrency %d: want 1 to %d", c, c.Concurrency, maxConcurrency)
	}
	return nil
}

func (c Config) validateURL() error {
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http": // the text of err quotes the URL
		return errors.New("the address is no https URL (not shown, as it may hold a secret): want https://host/path")
	case u.Hostname() == "":
		return errors.New("the address has no host (not shown, as it may hold a secret): want https://host/path")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return fmt.Errorf("%s: http is not safe beyond this machine: want https", c)
	}
	return nil
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// String returns what may be shown of the settings: the URL's scheme and host, as
// each other part of it may hold a secret.
func (c Config) String() string {
	if c.FromEnvironment {
		return Environment
	}
	return Show(c.URL)
}

// Show returns what may be shown of a text that may be the target of a webhook: all
// of it, or of a URL the scheme and the host.
func Show(text string) string {
	if !Is(text) || text == Environment {
		return text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "(a URL that is not shown)"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()
}

// Is reports whether the target of a sink is a webhook's, right or wrong: a URL that
// is written wrongly is not to become the name of a file.
func Is(target string) bool {
	if target == Environment {
		return true
	}
	scheme, _, found := strings.Cut(strings.TrimSpace(target), ":")
	return found && slices.Contains([]string{"https", "http", Environment}, strings.ToLower(scheme))
}
