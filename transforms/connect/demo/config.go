package demo

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ordertimeout/transforms/connect/demo/shop"
)

// Config is a simulated input. Parse returns one with defaults.
type Config struct {
	// Shop is where the events happen; Disorder, Late, Repeat and so on are
	// what happens to them on their way. Its Within is not used. A zero Start
	// is the time when the pipeline is built.
	Shop shop.Config
	// Loop takes, instead of a shop, one event each second of event time, for
	// ever the same three: user 1 creates, user 2 creates, user 2 pays. Of Shop
	// only Start is used.
	Loop bool
	// Count ends the input after so many events; 0 is endless.
	Count int64
	// Speed is how many seconds of event time pass in one second; 0 is as fast
	// as the pipeline takes them.
	Speed float64

	// Within is the time that users have to pay.
	Within time.Duration
	// Disorder is how far the watermark stays behind the arrivals: an event
	// that is on its way for longer is late.
	Disorder time.Duration
	// EndOfTime lets the input, where Count ends it, end at order.EndOfTime
	// instead of at its largest event time.
	EndOfTime bool
	// GoesOn lets it end at the watermark, and leave undecided what is not before it.
	GoesOn bool
	// Run is the id of the process.Run that the input belongs to; "" for none.
	Run string
}

// The limits of Speed: 1 s in a quarter of an hour, and a week in a second.
const (
	minSpeed = 0.001
	maxSpeed = 7 * 24 * 3600
)

// defaults is a small shop, one order of which is seen on the screen about
// every 30 ms, with some of everything that goes wrong in a large one.
func defaults() Config {
	c := Config{Shop: shop.Default(), Speed: 60, Within: 10 * time.Minute, Disorder: 5 * time.Second}
	c.Shop.Users, c.Shop.Rate, c.Shop.Start = 100, 1, time.Time{}
	c.Shop.Disorder, c.Shop.Late, c.Shop.Repeat, c.Shop.Hot = 2*time.Second, 0.01, 0.01, 0.05
	return c
}

// Parse returns the Config of a URI, with the defaults for what it leaves out:
//
//	demo:              a small shop, 60 times as fast as real: ten minutes in 10 s
//	demo:?rate=1000&count=100000&speed=0
//	                   the same with parameters
//	demo:seed          the loop of three events, one a second
//	demo:seed?count=9&speed=0
//
// Parameters: count, speed and start (RFC 3339); and of the shop seed, users,
// rate, paid, paid-late, delay (the longest normal one), late, repeat, hot, cancelled,
// early, b2b and b2b-within.
// An error names the parameter, its value and what it may be.
func Parse(uri string) (Config, error) {
	c := defaults()
	rest, ok := strings.CutPrefix(uri, "demo:")
	if !ok {
		return c, fmt.Errorf("demo: %q: want demo:, demo:seed or either with ?parameters", uri)
	}
	what, query, _ := strings.Cut(rest, "?")
	switch what {
	case "":
	case "seed":
		c.Loop, c.Speed = true, 1
	default:
		return c, fmt.Errorf("demo: %q: want demo:, demo:seed or either with ?parameters", uri)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return c, fmt.Errorf("demo: %q: %w", uri, err)
	}
	setters := c.setters()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		set, ok := setters[name]
		if !ok {
			return c, fmt.Errorf("demo: no parameter %q: want %s", name, strings.Join(slices.Sorted(maps.Keys(setters)), ", "))
		}
		if n := len(values[name]); n > 1 {
			return c, fmt.Errorf("demo: %s: want it once, not %d times", name, n)
		}
		if want := set(values[name][0]); want != "" {
			return c, fmt.Errorf("demo: %s %q: want %s", name, values[name][0], want)
		}
	}
	return c, c.Validate()
}

// setters returns, by parameter, what sets it from text and returns what was
// wanted where the text is wrong.
func (c *Config) setters() map[string]func(string) string {
	all := map[string]func(string) string{
		"count": func(s string) (want string) {
			return into(&c.Count, "a whole number, 0 for endless")(strconv.ParseInt(s, 10, 64))
		},
		"speed": number(&c.Speed),
		"start": func(s string) string {
			return into(&c.Shop.Start, "a time such as 2026-01-01T00:00:00Z")(time.Parse(time.RFC3339, s))
		},
	}
	if c.Loop {
		return all
	}
	maps.Copy(all, map[string]func(string) string{
		"seed": func(s string) string {
			return into(&c.Shop.Seed, "a whole number")(strconv.ParseUint(s, 10, 64))
		},
		"users":     func(s string) string { return into(&c.Shop.Users, "a whole number above 0")(strconv.Atoi(s)) },
		"rate":      number(&c.Shop.Rate),
		"paid":      number(&c.Shop.Paid),
		"paid-late": number(&c.Shop.PaidLate),
		"delay": func(s string) string {
			return into(&c.Shop.Disorder, "a duration such as 2s")(time.ParseDuration(s))
		},
		"late":   number(&c.Shop.Late),
		"repeat": number(&c.Shop.Repeat),
		"hot":    number(&c.Shop.Hot),

		"cancelled": number(&c.Shop.Cancelled),
		"early":     number(&c.Shop.Early),
		"b2b":       number(&c.Shop.B2B),
		"b2b-within": func(s string) string {
			return into(&c.Shop.B2BWithin, "a duration such as 1h")(time.ParseDuration(s))
		},
	})
	return all
}

func number(to *float64) func(string) string {
	return func(s string) string { return into(to, "a number")(strconv.ParseFloat(s, 64)) }
}

// into returns a function that takes the result of parsing. It stores the value, or says
// what was wanted.
func into[T any](to *T, want string) func(T, error) string {
	return func(value T, err error) string {
		if err != nil {
			return want
		}
		*to = value
		return ""
	}
}

// parameterOf is the parameter, or setting, of a field of the shop.
var parameterOf = map[string]string{
	"Users": "users", "Rate": "rate", "Start": "start", "Within": "within",
	"Paid": "paid", "PaidLate": "paid-late", "Disorder": "delay",
	"Late": "late", "Repeat": "repeat", "Hot": "hot",
	"Cancelled": "cancelled", "Early": "early", "B2B": "b2b", "B2BWithin": "b2b-within",
}

// Validate returns an error that names the first field that is wrong, by its
// parameter, what it is and what it may be.
func (c Config) Validate() error {
	if c.Count < 0 {
		return fmt.Errorf("demo: count %d: want a whole number, 0 for endless", c.Count)
	}
	if c.Speed != 0 && !(c.Speed >= minSpeed && c.Speed <= maxSpeed) { // not NaN either
		return fmt.Errorf("demo: speed %v: want %v to %d, or 0 for as fast as possible", c.Speed, minSpeed, maxSpeed)
	}
	if c.Disorder < 0 {
		return fmt.Errorf("demo: disorder %s: want 0 or more", c.Disorder)
	}
	err := c.shop(time.Now()).Validate()
	var wrong *shop.FieldError
	if errors.As(err, &wrong) {
		return fmt.Errorf("demo: %s %s", parameterOf[wrong.Field], wrong.Fault())
	}
	return err
}

// shop returns the shop of a pipeline that is built now.
func (c Config) shop(now time.Time) shop.Config {
	s := c.Shop
	s.Within = c.Within
	if s.Start.IsZero() {
		s.Start = now.UTC().Truncate(time.Millisecond)
	}
	return s
}
