package pipeline

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ordertimeout/transforms"
	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/rules"
)

// windowsOfRule returns the windows of a rule's pattern; the shortest may be the age of a
// reminder, or Early.
func windowsOfRule(r *rules.Rule) windows {
	w := windowsOf(r.Pattern)
	for _, age := range r.Remind {
		w.shortest = min(w.shortest, age)
	}
	if r.Early > 0 {
		w.shortest = min(w.shortest, r.Early)
	}
	return w
}

// allRules returns the rules of the settings: those of a file, or that of -pattern.
func (c Config) allRules() ([]rules.Rule, error) {
	if len(c.Rules) > 0 {
		return c.Rules, c.validateRules()
	}
	pattern, err := c.pattern()
	if err != nil {
		return nil, err
	}
	r := rules.Rule{Pattern: pattern, Key: c.Key, Remind: c.Remind, Resolve: c.Resolve, Early: c.Early}
	if err := r.Validate(); err != nil {
		return nil, fmt.Errorf("-%w", err)
	}
	return []rules.Rule{r}, nil
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

// connectWindows returns what a source has to know of the windows of rules.
func (c Config) connectWindows(all []rules.Rule) connect.Windows {
	w := connect.Windows{Smallest: smallestWindow(all), Longest: max(windowsOfAll(all).whole, c.MaxWithin)}
	if w.ByEvent = byEvent(all); w.ByEvent {
		w.Most = c.MaxWithin
	}
	return w
}

// byEvent reports whether an expression gives the windows of a rule.
func byEvent(all []rules.Rule) bool {
	return slices.ContainsFunc(all, func(r rules.Rule) bool { return r.Within.Expression != "" })
}

// windowsOfAll returns the smallest window of all rules, and the longest that a run takes.
func windowsOfAll(all []rules.Rule) windows {
	sum := windowsOfRule(&all[0])
	for i := range all[1:] {
		w := windowsOfRule(&all[i+1])
		sum = windows{shortest: min(sum.shortest, w.shortest), whole: max(sum.whole, w.whole)}
	}
	return sum
}

// smallestWindow returns the smallest window of the patterns of all rules.
func smallestWindow(all []rules.Rule) time.Duration {
	smallest := windowsOf(all[0].Pattern).shortest
	for i := range all[1:] {
		smallest = min(smallest, windowsOf(all[i+1].Pattern).shortest)
	}
	return smallest
}

// keysOf returns the keys of rules, each once.
func keysOf(all []rules.Rule) (keys []string) {
	for _, key := range []string{KeyUser, KeyOrder} {
		if slices.ContainsFunc(all, func(r rules.Rule) bool { return r.Key == key }) {
			keys = append(keys, key)
		}
	}
	return keys
}

// wantOrder reports whether an event has to have an order id: no rule knows orders by their
// users, too.
func wantOrder(all []rules.Rule) bool { return !slices.Contains(keysOf(all), KeyUser) }

// matchAll returns the settings of the stateful transforms of a plan, one for each key.
func (c Config) matchAll(p Plan) (matches []transforms.MatchConfig) {
	keys := keysOf(p.Rules)
	for i, key := range keys {
		m := c.match(p)
		m.ByOrder, m.Orderless, m.FirstShard = key == KeyOrder, key == KeyOrder, i*c.Shards
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
func (c Config) rule(p Plan, r *rules.Rule) transforms.Rule {
	gives := func(kind order.Kind) bool { return r.Gives(kind) && p.Gives(kind) }
	s := transforms.Settings{
		Pattern: r.Pattern.String(), MaxBranches: c.MaxBranches, Remember: c.remember(windowsOfRule(r)),
		Started: gives(order.Started), Cancelled: gives(order.Cancelled), Remind: r.Remind, Resolve: r.Resolve, Early: r.Early,
	}
	if s.Window = r.Within.Expression; s.Window != "" {
		s.MaxWindow, s.RememberOwn = cmp.Or(c.MaxWithin, defaultMaxWithin), c.Remember < 0
	}
	return transforms.Rule{Name: r.Name, Labels: r.Labels, Unread: p.unread(r), Settings: s}
}

// unread returns the kinds of outcome of a rule that are not to be made, as they go nowhere.
// Successes and timeouts of a live input are made all the same: their messages are let
// go of where they are written.
func (p Plan) unread(r *rules.Rule) (kinds []order.Kind) {
	for _, kind := range []order.Kind{order.Success, order.Timeout, order.Started, order.Reminder, order.Resolved, order.Cancelled} {
		held := p.Live && r.Gives(kind) && (kind == order.Success || kind == order.Timeout)
		if !held && !(r.Gives(kind) && p.Gives(kind)) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}
