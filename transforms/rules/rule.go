package rules

import (
	"fmt"
	"slices"
	"time"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
)

// Rule is a pattern that is run, and what it tells.
type Rule struct {
	// Name tells it from the others: it is in its outcomes, counters and metrics. That of a
	// pattern that is given without rules is "".
	Name string
	// Pattern is the pattern, with the window that counts.
	Pattern syntax.Pattern
	// Key is what an order is known by: KeyUser or KeyOrder.
	Key string
	// Remind are the ages of an open run at which there is a reminder, in their order.
	Remind []time.Duration
	// Resolve is for how long after a timeout what was missing still resolves it; zero: never.
	Resolve time.Duration
	// Early is how much before the event that opens a run a later one may come; zero: not at all.
	Early time.Duration
	// Outcomes are the kinds of outcome that it gives: the others are counted alone. Nil: all,
	// but order.Started where it has a name.
	Outcomes []order.Kind
	// Labels are written in each of its outcomes.
	Labels []order.Label
}

// The values of Rule.Key: an order is a user's order id, or its id alone.
const (
	KeyUser  = "user"
	KeyOrder = "order"
)

// Gives reports whether the rule gives a kind of outcome.
func (r *Rule) Gives(kind order.Kind) bool {
	switch {
	case kind == order.Reminder && len(r.Remind) == 0, kind == order.Resolved && r.Resolve == 0:
		return false
	case r.Outcomes == nil:
		return kind != order.Started || r.Name == ""
	}
	return slices.Contains(r.Outcomes, kind)
}

// Validate returns what is wrong with a rule, or nil. The error begins with the setting.
func (r *Rule) Validate() error {
	for _, of := range r.settings() {
		if _, err := cep.Compile(r.Pattern, of.config); err != nil {
			return fmt.Errorf("%s: %w", of.name, err)
		}
	}
	return nil
}

// setting is a setting by itself, as the engine takes it.
type setting struct {
	name   string
	config cep.Config
}

// settings returns those of the rule which have to go with its pattern, that first.
func (r *Rule) settings() []setting {
	return []setting{
		{"pattern", cep.Config{}},
		{"remind", cep.Config{Remind: r.Remind}},
		{"resolve", cep.Config{Resolve: r.Resolve}},
		{"early", cep.Config{Early: r.Early}},
	}
}

// Same reports whether a rule goes on with the states of another one: they have one name,
// one key and, but for its window, one pattern.
func (r *Rule) Same(as *Rule) bool {
	a, b := r.Pattern, as.Pattern
	a.Within, b.Within = 0, 0
	return r.Name == as.Name && r.Key == as.Key && a.String() == b.String()
}
