package shard

import (
	"fmt"
	"math"

	"ordertimeout/transforms/cep"
)

// Rule is what a shard runs over its keys.
type Rule struct {
	// Name tells it from the other rules of a shard: "" where it is the only one.
	Name string
	// Prog is its pattern.
	Prog *cep.Prog
	// Settings are what Prog was made of, in words of who has made it. They are kept with the
	// states, so that these are read by what has written them.
	Settings string
}

// Rules are the rules of a shard, at least one.
type Rules struct {
	Each []Rule
	// Compile returns the rule that was made of settings of an older job; nil: there was none.
	Compile func(name, settings string) (Rule, error)
	// Before are the rules of states that do not say which they are of, as older builds have
	// written them; none: Each.
	Before []Rule
	// Keyless says that events with the key "" have none, and take no part in any rule.
	Keyless bool
}

// Only returns a pattern as the one rule of a shard.
func Only(prog *cep.Prog) Rules { return Rules{Each: []Rule{{Prog: prog}}} }

// Shard is one shard in memory. It is not safe for concurrent use.
type Shard struct {
	rules Rules
	lanes []*lane // by rule
	tick  int64   // milliseconds

	turn     int // of a tick that is worked in steps: the number of its lane
	verdicts verdicts
	holds    bool // a rule may hold events
	// changed says that the state was written by other rules, and removed are those that are
	// no more.
	changed bool
	removed []Removed

	carried carriedState
}

// New returns an empty shard that runs rules in ticks of so many milliseconds.
func New(rules Rules, tick int64) *Shard {
	s := &Shard{rules: rules, tick: tick}
	several := len(rules.Each) > 1
	for i := range rules.Each {
		l := newLane(rules.Each[i].Prog, tick)
		l.several, l.first, l.last, l.keyless = several, i == 0, i == len(rules.Each)-1, rules.Keyless
		s.lanes = append(s.lanes, l)
		s.holds = s.holds || l.prog.Holds()
	}
	return s
}

// Add queues the events of an encoded batch. After an error the shard is not to
// be used any more.
func (s *Shard) Add(batch []byte) error {
	h, events, err := DecodeBatch(batch)
	if err != nil {
		return err
	}
	if h.End {
		s.ends(endingOf(h))
	}
	s.queue(events)
	return nil
}

// ends notes the end of the input.
func (s *Shard) ends(e ending) {
	for _, l := range s.lanes {
		l.ending = e
	}
}

// clock returns the last tick that all lanes have come to.
func (s *Shard) clock() int64 { return s.lanes[len(s.lanes)-1].clock }

// queue puts events into their places, in every lane. The lanes have the events in common.
func (s *Shard) queue(events []Event) {
	clock := s.clock()
	for i := range events {
		if e := &events[i]; e.At == 0 {
			e.At = max(e.Time, clock)
		}
	}
	if len(s.lanes) > 1 {
		shared := make([]cep.Shared, len(events))
		for i := range events {
			events[i].Shared = &shared[i]
		}
	}
	for _, l := range s.lanes {
		l.queue(events)
	}
}

// Tick brings the shard to the tick at p: it applies the events with a place
// before p and expires the deadlines up to p, all in order of time, and adds
// what comes of it to out. Once p is after the end of the input, it applies all
// events that the end decides, returns the others, reports what is still open and
// forgets everything. Of several rules out has what comes of all: TickUpTo tells them
// apart.
func (s *Shard) Tick(p int64, out *Output) {
	for s.TickUpTo(p, math.MaxInt, out) {
	}
}

// TickUpTo is Tick in steps, each of one rule (Output.Rule): it stops once out has at least
// most outcomes and rejects. It may have some more, as it stops only where all that is due
// at one of its ticks is done. It reports whether there is more to do, which another call
// does. Until all is done the shard has no snapshot.
func (s *Shard) TickUpTo(p int64, most int, out *Output) (more bool) {
	out.Rule = s.turn
	l := s.lanes[s.turn]
	more = l.tickUpTo(p, most, out)
	s.join(out, l.last && !more)
	switch {
	case more:
		return true
	case l.last:
		s.turn = 0
		s.carryOut(p)
		return false
	}
	s.turn++
	for l := s.lanes[s.turn]; !l.last && l.idle(p) && !l.finished(p); l = s.lanes[s.turn] {
		l.tickUpTo(p, most, out) // which gives nothing
		s.turn++
	}
	return true
}

// Next returns the next tick at which there is something to do, and the earliest
// time that an outcome can have by then; ok is false if there is nothing.
func (s *Shard) Next() (tick, hold int64, ok bool) {
	for _, l := range s.lanes {
		if len(l.agenda) > 0 && (!ok || l.agenda[0] < tick) {
			tick, ok = l.agenda[0], true
		}
	}
	if !ok {
		return 0, 0, false
	}
	return tick, tick - s.tick, true
}

// Done reports whether the tick at p is over, or there is nothing that a tick
// could do: no batch has come yet, or everything was forgotten at the end.
func (s *Shard) Done(p int64) bool {
	for _, l := range s.lanes {
		if !l.done(p) {
			return false
		}
	}
	return true
}

// Finished reports whether the input has ended and all that was known of it is
// forgotten.
func (s *Shard) Finished() bool {
	return s.lanes[0].end && s.lanes[0].finished(s.clock()) && s.Empty()
}

// Open returns the number of keys with an open run, those of each rule for themselves.
func (s *Shard) Open() int {
	n := 0
	for _, l := range s.lanes {
		for k := range l.keys.all {
			if k.state.Open() {
				n++
			}
		}
	}
	return n
}

// Empty reports whether nothing is waiting, open or remembered.
func (s *Shard) Empty() bool {
	for _, l := range s.lanes {
		if !l.empty() {
			return false
		}
	}
	return true
}

// Changed reports whether the shard was restored from what other rules have written.
func (s *Shard) Changed() bool { return s.changed }

// change lets the shard go on with other rules. A rule goes on with the states of the one
// that has its name and its pattern, whatever the window: see cep.Prog.Adopt.
func (s *Shard) change(to Rules) error {
	s.noteVerdicts()
	old := *s
	*s = *New(to, old.tick)
	s.changed = true
	first := old.lanes[0]
	for i, l := range s.lanes {
		l.clock, l.ending = first.clock, first.ending
		from := old.laneOf(to.Each[i])
		if from < 0 {
			continue
		}
		for k := range old.lanes[from].keys.all {
			state := k.state
			if err := l.prog.Adopt(&state, old.lanes[from].prog, first.clock); err != nil {
				return fmt.Errorf("shard: rule %q: %w", to.Each[i].Name, err)
			}
			l.schedule(l.keys.add(k.tag, k.key, state))
		}
		old.lanes[from] = nil
	}
	s.linkHeld()
	for parts := range first.waiting {
		s.queue(parts)
	}
	s.removed = old.remove()
	return nil
}

// laneOf returns the number of the lane that a rule of another shard goes on with; less than
// zero: none. What ran without rules belongs to the first rule with its pattern: a lane that
// another one goes on with already is nil.
func (s *Shard) laneOf(r Rule) int {
	for i, old := range s.rules.Each {
		if s.lanes[i] != nil && (old.Name == r.Name || old.Name == "" || r.Name == "") && old.Prog.Same(r.Prog) {
			return i
		}
	}
	return -1
}
