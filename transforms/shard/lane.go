package shard

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"ordertimeout/transforms/cep"
)

// lane runs one rule over the keys of a shard.
type lane struct {
	prog    *cep.Prog
	matcher *cep.Matcher
	tick    int64 // milliseconds
	// first and last say which lane of the shard it is, and several that it is not both.
	// keyless says that an event without a key takes no part.
	first, last, several, keyless bool

	// clock is the last tick: places before it are over.
	clock int64
	ending
	carry carried

	keys table
	// slots hold what is to be done at a tick, agenda their ticks.
	slots   map[int64]*slot
	agenda  tickHeap
	now     *slot    // the slot being worked on
	scratch entry    // the state of a key that is not known, until it is worth keeping
	order   []*Event // of the slot, sorted
	// decided are the events that were held, and have been decided at the tick, where there
	// are several rules.
	decided []*cep.Shared
}

// ending is what is known of the end of the input. Before that there is no bound.
type ending struct {
	// limit is the last deadline that may expire, and undecided the first place in time
	// whose events are returned.
	limit, undecided int64
	end              bool
	newest           int64 // the input's largest event time, once the end is known
	point            int64 // the end is the carry point of this number; zero: it is at none
}

var endless = ending{limit: math.MaxInt64, undecided: math.MaxInt64}

// endingOf returns what a header says of the end of the input.
func endingOf(h Header) ending {
	return ending{end: true, newest: h.Last, limit: h.Limit, undecided: h.Undecided(), point: h.Point}
}

// slot is what waits for one tick: events with a place before it, and keys that
// may have a deadline up to it. Buckets do here what a heap of deadlines would,
// without its cost for each event.
type slot struct {
	tick   int64
	events [][]Event // parts of batches as they came, which need no copies
	due    []uint32  // entries; one with another due has moved to another slot
}

const (
	// notDue is the due of an entry that is in no slot.
	notDue int64 = math.MinInt64
	// unused is the due of an entry that no key has.
	unused = notDue + 1
)

func newLane(prog *cep.Prog, tick int64) *lane {
	return &lane{prog: prog, matcher: prog.Matcher(), tick: tick, clock: math.MinInt64, ending: endless, slots: map[int64]*slot{}}
}

// queue puts events into the slots of their places. The events of a batch are mostly
// in order, so a slot gets few parts of it.
func (l *lane) queue(events []Event) {
	for len(events) > 0 {
		tick := AfterTick(events[0].At, l.tick)
		n := 1
		for n < len(events) && tick-l.tick <= events[n].At && events[n].At < tick {
			n++
		}
		sl := l.slot(tick)
		sl.events = append(sl.events, events[:n:n])
		events = events[n:]
	}
}

// tickUpTo is Shard.TickUpTo of one lane.
func (l *lane) tickUpTo(p int64, most int, out *Output) (more bool) {
	for !l.idle(p) {
		if len(out.Outcomes)+len(out.Rejects) >= most {
			return true
		}
		tick := l.agenda.pop()
		l.work(l.slots[tick], out)
		delete(l.slots, tick)
	}
	l.clock = max(l.clock, p)
	if l.finished(p) {
		l.finish(out)
	}
	return false
}

// idle reports whether the tick at p finds nothing to do.
func (l *lane) idle(p int64) bool {
	return len(l.agenda) == 0 || l.agenda[0] > p && !l.finished(p)
}

func (l *lane) finished(p int64) bool { return l.end && p > l.newest }

func (l *lane) done(p int64) bool {
	over := p <= l.clock && !l.finished(p) && l.idle(p)
	unused := l.clock == math.MinInt64 && !l.end && l.empty()
	return over || unused
}

func (l *lane) empty() bool { return l.keys.size == 0 && len(l.agenda) == 0 }

// work does what is to be done at a slot's tick.
func (l *lane) work(sl *slot, out *Output) {
	l.now = sl
	l.applyAll(l.sort(sl.events, out), out)
	for done := 0; done < len(sl.due); { // entries may be added on the way
		some := sl.due[done:min(len(sl.due), done+prefetched)]
		l.keys.prefetchEntries(some)
		for _, n := range some {
			if e := l.keys.at(n); e.due == sl.tick {
				l.expire(e, sl.tick, out)
			}
		}
		done += len(some)
	}
	l.now = nil
}

