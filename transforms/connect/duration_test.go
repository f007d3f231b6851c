package connect

import (
	"flag"
	"io"
	"testing"
	"time"
)

// A flag keeps its default, and what it had where a text is refused.
func TestDuration(t *testing.T) {
	for _, test := range []struct {
		text string
		want time.Duration
		ok   bool
	}{
		{"10m", 10 * time.Minute, true}, {"2d", 48 * time.Hour, true}, {"0d", 0, true}, {"-1s", -time.Second, true}, {"0", 0, true},
		{"1.5d", 7 * time.Second, false}, {"-1d", 7 * time.Second, false}, {"1d2h", 7 * time.Second, false}, {"", 7 * time.Second, false}, {"106752d", 7 * time.Second, false},
	} {
		d := 7 * time.Second
		fs := flag.NewFlagSet("", flag.ContinueOnError)
		fs.SetOutput(io.Discard)
		Duration(&d)(fs, "age")
		if got := fs.Lookup("age").DefValue; got != "7s" {
			t.Errorf("default %s", got)
		}
		if err := fs.Parse([]string{"-age", test.text}); (err == nil) != test.ok || d != test.want {
			t.Errorf("%q: got %v, %v, want %v", test.text, d, err, test.want)
		}
	}
}
