package cond

import (
	"fmt"
	"slices"
	"time"

	"github.com/expr-lang/expr/vm"
)

// Fields says how the bytes of events are read. Who knows their format gives it; a
// condition does not. The values are of the types string, bool, int, float64, []any and
// map[string]any, nil where there is none, and may share the memory of the bytes.
type Fields struct {
	// Members sets values[i] to an event's member names[i].
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
	// Row says that the event is the row of a table, which has texts alone; see
	// Fields.Cell.
	Row bool
}

// Evaluator evaluates conditions. It knows what all of them read, so that one pass over
// an event's bytes serves them all. It is not safe for concurrent use.
type Evaluator struct {
	fields  Fields
	reads   [2]reads // of the conditions that are Alone, and what the others read beside
	known   map[*Cond]bool
	env     map[string]any // what expr's machine sees
	machine vm.VM
	meter   meter
	current Event
	objects objects
	lists   [][]any // memory for the lists of a condition's steps
}

// reads is what a set of conditions reads of the current event.
type reads struct {
	names   []string // members
	keys    []string // theirs in the environment
	values  []any    // memory
	decoded decoded
	done    bool // for the current event
}

// NewEvaluator returns an evaluator for conditions: all that Eval will be given.
func NewEvaluator(fields Fields, conds []*Cond) *Evaluator {
	m := &Evaluator{fields: fields, env: make(map[string]any), known: make(map[*Cond]bool)}
	m.env[meterKey] = &m.meter
	m.objects.fields = &m.fields
	for _, c := range conds {
		if c.Alone() {
			m.learn(&m.reads[0], c)
		}
	}
	for _, c := range conds {
		if !c.Alone() {
			m.learn(&m.reads[1], c)
		}
	}
	return m
}

// learn adds what a condition reads.
func (m *Evaluator) learn(r *reads, c *Cond) {
	m.known[c] = true
	for _, name := range c.members {
		if !slices.Contains(m.reads[0].names, name) && !slices.Contains(m.reads[1].names, name) {
			r.names, r.keys, r.values = append(r.names, name), append(r.keys, memberKey(name)), append(r.values, nil)
		}
	}
	r.decoded |= c.decoded &^ m.reads[0].decoded
}

// Start makes e the current event: what was read of the last one, and what it has cost,
// is forgotten.
func (m *Evaluator) Start(e Event) {
	m.current, m.meter = e, meter{}
	m.reads[0].done, m.reads[1].done = false, false
}

// Eval reports whether a condition holds for the current event. taken[i] are the events
// that the branch has taken so far for the step c.Steps()[i]; it is not looked at for a
// condition that is Alone. An error, one line, is a condition that fails on the event; it
// is false then.
func (m *Evaluator) Eval(c *Cond, taken [][]Event) (bool, error) {
	got, err := m.value(c, taken)
	if err != nil {
		return false, err
	}
	holds, ok := got.(bool)
	if !ok {
		return false, m.failed(c, fmt.Errorf("got %s: want true or false", valueName(got)))
	}
	return holds, nil
}

// value returns what a condition or an expression gives, as Eval.
func (m *Evaluator) value(c *Cond, taken [][]Event) (any, error) {
	if !m.known[c] {
		return nil, fmt.Errorf("cond: condition %s: not one of the evaluator's", oneLine(c.text))
	}
	if r := &m.reads[0]; !r.done {
		m.read(r)
	}
	if !c.Alone() {
		if r := &m.reads[1]; !r.done {
			m.read(r)
		}
		if err := m.bind(c, taken); err != nil {
			return nil, m.failed(c, err)
		}
	}
	got, err := m.machine.Run(c.program, m.env)
	if err != nil {
		return nil, m.failed(c, err)
	}
	return got, nil
}

// Spent reports whether the current event has cost as many elements as it may: each
// condition that names a list fails from there on, whatever the list.
func (m *Evaluator) Spent() bool { return m.meter.elements > MaxElements }

// read reads of the current event what a set of conditions wants.
func (m *Evaluator) read(r *reads) {
	r.done = true
	e := &m.current
	if len(r.names) > 0 {
		m.fields.Members(e.Data, r.names, r.values)
		for i, v := range r.values {
			m.env[r.keys[i]] = m.objects.cell(e, v)
		}
	}
	if r.decoded == 0 {
		return
	}
	if r.decoded&hasType != 0 {
		m.env[keyOf("type")] = e.Type
	}
	if r.decoded&hasTime != 0 {
		m.env[keyOf("time")] = time.UnixMilli(e.Time).UTC()
	}
	if r.decoded&hasID != 0 {
		m.env[keyOf("id")] = e.ID
	}
	if r.decoded&(hasUserID|hasOrderID) != 0 {
		m.env[keyOf("userId")], m.env[keyOf("orderId")] = idsOf(&m.fields, e)
	}
	if r.decoded&hasEvent != 0 {
		m.env[keyOf("event")] = m.objects.decode(e, e.Data)
	}
}

// idsOf is Fields.IDs for the environment.
func idsOf(f *Fields, e *Event) (userID, orderID any) {
	userID, orderID = f.IDs(e.Key, e.Data)
	return userID, orderID
}

// bind puts what a branch has taken into the environment. The lists are charged first.
func (m *Evaluator) bind(c *Cond, taken [][]Event) error {
	for i, s := range c.names {
		if s.List {
			if err := m.meter.list(len(taken[i])); err != nil {
				return err
			}
		}
		for j := range taken[i] {
			if err := m.meter.charge(decodeCost(&taken[i][j])); err != nil {
				return err
			}
		}
	}
	for len(m.lists) < len(c.names) {
		m.lists = append(m.lists, nil)
	}
	for i, s := range c.names {
		switch {
		case s.List:
			list := m.lists[i][:0]
			for j := range taken[i] {
				list = append(list, m.objects.of(&taken[i][j]))
			}
			m.lists[i] = list
			m.env[stepKey(s.Name)] = list
		case len(taken[i]) > 0:
			m.env[stepKey(s.Name)] = m.objects.of(&taken[i][len(taken[i])-1])
		default:
			m.env[stepKey(s.Name)] = nil
		}
	}
	return nil
}