// sort returns the events of a slot in the order in which they are to be applied, without
// those that pass the lane by.
func (l *lane) sort(parts [][]Event, out *Output) []*Event {
	l.order = l.order[:0]
	sorted, filters := true, l.several || l.keyless
	for _, part := range parts {
		for i := range part {
			e := &part[i]
			if filters && l.passesBy(e, out) {
				continue
			}
			if n := len(l.order); n > 0 && l.prog.Compare(&l.order[n-1].Event, &e.Event) > 0 {
				sorted = false
			}
			l.order = append(l.order, e)
		}
	}
	switch compare := func(a, b *Event) int { return l.prog.Compare(&a.Event, &b.Event) }; {
	case sorted:
	case l.several: // so that all rules take the same one of two copies
		slices.SortStableFunc(l.order, compare)
	default:
		slices.SortFunc(l.order, compare)
	}
	return l.order
}

// applyAll applies events that are in their order.
func (l *lane) applyAll(events []*Event, out *Output) {
	var tags [prefetched]uint32
	// The events are in the order of their places, so the undecided ones are last.
	decided, _ := slices.BinarySearchFunc(events, l.undecided, func(e *Event, place int64) int { return cmp.Compare(e.At, place) })
	l.leave(events[decided:], out)
	for events = events[:decided]; len(events) > 0; {
		some := events[:min(len(events), prefetched)]
		events = events[len(some):]
		l.keys.prefetchKeys(some, &tags)
		for i, e := range some {
			l.apply(e, tags[i], out)
		}
	}
}

// apply gives an event to the state of its key, which has that tag.
func (l *lane) apply(e *Event, tag uint32, out *Output) {
	k := l.keys.get(tag, e.Key)
	known := k != nil
	if !known {
		k = &l.scratch
		*k = entry{due: notDue}
	}
	l.advance(k, e.Key, e.At, out)
	failed, decided := out.ConditionErrors, len(out.Decided)
	if r := l.matcher.Step(e.Key, &k.state, &e.Event, &out.Output); r.Held {
		l.hold(e, k)
	} else {
		l.count(e, r, !k.state.Empty(), out)
	}
	l.countDecided(decided, !k.state.Empty(), out)
	if failed == 0 && out.ConditionErrors > 0 {
		out.Failed = *e
	}
	if !known && !k.state.Empty() {
		k, known = l.keys.add(tag, ownKey(e), k.state), true
	}
	if known {
		l.schedule(k)
	}
}

// ownKey returns a copy of an event's key: the event shares the memory of its batch.
func ownKey(e *Event) string {
	if e.Shared == nil {
		return strings.Clone(e.Key)
	}
	if e.Shared.Key == "" {
		e.Shared.Key = strings.Clone(e.Key)
	}
	return e.Shared.Key
}

// expire lets the deadlines of a key expire that its slot was made for.
func (l *lane) expire(k *entry, tick int64, out *Output) {
	k.due = notDue
	if l.point != 0 {
		tick = min(tick, l.limit) // what the run that goes on may ask for is not forgotten
	}
	l.advance(k, k.key, tick, out)
	if k.state.Empty() {
		l.keys.remove(k)
		return
	}
	l.schedule(k)
}

// advance brings a key to a place in time, but expires no deadline after the limit.
func (l *lane) advance(k *entry, key string, at int64, out *Output) {
	decided := len(out.Decided)
	l.matcher.Advance(key, &k.state, at, l.limit, &out.Output)
	l.countDecided(decided, !k.state.Empty(), out)
}

// schedule sees to it that a key is in the slot of its next deadline, or in an
// earlier one, where it will be scheduled again.
func (l *lane) schedule(k *entry) {
	due := l.prog.Due(&k.state)
	if due > l.limit || due == math.MaxInt64 {
		return
	}
	tick := UpToTick(due, l.tick)
	if l.now != nil {
		tick = max(tick, l.now.tick)
	}
	if k.due == notDue || tick < k.due {
		k.due = tick
		sl := l.slot(tick)
		sl.due = append(sl.due, k.n)
	}
}

func (l *lane) slot(tick int64) *slot {
	if l.now != nil && l.now.tick == tick {
		return l.now
	}
	sl := l.slots[tick]
	if sl == nil {
		sl = &slot{tick: tick}
		l.slots[tick] = sl
		l.agenda.push(tick)
	}
	return sl
}
