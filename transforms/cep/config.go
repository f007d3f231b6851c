package cep

import (
	"errors"
	"fmt"
	"time"

	"ordertimeout/transforms/cep/cond"
	"ordertimeout/transforms/cep/syntax"
)

// Config says how a pattern is run.
//
// Started, Cancelled, Remind, Resolve and Early are what is told of a run beside its end: see the
// section "The life of a run" of the package. With one of them the machine runs the
// pattern, also where there is a table.
type Config struct {
	// Remember is for how long a run's events are known after its end, so that a redelivery
	// is seen as one. Not negative, in whole milliseconds.
	Remember time.Duration
	// MaxBranches is how many branches a key may have; zero: DefaultMaxBranches.
	MaxBranches int
	// Fields reads events for conditions. A pattern without conditions needs none.
	Fields cond.Fields
	// Timeless says that the bytes of an event need not have its time. Then two events
	// without ids are the same one only if their times are equal, too: else three
	// failures that are alike would be one, delivered three times.
	Timeless bool

	// Started gives an outcome of each run that opens, Cancelled one of each run that a
	// negation ends.
	Started, Cancelled bool
	// Remind are the ages at which an open run that has given no match gives a reminder:
	// above zero, ascending, different, in whole milliseconds, and below the pattern's
	// window where it has one.
	Remind []time.Duration
	// Resolve is for how long after its deadline a timeout may be resolved; zero: never.
	// In whole milliseconds, for patterns without every and without a negation at the end.
	Resolve time.Duration
	// Early is by how much the time of a later step's event may be before that of the event
	// that opens its run; zero: not at all. In whole milliseconds, below the pattern's window
	// where it has one, for patterns without every and without a negation at the end. Each
	// event of a later step that comes without a run waits for so long: it is for clocks that
	// differ, a few seconds.
	Early time.Duration
	// Window gives each run a window of its own, by its first event: an expression as
	// CompileWindow says. Where that fails the pattern's window holds, which there must
	// be, and a condition error is counted; so it is where it gives more than MaxWindow, or a
	// deadline after the year 9999. "": the pattern's window is that of all runs.
	Window string
	// MaxWindow is the longest that Window may give; zero: cond.MaxDuration.
	MaxWindow time.Duration
	// RememberOwn says that a run is remembered for as long as its own window, in place of
	// Remember, where there is a Window.
	RememberOwn bool
	// Name calls a timeout by a text that stands in the outcome which resolves it
	// (Outcome.Of): the run's events are gone by then. It must not keep the Outcome, and
	// several Matchers may call it at once. Nil calls all of them "".
	Name func(timeout *Outcome) string
}

// DefaultMaxBranches is how many branches a key may have where nothing else is said.
const DefaultMaxBranches = 10_000

// maxEarly is the largest Config.Early: a state has no room for more.
const maxEarly = 1000 * time.Hour

// Validate returns what is wrong with the settings, or nil.
func (c Config) Validate() error {
	switch {
	case c.Remember < 0 || c.Remember%time.Millisecond != 0:
		return fmt.Errorf("cep: remember %v: want whole milliseconds, not negative", c.Remember)
	case c.MaxBranches < 0:
		return fmt.Errorf("cep: max branches %d: want at least one, or zero for %d", c.MaxBranches, DefaultMaxBranches)
	}
	if c.Resolve < 0 || c.Resolve%time.Millisecond != 0 {
		return fmt.Errorf("cep: resolve %v: want whole milliseconds, not negative", c.Resolve)
	}
	if c.Early < 0 || c.Early%time.Millisecond != 0 || c.Early > maxEarly {
		return fmt.Errorf("cep: early %v: want whole milliseconds, not negative, up to %v", c.Early, maxEarly)
	}
	for i, age := range c.Remind {
		switch {
		case age <= 0 || age%time.Millisecond != 0:
			return fmt.Errorf("cep: remind %v: want whole milliseconds, above zero", age)
		case i > 0 && age <= c.Remind[i-1]:
			return fmt.Errorf("cep: remind %v behind %v: want ascending ages, each once", age, c.Remind[i-1])
		}
	}
	return nil
}

// validate is Validate for a pattern, whose window settings depend on.
func (c Config) validate(pattern syntax.Pattern) error {
	if err := c.Validate(); err != nil {
		return err
	}
	switch {
	case c.Window != "" && pattern.Within == 0:
		return errors.New("cep: window by an expression of a pattern without one: want one there, for events on which it fails")
	case c.MaxWindow < 0:
		return fmt.Errorf("cep: max window %v: want one above zero, or zero for %v", c.MaxWindow, cond.MaxDuration)
	}
	if n := len(c.Remind); n > 0 && pattern.Within > 0 && c.Remind[n-1] >= pattern.Within {
		return fmt.Errorf("cep: remind %v of a pattern within %v: want ages below that", c.Remind[n-1], pattern.Within)
	}
	if c.Early > 0 && pattern.Within > 0 && c.Early >= pattern.Within {
		return fmt.Errorf("cep: early %v of a pattern within %v: want less than that", c.Early, pattern.Within)
	}
	switch {
	case c.Resolve > 0:
		return oneEnd("resolve", pattern)
	case c.Early > 0:
		return oneEnd("early", pattern)
	}
	return nil
}

// oneEnd returns what is wrong with a setting that wants a pattern whose runs end once, by
// an event or by a timeout.
func oneEnd(setting string, pattern syntax.Pattern) error {
	places := pattern.Places()
	switch {
	case pattern.Every:
		return fmt.Errorf("cep: %s of a pattern with every: want one without", setting)
	case places[len(places)-1].Link.Negated():
		return fmt.Errorf("cep: %s of a pattern that ends in a negation: want a step at the end", setting)
	}
	return nil
}

// life reports whether there is a setting that only the machine knows.
func (c Config) life() bool {
	return c.Started || c.Cancelled || len(c.Remind) > 0 || c.Resolve > 0 || c.Early > 0 || c.Window != ""
}
