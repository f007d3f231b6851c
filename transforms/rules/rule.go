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
	// Pattern is the pattern, with the window that counts: with Within.Duration, where there is
	// one. With Within.Expression its own counts where that fails.
	Pattern syntax.Pattern
	// Within is the window that the rule has beside that of its pattern.
	Within Within
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

// kinds are the kinds of outcome that a rule may give.
var kinds = []order.Kind{order.Success, order.Timeout, order.Reminder, order.Resolved, order.Cancelled, order.Started}

// kindNames returns kinds as texts.
func kindNames() []string {
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = string(kind)
	}
	return names
}

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
	if _, err := cep.Compile(r.Pattern, cep.Config{Remind: r.Remind, Resolve: r.Resolve, Early: r.Early}); err == nil {
		return r.Within.validate(r.Pattern)
	}
	for _, of := range r.settings() {
		if _, err := cep.Compile(r.Pattern, of.config); err != nil {
			return fmt.Errorf("%s: %w", of.name, err)
		}
	}
	return r.Within.validate(r.Pattern)
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
