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

// Parse returns the settings of a URL. Its fragment, which is never sent, may
// change them: "https://host/path#timeout=5s&retries=3&concurrency=2". An error
// names the part that is wrong, but shows no part that may be secret.
func Parse(text string) (Config, error) {
	address, fragment, _ := strings.Cut(text, "#")
	c := Default(address)
	if err := c.Validate(); err != nil {
		return Config{}, err
	}
	settings, err := url.ParseQuery(fragment)
	if err != nil {
		return Config{}, fmt.Errorf("webhook: %s: settings %q: want name=value&name=value", c, fragment)
	}
	for name, values := range settings {
		if len(values) > 1 {
			return Config{}, fmt.Errorf("webhook: %s: setting %s is given %d times", c, name, len(values))
		}
		if err := c.set(name, values[0]); err != nil {
			return Config{}, fmt.Errorf("webhook: %s: %w", c, err)
		}
	}
	return c, c.Validate()
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
		return fmt.Errorf("no setting %q: want timeout, retries, concurrency", name)
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
	if err := c.validateURL(); err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	switch {
	case c.Timeout < time.Millisecond:
		return fmt.Errorf("webhook: %s: timeout %v: want at least 1ms", c, c.Timeout)
	case c.Retries < 0 || c.Retries > maxRetries:
		return fmt.Errorf("webhook: %s: retries %d: want 0 to %d", c, c.Retries, maxRetries)
	case c.RetryWait < 0 || c.RetryWait > maxRetryWait:
		return fmt.Errorf("webhook: %s: retry wait %v: want 0s to %v", c, c.RetryWait, maxRetryWait)
	case c.Concurrency < 1 || c.Concurrency > maxConcurrency:
		return fmt.Errorf("webhook: %s: concurrency %d: want 1 to %d", c, c.Concurrency, maxConcurrency)
	}
	return nil
}

func (c Config) validateURL() error {
	u, err := url.Parse(c.URL)
	switch {
	case err != nil: // whose text quotes the URL
		return errors.New("the address is not a URL (not shown, as it may hold a secret): want https://host/path")
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("scheme %q: want https://host/path", u.Scheme)
	case u.Hostname() == "":
		return fmt.Errorf("%s: no host: want https://host/path", c)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return fmt.Errorf("%s: http is not safe beyond this machine: want https", c)
	}
	return nil
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// String returns what may be shown of the URL: its scheme, host and path.
func (c Config) String() string {
	u, err := url.Parse(c.URL)
	if err != nil {
		return "(not a URL)"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// Is reports whether the target of a sink is a webhook's.
func Is(target string) bool {
	return slices.ContainsFunc([]string{"https://", "http://"}, func(scheme string) bool { return strings.HasPrefix(target, scheme) })
}
