package shop

import (
	"math"
	"testing"
	"time"
)

func TestValidateNamesTheFieldAndItsRule(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
	tests := []struct {
		reason string
		change func(*Config)
		want   string // "" for no error
	}{
		{"one user is enough", func(c *Config) { c.Users = 1 }, ""},
		{"somebody must order", func(c *Config) { c.Users = 0 }, "shop: Users 0: want at least 1"},
		{"the fastest", func(c *Config) { c.Rate = 1e6 }, ""},
		{"faster", func(c *Config) { c.Rate = 2e6 }, "shop: Rate 2e+06: want 0.001 to 1000000 events a second"},
		{"nothing ever happens", func(c *Config) { c.Rate = 0 }, "shop: Rate 0: want 0.001 to 1000000 events a second"},
		{"no number", func(c *Config) { c.Rate = math.NaN() }, "shop: Rate NaN: want 0.001 to 1000000 events a second"},
		{"before times", func(c *Config) { c.Start = time.UnixMilli(-1).UTC() }, "shop: Start 1969-12-31T23:59:59Z: want a time from 1970 to 9999"},
		{"the first time", func(c *Config) { c.Start = time.UnixMilli(0) }, ""},
		{"no time to pay", func(c *Config) { c.Within = 0 }, "shop: Within 0s: want 10ms to 87600h0m0s"},
		{"an order an age", func(c *Config) { c.Within = 100_000 * time.Hour }, "shop: Within 100000h0m0s: want 10ms to 87600h0m0s"},
		{"before it happens", func(c *Config) { c.Disorder = -1 }, "shop: Disorder -1ns: want 0 to 87600h0m0s"},
		{"all are paid", func(c *Config) { c.Paid, c.PaidLate = 1, 0 }, ""},
		{"more than all are paid", func(c *Config) { c.Paid = 0.99 }, "shop: PaidLate 0.02: want at most what the share that is paid in time, 0.99, leaves"},
		{"less than none", func(c *Config) { c.Late = -0.1 }, "shop: Late -0.1: want a share from 0 to 1"},
		{"no number", func(c *Config) { c.Hot = math.NaN() }, "shop: Hot NaN: want a share from 0 to 1"},
		{"more than all come early", func(c *Config) { c.Early = 1.1 }, "shop: Early 1.1: want a share from 0 to 1"},
		{"no number", func(c *Config) { c.B2B = math.NaN() }, "shop: B2B NaN: want a share from 0 to 1"},
		{"less than none is cancelled", func(c *Config) { c.Cancelled = -1 }, "shop: Cancelled -1: want a share from 0 to 1"},
		{"no time for the others to pay", func(c *Config) { c.B2BWithin = 0 }, "shop: B2BWithin 0s: want 10ms to 87600h0m0s"},
		{"all twice", func(c *Config) { c.Repeat = 1 }, ""},
		{"more often than twice", func(c *Config) { c.Repeat = 1.5 }, "shop: Repeat 1.5: want a share from 0 to 1"},
	}
	for _, test := range tests {
		c := Default()
		test.change(&c)
		got := ""
		if _, err := New(c); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s:\n got %q\nwant %q", test.reason, got, test.want)
		}
	}
}
