package pipeline

import (
	"fmt"
	"slices"
	"time"

	"ordertimeout/transforms"
	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/order"
)

// Rule is a pattern that is run, and what it tells.
type Rule struct {
	// Name tells it from the others: it is in its outcomes, counters and metrics. That of
	// Config.Pattern is "".
	Name string
	// Pattern is the pattern, with the window that counts.
	Pattern syntax.Pattern
	// Key is "user" or "order", as Config.Key.
	Key string
	// Remind and Resolve are those of Config.
	Remind  []time.Duration
	Resolve time.Duration
	// Outcomes are the kinds of outcome that it gives: the others are counted alone. Nil: all
	// but order.Started, and with Config.Pattern what has an output.
	Outcomes []order.Kind
	// Labels are written in each of its outcomes.
	Labels []order.Label
}

// gives reports whether the rule gives a kind of outcome.
func (r *Rule) gives(kind order.Kind) bool {
	switch {
	case kind == order.Reminder && len(r.Remind) == 0, kind == order.Resolved && r.Resolve == 0:
		return false
	case r.Outcomes == nil:
		return kind != order.Started || r.Name == ""
	}
	return slices.Contains(r.Outcomes, kind)
}

// windows returns those of the pattern, and of the ages at which there are reminders.
func (r *Rule) windows() windows {
	w := windowsOf(r.Pattern)
	for _, age := range r.Remind {
		w.shortest = min(w.shortest, age)
	}
	return w
}

// Validate returns what is wrong with a rule, or nil.
func (r *Rule) Validate() error {
	for _, c := range []struct {
		setting string
		config  cep.Config
	}{{"pattern", cep.Config{}}, {"remind", cep.Config{Remind: r.Remind}}, {"resolve", cep.Config{Resolve: r.Resolve}}} {
		if _, err := cep.Compile(r.Pattern, c.config); err != nil {
			return fmt.Errorf("%s: %w", c.setting, err)
		}
	}
	return nil
}

// rules returns the rules of the settings: those of a file, or that of -pattern.
func (c Config) rules() ([]Rule, error) {
	if len(c.Rules) > 0 {
		return c.Rules, c.validateRules()
	}
	pattern, err := c.pattern()
	if err != nil {
		return nil, err
	}
	r := Rule{Pattern: pattern, Key: c.Key, Remind: c.Remind, Resolve: c.Resolve}
	if err := r.Validate(); err != nil {
		return nil, fmt.Errorf("-%w", err)
	}
	return []Rule{r}, nil
}

// validateRules checks rules that come from elsewhere.
func (c Config) validateRules() error {
	names := map[string]bool{}
	for i := range c.Rules {
		r := &c.Rules[i]
		switch err := r.Validate(); {
		case err != nil:
			return fmt.Errorf("-rules: rule %s: %w", r.Name, err)
		case r.Name == "" || names[r.Name]:
			return fmt.Errorf("-rules: %d rules, and number %d has the name %q: want a name for each", len(c.Rules), i+1, r.Name)
		case r.Key != KeyUser && r.Key != KeyOrder:
			return fmt.Errorf("-rules: rule %s: key %q: want user or order", r.Name, r.Key)
		}
		names[r.Name] = true
	}
	return nil
}

// windowsOfAll returns the smallest window of all rules, and the longest that a run takes.
func windowsOfAll(rules []Rule) windows {
	all := rules[0].windows()
	for i := range rules[1:] {
		w := rules[i+1].windows()
		all = windows{shortest: min(all.shortest, w.shortest), whole: max(all.whole, w.whole)}
	}
	return all
}

// keysOf returns the keys of rules, each once.
func keysOf(rules []Rule) (keys []string) {
	for _, key := range []string{KeyUser, KeyOrder} {
		if slices.ContainsFunc(rules, func(r Rule) bool { return r.Key == key }) {
			keys = append(keys, key)
		}
	}
	return keys
}

// matchAll returns the settings of the stateful transforms of a plan, one for each key.
func (c Config) matchAll(p Plan) (matches []transforms.MatchConfig) {
	keys := keysOf(p.Rules)
	for i, key := range keys {
		m := c.match(p)
		m.ByOrder, m.Userless, m.FirstShard = key == KeyOrder, key == KeyUser && len(keys) > 1, i*c.Shards
		for j := range p.Rules {
			if r := &p.Rules[j]; r.Key == key {
				m.Rules = append(m.Rules, c.rule(p, r))
			}
		}
		matches = append(matches, m)
	}
	return matches
}

// rule returns a rule as the stateful transform takes it.
func (c Config) rule(p Plan, r *Rule) transforms.Rule {
	gives := func(kind order.Kind) bool { return r.gives(kind) && p.gives(kind) }
	rule := transforms.Rule{
		Name: r.Name, Labels: r.Labels, Unread: p.unread(r),
		Settings: transforms.Settings{
			Pattern: r.Pattern.String(), MaxBranches: c.MaxBranches, Remember: c.remember(r.windows()),
			Started: gives(order.Started), Cancelled: gives(order.Cancelled), Remind: r.Remind, Resolve: r.Resolve,
		},
	}
	return rule
}

// unread returns the kinds of outcome of a rule that are not to be made, as they go nowhere.
// Successes and timeouts of a live input are made all the same: their messages are let
// go of where they are written.
func (p Plan) unread(r *Rule) (kinds []order.Kind) {
	for _, kind := range []order.Kind{order.Success, order.Timeout, order.Started, order.Reminder, order.Resolved, order.Cancelled} {
		held := p.Live && r.gives(kind) && (kind == order.Success || kind == order.Timeout)
		if !held && !(r.gives(kind) && p.gives(kind)) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// checkAge is the bound of a duration of a rule.
func checkAge(setting string, d time.Duration) error {
	return connect.CheckDuration(setting, d, time.Millisecond, connect.MaxDuration)
}
