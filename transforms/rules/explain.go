package rules

import (
	"fmt"
	"strings"

	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
)

// windowName is what sentences call a window that each run has of its own.
const windowName = "W"

// Explain returns what a valid rule means in plain sentences, each part of it in one of them.
func (r *Rule) Explain() []string {
	noun := "an order of a user"
	if r.Key == KeyOrder {
		noun = "an order"
	}
	var said []string
	if r.Within.Expression == "" {
		said = r.Pattern.Explain(noun)
	} else {
		said = append(r.Pattern.ExplainWithin(noun, windowName), fmt.Sprintf("%s is what its first event gives by %s, and %s where that fails.",
			windowName, strings.Join(strings.Fields(r.Within.Expression), " "), syntax.FormatDuration(r.Pattern.Within)))
	}
	if len(r.Remind) > 0 {
		ages := make([]string, len(r.Remind))
		for i, age := range r.Remind {
			ages[i] = syntax.FormatDuration(age)
		}
		said = append(said, "While it is open there is a reminder "+list(ages, "and")+" after its first event.")
	}
	if r.Resolve > 0 {
		said = append(said, "What it had waited for, or what would have cancelled it, calls its timeout off up to "+syntax.FormatDuration(r.Resolve)+" after that.")
	}
	if r.Early > 0 {
		said = append(said, "A later step may be less than "+syntax.FormatDuration(r.Early)+" before the first: it waits for so long.")
	}
	return append(said, r.outcomes()...)
}

// outcomes says which outcomes a rule gives, and what they have.
func (r *Rule) outcomes() []string {
	var given, counted []string
	for _, kind := range kinds {
		switch {
		case !r.happens(kind):
		case r.Gives(kind):
			given = append(given, string(kind))
		default:
			counted = append(counted, string(kind))
		}
	}
	said := []string{"It tells of nothing."}
	if len(given) > 0 {
		said[0] = "It tells of " + list(given, "and") + "."
	}
	if len(counted) > 0 {
		said = append(said, "It counts, and does not tell of, "+list(counted, "and")+".")
	}
	if len(r.Labels) == 0 {
		return said
	}
	labels := make([]string, len(r.Labels))
	for i, l := range r.Labels {
		labels[i] = fmt.Sprintf("%s %q", l.Name, l.Text)
	}
	return append(said, "Each outcome has the labels "+list(labels, "and")+".")
}

// happens reports whether a rule can have outcomes of a kind, given or counted.
func (r *Rule) happens(kind order.Kind) bool {
	switch kind {
	case order.Reminder:
		return len(r.Remind) > 0
	case order.Resolved:
		return r.Resolve > 0
	case order.Cancelled:
		for _, place := range r.Pattern.Places() {
			if place.Negated {
				return true
			}
		}
		return false
	}
	return true
}

// list joins words by commas, and the last by a word of its own.
func list(words []string, last string) string {
	end := len(words) - 1
	if end < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:end], ", ") + " " + last + " " + words[end]
}
