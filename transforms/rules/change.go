package rules

import (
	"fmt"
	"slices"
	"strings"
)

// Same reports whether a rule goes on with the states of another one: they have one name,
// one key and, but for its window, one pattern.
func (r *Rule) Same(as *Rule) bool {
	a, b := r.Pattern, as.Pattern
	a.Within, b.Within = 0, 0
	return r.Name == as.Name && r.Key == as.Key && a.String() == b.String()
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
