package process

import (
	"cmp"

	"ordertimeout/transforms/order"
)

// FailedCondition is a condition that could not be evaluated on an event.
type FailedCondition struct {
	// Text says which condition, and why, in a line.
	Text string
	// Place is where the event came from, "" where that is not known.
	Place string

	source string
	line   int64
}

// ConditionFailed takes note of a condition that could not be evaluated on an event from a
// line of a source. Of several the one that came from the first place is kept.
func (t *Tally) ConditionFailed(text, source string, line int64) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	f := &t.failed
	if f.Text != "" && cmp.Or(cmp.Compare(source, f.source), cmp.Compare(line, f.line)) >= 0 {
		return
	}
	*f = FailedCondition{Text: keep(text, maxName), source: keep(source, maxName), line: line}
	f.Place = order.Place(f.source, line)
}

// FailedCondition returns one of the conditions that could not be evaluated; ok is false
// without one.
func (t *Tally) FailedCondition() (f FailedCondition, ok bool) {
	if t == nil {
		return f, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed, t.failed.Text != ""
}
