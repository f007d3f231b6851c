// Package compare finds the orders that two runs tell otherwise of. The outcomes of both may
// be more than memory holds: a Store keeps them in temporary files, each order in one of 64,
// and compares one file at a time. An outcome takes some 40 bytes of disk. In memory is what
// one file has of one run, and the orders that are asked for.
package compare

import (
	"cmp"
	"slices"

	"ordertimeout/transforms/order"
)

// Side is one of the two runs.
type Side byte

// The two runs.
const (
	Old Side = iota
	New
)

// Rule is a rule of one of the runs, or of both.
type Rule struct {
	Name string
	// ByOrder says that an order is known by its id alone: whose it is is not compared.
	ByOrder bool
}

// Outcome is what two outcomes are compared by, beside their order.
type Outcome struct {
	Kind order.Kind
	// StartedAt and At are those of order.Outcome.
	StartedAt, At int64
}

// kinds are the kinds of outcome in the order in which a run gives them.
var kinds = []order.Kind{order.Started, order.Reminder, order.Success, order.Timeout, order.Cancelled, order.Resolved}

// compare compares by time.
func (o Outcome) compare(as Outcome) int {
	return cmp.Or(cmp.Compare(o.At, as.At), cmp.Compare(o.StartedAt, as.StartedAt),
		cmp.Compare(slices.Index(kinds, o.Kind), slices.Index(kinds, as.Kind)))
}

// Difference is an outcome that one run has given and the other one has not.
type Difference struct {
	Side Side
	Outcome
}

// Order is an order that the runs tell otherwise of.
type Order struct {
	// Rule is the name of the rule.
	Rule string
	// UserID and OrderID name the order; "" is an absent id.
	UserID, OrderID string
	// ByOrder is that of the rule.
	ByOrder bool
	// Differences are what only one of the runs has given, by time; at least one. An outcome
	// that one of them has given more often is there so many times.
	Differences []Difference
}

// Found are the orders that differ.
type Found struct {
	// Orders are the first of them: by rule, then by the time of their first difference, then
	// by id.
	Orders []Order
	// Total is how many there are, and ByRule how many of each rule.
	Total  int64
	ByRule map[string]int64
}
