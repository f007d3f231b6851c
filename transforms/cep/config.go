package cep

import (
	"fmt"
	"time"

	"ordertimeout/transforms/cep/cond"
	"ordertimeout/transforms/cep/syntax"
)

// Config says how a pattern is run.
//
// Started, Cancelled and Remind are what is told of a run beside its end: see the
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
}

// DefaultMaxBranches is how many branches a key may have where nothing else is said.
const DefaultMaxBranches = 10_000

// Validate returns what is wrong with the settings, or nil.
func (c Config) Validate() error {
	switch {
	case c.Remember < 0 || c.Remember%time.Millisecond != 0:
		return fmt.Errorf("cep: remember %v: want whole milliseconds, not negative", c.Remember)
	case c.MaxBranches < 0:
		return fmt.Errorf("cep: max branches %d: want at least one, or zero for %d", c.MaxBranches, DefaultMaxBranches)
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
	if n := len(c.Remind); n > 0 && pattern.Within > 0 && c.Remind[n-1] >= pattern.Within {
		return fmt.Errorf("cep: remind %v of a pattern within %v: want ages below that", c.Remind[n-1], pattern.Within)
	}
	return nil
}

// life reports whether there is a setting that only the machine knows.
func (c Config) life() bool { return c.Started || c.Cancelled || len(c.Remind) > 0 }
