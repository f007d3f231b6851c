package demo

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	tests := []struct {
		reason string
		uri    string
		want   func(*Config) // how it differs from the defaults
	}{
		{"all defaults", "demo:", func(*Config) {}},
		{"no parameters", "demo:?", func(*Config) {}},
		{"those of the source", "demo:?count=9&speed=0.5&start=2026-01-02T03:04:05%2B01:00", func(c *Config) {
			c.Count, c.Speed, c.Shop.Start = 9, 0.5, time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC)
		}},
		{"those of the shop", "demo:?seed=18446744073709551615&users=7&rate=1e3&paid=0.5&paid-late=0.1&delay=1m&late=0.2&repeat=0.3&hot=0.4", func(c *Config) {
			c.Shop.Seed, c.Shop.Users, c.Shop.Rate = 1<<64-1, 7, 1000
			c.Shop.Paid, c.Shop.PaidLate, c.Shop.Disorder = 0.5, 0.1, time.Minute
			c.Shop.Late, c.Shop.Repeat, c.Shop.Hot = 0.2, 0.3, 0.4
		}},
		{"those of an order's life", "demo:?cancelled=0.1&early=0.2&b2b=0.3&b2b-within=48h", func(c *Config) {
			c.Shop.Cancelled, c.Shop.Early, c.Shop.B2B, c.Shop.B2BWithin = 0.1, 0.2, 0.3, 48*time.Hour
		}},
		{"the loop runs in real time", "demo:seed", func(c *Config) { c.Loop, c.Speed = true, 1 }},
		{"the loop has the source's parameters", "demo:seed?count=9&speed=0", func(c *Config) { c.Loop, c.Speed, c.Count = true, 0, 9 }},
	}
	for _, test := range tests {
		got, err := Parse(test.uri)
		if err != nil {
			t.Errorf("%s: Parse(%q): %v", test.reason, test.uri, err)
		}
		want := defaults()
		test.want(&want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: Parse(%q) (-want +got):\n%s", test.reason, test.uri, diff)
		}
	}
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	tests := []struct {
		reason string
		uri    string
		want   string
	}{
		{"another scheme", "file:x", `demo: "file:x": want demo:, demo:seed or either with ?parameters`},
		{"neither of the two", "demo:shop", `demo: "demo:shop": want demo:, demo:seed or either with ?parameters`},
		{"broken escape", "demo:?seed=%zz", `demo: "demo:?seed=%zz": invalid URL escape "%zz"`},
		{"unknown", "demo:?sped=1", `demo: no parameter "sped": want b2b, b2b-within, cancelled, count, delay, early, hot, late, paid, paid-late, rate, repeat, seed, speed, start, users`},
		{"the loop has no users", "demo:seed?users=1", `demo: no parameter "users": want count, speed, start`},
		{"which of the two?", "demo:?seed=1&seed=2", `demo: seed: want it once, not 2 times`},
		{"no number", "demo:?rate=x", `demo: rate "x": want a number`},
		{"no whole number", "demo:?count=1.5", `demo: count "1.5": want a whole number, 0 for endless`},
		{"no seed", "demo:?seed=-1", `demo: seed "-1": want a whole number`},
		{"no users", "demo:?users=many", `demo: users "many": want a whole number above 0`},
		{"no duration", "demo:?delay=2", `demo: delay "2": want a duration such as 2s`},
		{"no time", "demo:?start=today", `demo: start "today": want a time such as 2026-01-01T00:00:00Z`},
		{"a count below 0", "demo:?count=-1", `demo: count -1: want a whole number, 0 for endless`},
		{"back in time", "demo:?speed=-1", `demo: speed -1: want 0.001 to 604800, or 0 for as fast as possible`},
		{"no speed", "demo:?speed=NaN", `demo: speed NaN: want 0.001 to 604800, or 0 for as fast as possible`},
		{"what the shop wants", "demo:?rate=0", `demo: rate 0: want 0.001 to 1000000 events a second`},
		{"more than all", "demo:?cancelled=1.1", `demo: cancelled 1.1: want a share from 0 to 1`},
		{"less than none", "demo:?early=-0.1", `demo: early -0.1: want a share from 0 to 1`},
		{"no share", "demo:?b2b=NaN", `demo: b2b NaN: want a share from 0 to 1`},
		{"no time to pay", "demo:?b2b-within=0s", `demo: b2b-within 0s: want 10ms to 87600h0m0s`},
		{"no time", "demo:?b2b-within=1", `demo: b2b-within "1": want a duration such as 1h`},
		{"by its parameter", "demo:?delay=-1s", `demo: delay -1s: want 0 to 87600h0m0s`},
	}
	for _, test := range tests {
		_, err := Parse(test.uri)
		if err == nil || err.Error() != test.want {
			t.Errorf("%s: Parse(%q):\n got %v\nwant %s", test.reason, test.uri, err, test.want)
		}
	}
}

func TestValidateNamesTheSetting(t *testing.T) {
	tests := []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Disorder = -1 }, "demo: disorder -1ns: want 0 or more"},
		{func(c *Config) { c.Disorder = 0 }, ""},
		{func(c *Config) { c.Within = 0 }, "demo: within 0s: want 10ms to 87600h0m0s"},
		{func(c *Config) { c.Speed = 0 }, ""},
		{func(c *Config) { c.Shop.Hot = 2 }, "demo: hot 2: want a share from 0 to 1"},
	}
	for _, test := range tests {
		c := defaults()
		test.change(&c)
		got := ""
		if err := c.Validate(); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("demo:")
	f.Add("demo:seed?count=9&speed=0")
	f.Add("demo:?seed=1&users=7&rate=1e3&paid=0.5&paid-late=0.1&delay=1m&late=0.2&repeat=0.3&hot=0.4&start=2026-01-01T00:00:00Z")
	f.Add("demo:?start=1970-01-01T00:00:00Z&cancelled=1&early=1&b2b=0.5&b2b-within=10ms")
	f.Fuzz(func(t *testing.T, uri string) {
		c, err := Parse(uri)
		if err != nil {
			if text := err.Error(); !strings.HasPrefix(text, "demo: ") || strings.Contains(text, "\n") {
				t.Errorf("error %q: want one line that starts with the package", text)
			}
			return
		}
		now := time.Unix(1_767_225_600, 0)
		c.Shop = c.shop(now)
		s, err := newSession(c, 1, c.Shop.Start.UnixMilli(), now)
		if err != nil {
			t.Fatalf("Parse(%q) gave what does not open: %v", uri, err)
		}
		if e := s.take(); e.Line != 2 || e.At < e.Time {
			t.Errorf("second event %+v", e)
		}
	})
}
