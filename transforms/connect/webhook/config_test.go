package webhook

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseTakesAURLAndItsSettings(t *testing.T) {
	const base = "https://example.com/alerts"
	with := func(address string, change func(*Config)) Config {
		c := Default(address)
		change(&c)
		return c
	}
	for text, want := range map[string]Config{
		Environment:                        {FromEnvironment: true},
		base:                               Default(base),
		"https://u:p@example.com:8443?k=v": Default("https://u:p@example.com:8443?k=v"),
		"http://localhost:8080/a":          Default("http://localhost:8080/a"),
		"http://127.0.0.2":                 Default("http://127.0.0.2"),
		"http://[::1]:80/":                 Default("http://[::1]:80/"),
		base + "#timeout=1ms":              with(base, func(c *Config) { c.Timeout = time.Millisecond }),
		base + "#retries=0&concurrency=1":  with(base, func(c *Config) { c.Retries, c.Concurrency = 0, 1 }),
		base + "#retries=100":              with(base, func(c *Config) { c.Retries = 100 }),
		base + "?k=v#concurrency=1000":     with(base+"?k=v", func(c *Config) { c.Concurrency = 1000 }),
	} {
		got, err := Parse(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", text, err, diff)
		}
	}
}

func TestParseNamesTheWrongPart(t *testing.T) {
	const base = "https://example.com/alerts"
	for text, want := range map[string]string{
		"":                             `webhook: the address is no https URL (not shown, as it may hold a secret): want https://host/path`,
		"ftp://example.com":            `webhook: the address is no https URL (not shown, as it may hold a secret): want https://host/path`,
		"https:/hush/alerts":           `webhook: the address has no host (not shown, as it may hold a secret): want https://host/path`,
		"https:///alerts":              `webhook: the address has no host (not shown, as it may hold a secret): want https://host/path`,
		"webhook:https://a/hush":       `webhook: webhook:…: want webhook alone, and the URL in ORDERTIMEOUT_WEBHOOK_URL`,
		"http://example.com/a?k=v":     `webhook: http://example.com: http is not safe beyond this machine: want https`,
		"http://localhost.example.com": `webhook: http://localhost.example.com: http is not safe beyond this machine: want https`,
		base + "#x=1":                  `webhook: https://example.com: what follows # (not shown, as it may belong to a secret): want timeout, retries, concurrency`,
		base + "#a;b":                  `webhook: https://example.com: what follows # (not shown, as it may belong to a secret): want name=value&name=value`,
		base + "#retries=1&retries=2":  `webhook: https://example.com: a setting is given 2 times`,
		base + "#retries=many":         `webhook: https://example.com: retries "many": want a number`,
		base + "#retries=-1":           `webhook: https://example.com: retries -1: want 0 to 100`,
		base + "#retries=101":          `webhook: https://example.com: retries 101: want 0 to 100`,
		base + "#concurrency=0":        `webhook: https://example.com: concurrency 0: want 1 to 1000`,
		base + "#concurrency=1001":     `webhook: https://example.com: concurrency 1001: want 1 to 1000`,
		base + "#timeout=10":           `webhook: https://example.com: timeout "10": want a duration such as 10s`,
		base + "#timeout=999us":        `webhook: https://example.com: timeout 999µs: want at least 1ms`,
	} {
		_, err := Parse(text)
		if err == nil {
			t.Errorf("%s: no error", text)
			continue
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", text, diff)
		}
	}
	c := Default(base)
	if c.RetryWait = 31 * time.Second; c.Validate() == nil {
		t.Error("a retry wait above the longest one is taken")
	}
}

func TestErrorsShowNoSecretOfTheURL(t *testing.T) {
	const secret = "hush"
	for _, text := range []string{
		"https://user:" + secret + "@example.com/a?token=" + secret + "#retries=x",
		"https://example.com/services/" + secret + "#retries=x",
		"https://example.com/a?token=a#" + secret + "=b",
		"https://example.com/a?token=a#" + secret + ";b",
		"https://example.com/a#" + secret + "=1&" + secret + "=2",
		"https://" + secret + "@/a",
		"https:/" + secret,
		"https:" + secret,
		"HTTPS:" + secret,
		" https://example.com/" + secret,
		"http://user:" + secret + "@example.com/a?" + secret,
		"https://user:" + secret + "/1@example.com",
		"https://user:%" + secret + "@example.com",
		"https://user: " + secret + "@example.com",
		"https://example.com/\x7f?" + secret,
		"https://[::1?" + secret,
		"webhook:https://example.com/" + secret,
	} {
		if _, err := Parse(text); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: got %v", text, err)
		}
		if shown := Show(text); strings.Contains(shown, secret) || !Is(text) {
			t.Errorf("%q: %t, shown as %s", text, Is(text), shown)
		}
	}
	c, err := Parse("https://user:" + secret + "@example.com:8443/services/" + secret + "?token=" + secret)
	if want := "https://example.com:8443"; err != nil || c.String() != want {
		t.Errorf("%s, %v is shown, want %s", c, err, want)
	}
	for _, text := range []string{"out.jsonl", "-", "./webhook", Environment, "pubsub://shop/orders"} {
		if Show(text) != text || Is(text) != (text == Environment) {
			t.Errorf("%s is shown as %s, a webhook: %t", text, Show(text), Is(text))
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("https://user:p@example.com:1/a?b=c#retries=1&timeout=1s")
	f.Add("http://[::1]/%zz#%zz")
	f.Add("https://[fe80::1%25en0]/")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(text)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("more than one line: %v", err)
			}
			_ = Show(text)
			return
		}
		if c.FromEnvironment {
			return
		}
		if again, err := Parse(c.URL); err != nil || again != Default(c.URL) {
			t.Errorf("%q is %+v, and that %+v, %v", text, c, again, err)
		}
		if _, err := (&sender{config: c, signer: testSigner(t)}).request(t.Context(), testMessage("1")); err != nil {
			t.Errorf("%q is no URL of a request: %v", text, err)
		}
	})
}
