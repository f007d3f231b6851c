package rules

import (
	"fmt"
	"slices"
	"strings"

	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
)

// Explain returns what a rule means in plain sentences, each part of it in one of them.
func (r *Rule) Explain() []string {
	noun := "an order of a user"
	if r.Key == KeyOrder {
		noun = "an order"
	}
	sentences := r.Pattern.Explain(noun)
	if len(r.Remind) > 0 {
		var ages []string
		for _, age := range r.Remind {
			ages = append(ages, syntax.FormatDuration(age))
		}
		sentences = append(sentences, "While it is open there is a reminder "+strings.Join(ages, ", and ")+" after its first event.")
	}
	if r.Resolve > 0 {
		sentences = append(sentences, "What it had waited for, or what would have cancelled it, calls its timeout off up to "+syntax.FormatDuration(r.Resolve)+" after that.")
	}
	if r.Early > 0 {
		sentences = append(sentences, "A later step may be less than "+syntax.FormatDuration(r.Early)+" before the first: it waits for so long.")
	}
	var given, counted []string
	for _, kind := range kinds {
		switch {
		case r.Gives(kind):
			given = append(given, string(kind))
		case r.Outcomes != nil && kind != order.Started:
			counted = append(counted, string(kind))
		}
	}
	sentences = append(sentences, "It tells of "+strings.Join(given, ", ")+".")
	if r.Outcomes != nil && len(counted) > 0 {
		sentences = append(sentences, "It counts, and does not tell of, "+strings.Join(counted, ", ")+".")
	}
	if len(r.Labels) > 0 {
		var labels []string
		for _, l := range r.Labels {
			labels = append(labels, fmt.Sprintf("%s %q", l.Name, l.Text))
		}
		sentences = append(sentences, "Each outcome has the labels "+strings.Join(labels, ", ")+".")
	}
	return sentences
}

// Change says of each rule, a line each, what becomes of the open orders of a run with the
// old rules when it goes on with new ones.
func Change(old, rules []Rule) string {
	var b strings.Builder
	for i := range rules {
		what := "starts empty"
		if slices.ContainsFunc(old, func(o Rule) bool { return o.Same(&rules[i]) }) {
			what = "goes on"
		}
		fmt.Fprintf(&b, "%s: %s\n", rules[i].Name, what)
	}
	for i := range old {
		if !slices.ContainsFunc(rules, func(r Rule) bool { return r.Same(&old[i]) }) {
			fmt.Fprintf(&b, "%s: is removed\n", old[i].Name)
		}
	}
	return b.String()
}
