package shop

import (
	"fmt"
	"time"

	"ordertimeout/transforms/order"
)

// Config is what a shop is like. Shares are numbers from 0 to 1. Default returns a
// Config to start from, as only the optional fields may be zero.
type Config struct {
	// Seed chooses one of the shops that are like this.
	Seed uint64
	// Users is how many users there are; each order is of any of them.
	Users int
	// Rate is how many events arrive in a second of event time, on average and
	// once payments come in as fast as they are made.
	Rate float64
	// Start is the time of the opening; no event is before.
	Start time.Time

	// Within is the time that users have to pay. Paid is the share of orders
	// that are paid in time, 1 ms to Within/2 after they are created (uniform);
	// PaidLate the share of those that are paid too late, Within to 2*Within
	// after. The others are never paid.
	Within   time.Duration
	Paid     float64
	PaidLate float64

	// Disorder is the longest that an event is normally on its way; the delays
	// are uniform. Optional: events arrive at once.
	Disorder time.Duration
	// Late is the share of events that are on their way for longer: for
	// Disorder and 1 ms to Within more. Optional.
	Late float64
	// Repeat is the share of events that are delivered twice: the same bytes
	// again, 1 ms to Disorder+Within/10 after the first arrival. Optional.
	Repeat float64
	// Hot is the share of orders that are of one user, "u0", before the others
	// share the rest. Optional.
	Hot float64

	// Fails is how often the payment of an order fails at most: each number from
	// none on is as frequent. A failure is an event "fail", with the amount that was
	// tried, and an event "retry" behind it. Those of an order that is paid are
	// between its creation and its payment, as far apart as they can be; those of
	// one that never is are within Within/2. Optional.
	Fails int
	// Cancelled is the share of orders that have an event "cancel", 1 ms to Within/2
	// after they are created, whatever else becomes of them. Optional. With Fails or
	// Cancelled no two events of an order have the same time.
	Cancelled float64

	// Early is the share of the payments in time that come from a clock which is
	// behind: they are made 1 ms after their order and stamped 1 ms to less than 3 s
	// before it, but not before Start. Optional.
	Early float64
	// B2B is the share of orders whose events have "channel":"b2b"; those of the
	// others then have "channel":"web". Optional: no event has a channel.
	B2B float64
	// B2BWithin is in place of Within, for the orders of B2B, the time that they have
	// to pay and what goes by it.
	B2BWithin time.Duration
}

// Default is the shop of the benchmarks: 100,000 users, 1,000 events a second
// from 2026-01-01 on, 10 minutes to pay, 80 % of the orders paid in time, 2 %
// too late, all events in order and once. About 130,000 orders are open at a
// time. Those of B2B, of which there are none, would have an hour to pay.
func Default() Config {
	return Config{
		Seed:     1,
		Users:    100_000,
		Rate:     1000,
		Start:    time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Within:   10 * time.Minute,
		Paid:     0.8,
		PaidLate: 0.02,

		B2BWithin: time.Hour,
	}
}

// The limits of a Config: with them no sum of a few of its times overflows.
const (
	minRate   = 0.001
	maxRate   = 1_000_000
	minWithin = 10 * time.Millisecond
	maxTime   = 10 * 365 * 24 * time.Hour
	maxFails  = 100
)

// FieldError says which field of a Config is wrong, for callers whose users
// know the field by another name.
type FieldError struct {
	Field string // such as "Rate"
	Got   any    // its value
	Want  string // what it may be: "at least 1"
}

// Error is one line: the field, its value and what it may be.
func (e *FieldError) Error() string { return "shop: " + e.Field + " " + e.Fault() }

// Fault is Error without the name of the field.
func (e *FieldError) Fault() string { return fmt.Sprintf("%v: want %s", e.Got, e.Want) }

// Validate returns a *FieldError for the first field that is wrong, or nil.
func (c Config) Validate() error {
	if c.Users < 1 {
		return &FieldError{"Users", c.Users, "at least 1"}
	}
	if !(c.Rate >= minRate && c.Rate <= maxRate) { // not NaN either
		return &FieldError{"Rate", c.Rate, fmt.Sprintf("%v to %d events a second", minRate, maxRate)}
	}
	if ms := c.Start.UnixMilli(); ms < order.MinTime || ms >= order.MaxTime {
		return &FieldError{"Start", c.Start.Format(time.RFC3339), "a time from 1970 to 9999"}
	}
	if !isWithin(c.Within) {
		return &FieldError{"Within", c.Within, fmt.Sprintf("%s to %s", minWithin, maxTime)}
	}
	if !isWithin(c.B2BWithin) {
		return &FieldError{"B2BWithin", c.B2BWithin, fmt.Sprintf("%s to %s", minWithin, maxTime)}
	}
	if c.Disorder < 0 || c.Disorder > maxTime {
		return &FieldError{"Disorder", c.Disorder, fmt.Sprintf("0 to %s", maxTime)}
	}
	if c.Fails < 0 || c.Fails > maxFails {
		return &FieldError{"Fails", c.Fails, fmt.Sprintf("0 to %d", maxFails)}
	}
	return c.validateShares()
}

func isWithin(d time.Duration) bool { return d >= minWithin && d <= maxTime }

func (c Config) validateShares() error {
	shares := []struct {
		field string
		share float64
	}{{"Paid", c.Paid}, {"PaidLate", c.PaidLate}, {"Late", c.Late}, {"Repeat", c.Repeat}, {"Hot", c.Hot}, {"Cancelled", c.Cancelled}, {"Early", c.Early}, {"B2B", c.B2B}}
	for _, s := range shares {
		if !(s.share >= 0 && s.share <= 1) {
			return &FieldError{s.field, s.share, "a share from 0 to 1"}
		}
	}
	if c.Paid+c.PaidLate > 1+1e-9 { // the sum may be a little off
		return &FieldError{"PaidLate", c.PaidLate, fmt.Sprintf("at most what the share that is paid in time, %v, leaves", c.Paid)}
	}
	return nil
}
