package cond

import (
	"github.com/expr-lang/expr/vm"
)

// Fields says how the bytes of events are read. Who knows their format gives it.
type Fields struct {
	// Members sets values[i] to the member names[i] of an event, nil where it is absent:
	// a string, bool, int, float64, []any or map[string]any.
	Members func(data []byte, names []string, values []any)
	// Whole returns all members of an event.
	Whole func(data []byte) map[string]any
	// IDs returns the ids of an event's order, "" where one is absent.
	IDs func(key string, data []byte) (userID, orderID string)
	// Cell returns what a text stands for that is a member of an event with Row set. nil:
	// the text.
	Cell func(text string) any
}

// Event is an event that conditions look at.
type Event struct {
	// Key, Type and ID are the event's key, type and own id.
	Key, Type, ID string
	// Time is the event time in milliseconds since the Unix epoch.
	Time int64
	// Data is the event's bytes, which nobody changes.
	Data []byte
	// Row says that the event is the row of a table, all of whose members are text.
	Row bool
}

// Evaluator evaluates conditions on events. It is not safe for concurrent use.
type Evaluator struct {
	fields  Fields
	machine vm.VM
	env     map[string]any
	meter   meter
	current Event
}

// NewEvaluator returns an evaluator for these conditions.
func NewEvaluator(fields Fields, conds []*Cond) *Evaluator {
	return &Evaluator{fields: fields, env: make(map[string]any)}
}

// Start begins with a new current event.
func (m *Evaluator) Start(e Event) { m.current, m.meter = e, meter{} }

// Eval evaluates a condition on the current event.
func (m *Evaluator) Eval(c *Cond, taken [][]Event) (bool, error) {
	return false, nil
}
