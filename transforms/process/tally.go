package process

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"ordertimeout/transforms/order"
)

// Tally is what a person is told of a run at its end beyond its counters: why inputs
// were put aside, and what there was instead of what was wanted. Only the process that has
// started the run has one, of what its own DoFns tell; a bundle that is repeated counts
// twice. Its methods may be called from any goroutine, and with a nil Tally they do
// nothing. Its memory is bounded, whatever comes.
type Tally struct {
	mu      sync.Mutex
	reasons map[reasonKey]*reason
	last    *reason // the one of lastErr
	lastErr string
	first   order.Reject // the first malformed one; without a Reason if there is none
	types   map[string]int64
	late    histogram
	pauses  histogram
	orphans Orphans
	failed  FailedCondition
}

// The most of what is kept by name. A reason that finds no room is counted among other
// reasons, a type is not.
const (
	maxReasons = 64
	maxTypes   = 64
	maxName    = 1 << 10 // bytes of a name, an error or a place
	maxFirst   = 4 << 10 // bytes of the first malformed input
)

// Reason is a reason for which inputs were put aside.
type Reason struct {
	// Class is what they are.
	Class order.Reason
	// Text says why. Of malformed inputs it is the error of the first one.
	Text string
	// Place is where one of them came from, "" where that is not known: of malformed
	// inputs the first one.
	Place string
	// Count is how many there are.
	Count int64
}

// reason is a Reason, and of events with one the source and line of its Place.
type reason struct {
	Reason
	source string
	line   int64
}

type reasonKey struct {
	class order.Reason
	text  string // general
}

// TypeCount is how often a type of event came.
type TypeCount struct {
	Type  string
	Count int64
}

// Orphans counts orphans by what is known of their orders.
type Orphans struct {
	// NoUser are the orphans that name no user, where orders are known by theirs, too.
	NoUser int64
	// Ended are the orphans whose order's run had ended, as far as it is remembered.
	Ended int64
	// Unknown are all others: their orders did not begin in the input.
	Unknown int64
}

// Tally returns the tally of the run; nil where it is Remote.
func (r *Run) Tally() *Tally {
	if r.remote {
		return nil
	}
	return &r.tally
}

// Malformed takes note of inputs that are no events.
func (t *Tally) Malformed(rejects []order.Reject) {
	if t == nil || len(rejects) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.first.Reason == "" {
		t.first = rejects[0]
		t.first.Input, t.first.Refs = keep(t.first.Input, maxFirst), nil
	}
	for i := range rejects {
		r := &rejects[i]
		if t.last == nil || r.Error != t.lastErr {
			t.last, t.lastErr = t.reason(r.Reason, order.General(r.Error), r.Error, r.Source), r.Error
		}
		t.last.Count++
	}
}

// PutAside takes note of n events that were put aside for one reason. One of them came
// from a line of a source, its place. Shards tell of their events in any order, so which
// place of several is kept does not depend on the order.
func (t *Tally) PutAside(class order.Reason, text, source string, line, n int64) {
	if t == nil || n == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.reason(class, text, text, "")
	r.Count += n
	if source == "" || r.Place != "" && cmp.Or(cmp.Compare(source, r.source), cmp.Compare(line, r.line)) >= 0 {
		return
	}
	r.source, r.line = keep(source, maxName), line
	r.Place = order.Place(r.source, line)
}

// reason returns the reason with a general text, which is made of the first input.
func (t *Tally) reason(class order.Reason, general, text, place string) *reason {
	if t.reasons == nil {
		t.reasons = map[reasonKey]*reason{}
	}
	k := reasonKey{class, keep(general, maxName)}
	r := t.reasons[k]
	switch {
	case r != nil:
		return r
	case len(t.reasons) >= maxReasons:
		text, place = "other reasons", ""
		k.text = text
		if r = t.reasons[k]; r != nil {
			return r
		}
	}
	r = &reason{Reason: Reason{Class: class, Text: keep(text, maxName), Place: keep(place, maxName)}}
	t.reasons[k] = r
	return r
}

// Other takes note of n events of a type that took no part in any run.
func (t *Tally) Other(typ string, n int64) {
	if t == nil || n == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.types == nil {
		t.types = map[string]int64{}
	}
	if len(typ) > maxName {
		typ = typ[:maxName]
	}
	if _, ok := t.types[typ]; !ok {
		if len(t.types) >= maxTypes {
			return
		}
		typ = strings.Clone(typ)
	}
	t.types[typ] += n
}

// Late takes note of late events, by how far each was behind the watermark in
// milliseconds.
func (t *Tally) Late(behind []int64) {
	if t == nil || len(behind) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, ms := range behind {
		t.late.add(ms)
	}
}

// Orphaned takes note of orphans.
func (t *Tally) Orphaned(o Orphans) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.orphans.NoUser += o.NoUser
	t.orphans.Ended += o.Ended
	t.orphans.Unknown += o.Unknown
}

// Reasons returns why inputs were put aside, the most frequent reason first.
func (t *Tally) Reasons() []Reason {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []Reason
	for _, r := range t.reasons {
		list = append(list, r.Reason)
	}
	slices.SortFunc(list, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Text, b.Text))
	})
	return list
}

// FirstMalformed returns the first input that was no event, cut; ok is false without
// one.
func (t *Tally) FirstMalformed() (r order.Reject, ok bool) {
	if t == nil {
		return r, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.first, t.first.Reason != ""
}

// Others returns the types of the events that took no part in any run, the most
// frequent one first.
func (t *Tally) Others() []TypeCount {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []TypeCount
	for typ, n := range t.types {
		list = append(list, TypeCount{typ, n})
	}
	slices.SortFunc(list, func(a, b TypeCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Type, b.Type))
	})
	return list
}

// Behind returns how far the late events were behind the watermark: within most are 99
// of 100 of them, a fourth more than that at most, and within longest all. Both are
// zero without any.
func (t *Tally) Behind() (most, longest time.Duration) {
	if t == nil {
		return 0, 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.late.within(0.99), t.late.longest()
}

// Orphans returns the orphans by what is known of their orders.
func (t *Tally) Orphans() Orphans {
	if t == nil {
		return Orphans{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.orphans
}

// keep returns a copy of what is to be kept of a text. The text itself often shares the
// memory of a whole batch.
func keep(s string, most int) string {
	if len(s) > most {
		s = s[:most]
	}
	return strings.Clone(s)
}
