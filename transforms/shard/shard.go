package shard

import (
	"cmp"
	"math"
	"slices"

	"ordertimeout/transforms/cep"
)

// Shard is one shard in memory. It is not safe for concurrent use.
type Shard struct {
	prog    *cep.Prog
	matcher *cep.Matcher
	tick    int64 // milliseconds

	// clock is the last tick: places before it are over.
	clock int64
	// limit is the last deadline that may expire, and undecided the first place in time
	// whose events are returned. Before the end of the input is known there is no bound.
	limit, undecided int64
	end              bool
	last             int64 // the input's largest event time, once the end is known
	carry            carried

	keys table
	// slots hold what is to be done at a tick, agenda their ticks.
	slots   map[int64]*slot
	agenda  tickHeap
	now     *slot    // the slot being worked on
	scratch entry    // the state of a key that is not known, until it is worth keeping
	order   []*Event // of the slot, sorted
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

// New returns an empty shard that runs prog in ticks of so many milliseconds.
func New(prog *cep.Prog, tick int64) *Shard {
	return &Shard{
		prog: prog, matcher: prog.Matcher(), tick: tick, clock: math.MinInt64,
		limit: math.MaxInt64, undecided: math.MaxInt64,
		slots: map[int64]*slot{},
	}
}

// Add queues the events of an encoded batch. After an error the shard is not to
// be used any more.
func (s *Shard) Add(batch []byte) error {
	h, events, err := DecodeBatch(batch)
	if err != nil {
		return err
	}
	s.ends(h)
	s.queue(events)
	return nil
}

// ends notes what a header says of the end of the input, if it does.
func (s *Shard) ends(h Header) {
	if h.End {
		s.end, s.last, s.limit, s.undecided = true, h.Last, h.Limit, h.Undecided()
		s.carry.point = h.Point
	}
}

// queue puts events into the slots of their places. The events of a batch are mostly
// in order, so a slot gets few parts of it.
func (s *Shard) queue(events []Event) {
	for i := range events {
		if e := &events[i]; e.At == 0 {
			e.At = max(e.Time, s.clock)
		}
	}
	for len(events) > 0 {
		tick := AfterTick(events[0].At, s.tick)
		n := 1
		for n < len(events) && tick-s.tick <= events[n].At && events[n].At < tick {
			n++
		}
		sl := s.slot(tick)
		sl.events = append(sl.events, events[:n:n])
		events = events[n:]
	}
}

// Tick brings the shard to the tick at p: it applies the events with a place
// before p and expires the deadlines up to p, all in order of time, and adds
// what comes of it to out. Once p is after the end of the input, it applies all
// events that the end decides, returns the others, reports what is still open and
// forgets everything.
func (s *Shard) Tick(p int64, out *Output) {
	for s.TickUpTo(p, math.MaxInt, out) {
	}
}

// TickUpTo is Tick in steps: it stops once out has at least most outcomes and rejects.
// It may have some more, as it stops only where all that is due at one of its ticks is
// done. It reports whether there is more to do, which another call does. Until all is done
// the shard has no snapshot.
func (s *Shard) TickUpTo(p int64, most int, out *Output) (more bool) {
	for len(s.agenda) > 0 && (s.agenda[0] <= p || s.finished(p)) {
		if len(out.Outcomes)+len(out.Rejects) >= most {
			return true
		}
		tick := s.agenda.pop()
		s.work(s.slots[tick], out)
		delete(s.slots, tick)
	}
	s.clock = max(s.clock, p)
	if s.finished(p) {
		s.finish(out)
	}
	return false
}

func (s *Shard) finished(p int64) bool { return s.end && p > s.last }

// Next returns the next tick at which there is something to do, and the earliest
// time that an outcome can have by then; ok is false if there is nothing.
func (s *Shard) Next() (tick, hold int64, ok bool) {
	if len(s.agenda) == 0 {
		return 0, 0, false
	}
	return s.agenda[0], s.agenda[0] - s.tick, true
}

// Done reports whether the tick at p is over, or there is nothing that a tick
// could do: no batch has come yet, or everything was forgotten at the end.
func (s *Shard) Done(p int64) bool {
	over := p <= s.clock && !s.finished(p) && (len(s.agenda) == 0 || s.agenda[0] > p)
	unused := s.clock == math.MinInt64 && !s.end && s.Empty()
	return over || unused
}

// Finished reports whether the input has ended and all that was known of it is
// forgotten.
func (s *Shard) Finished() bool { return s.end && s.finished(s.clock) && s.Empty() }

// Open returns the number of keys with an open run.
func (s *Shard) Open() int {
	n := 0
	for e := range s.keys.all {
		if e.state.Open() {
			n++
		}
	}
	return n
}

// Empty reports whether nothing is waiting, open or remembered.
func (s *Shard) Empty() bool { return s.keys.size == 0 && len(s.agenda) == 0 }

// work does what is to be done at a slot's tick.
func (s *Shard) work(sl *slot, out *Output) {
	s.now = sl
	s.applyAll(s.sort(sl.events), out)
	for done := 0; done < len(sl.due); { // entries may be added on the way
		some := sl.due[done:min(len(sl.due), done+prefetched)]
		s.keys.prefetchEntries(some)
		for _, n := range some {
			if e := s.keys.at(n); e.due == sl.tick {
				s.expire(e, sl.tick, out)
			}
		}
		done += len(some)
	}
	s.now = nil
}

// sort returns the events of a slot in the order in which they are to be applied.
func (s *Shard) sort(parts [][]Event) []*Event {
	s.order = s.order[:0]
	sorted := true
	for _, part := range parts {
		for i := range part {
			e := &part[i]
			if n := len(s.order); n > 0 && s.prog.Compare(&s.order[n-1].Event, &e.Event) > 0 {
				sorted = false
			}
			s.order = append(s.order, e)
		}
	}
	if !sorted {
		slices.SortFunc(s.order, func(a, b *Event) int { return s.prog.Compare(&a.Event, &b.Event) })
	}
	return s.order
}

// applyAll applies events that are in their order.
func (s *Shard) applyAll(events []*Event, out *Output) {
	var tags [prefetched]uint32
	// The events are in the order of their places, so the undecided ones are last.
	decided, _ := slices.BinarySearchFunc(events, s.undecided, func(e *Event, place int64) int { return cmp.Compare(e.At, place) })
	s.leave(events[decided:], out)
	for events = events[:decided]; len(events) > 0; {
		some := events[:min(len(events), prefetched)]
		events = events[len(some):]
		s.keys.prefetchKeys(some, &tags)
		for i, e := range some {
			s.apply(e, tags[i], out)
		}
	}
}

// apply gives an event to the state of its key, which has that tag.
func (s *Shard) apply(e *Event, tag uint32, out *Output) {
	k := s.keys.get(tag, e.Key)
	known := k != nil
	if !known {
		k = &s.scratch
		*k = entry{due: notDue}
	}
	s.advance(k, e.Key, e.At, out)
	failed := out.ConditionErrors
	r := s.matcher.Step(e.Key, &k.state, &e.Event, &out.Output)
	out.Classes[r.Class]++
	switch r.Class {
	case cep.Duplicate, cep.Orphan, cep.Late:
		out.Rejects = append(out.Rejects, Reject{*e, r.Class, r.Redelivered, !k.state.Empty()})
	case cep.Other:
		out.other(e.Type)
	}
	if failed == 0 && out.ConditionErrors > 0 {
		out.Failed = *e
	}
	if !known && !k.state.Empty() {
		k, known = s.keys.add(tag, e.Key, k.state), true
	}
	if known {
		s.schedule(k)
	}
}

// expire lets the deadlines of a key expire that its slot was made for.
func (s *Shard) expire(k *entry, tick int64, out *Output) {
	k.due = notDue
	if s.carry.point != 0 {
		tick = min(tick, s.limit) // what the run that goes on may ask for is not forgotten
	}
	s.advance(k, k.key, tick, out)
	if k.state.Empty() {
		s.keys.remove(k)
		return
	}
	s.schedule(k)
}

// advance brings a key to a place in time, but expires no deadline after the limit.
func (s *Shard) advance(k *entry, key string, at int64, out *Output) {
	s.matcher.Advance(key, &k.state, at, s.limit, &out.Output)
}

// schedule sees to it that a key is in the slot of its next deadline, or in an
// earlier one, where it will be scheduled again.
func (s *Shard) schedule(k *entry) {
	due := s.prog.Due(&k.state)
	if due > s.limit || due == math.MaxInt64 {
		return
	}
	tick := UpToTick(due, s.tick)
	if s.now != nil {
		tick = max(tick, s.now.tick)
	}
	if k.due == notDue || tick < k.due {
		k.due = tick
		sl := s.slot(tick)
		sl.due = append(sl.due, k.n)
	}
}

func (s *Shard) slot(tick int64) *slot {
	if s.now != nil && s.now.tick == tick {
		return s.now
	}
	sl := s.slots[tick]
	if sl == nil {
		sl = &slot{tick: tick}
		s.slots[tick] = sl
		s.agenda.push(tick)
	}
	return sl
}
