package cep

import (
	"fmt"
	"strings"

	"ordertimeout/transforms/cep/program"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/ledger"
)

// linear is the table of a pattern that leaves no choice: a sequence of steps under next
// and followedBy, each of one type that no other has, whose conditions look at the event
// alone. It says for every situation of a key and every kind of event what to do.
type linear struct {
	steps []program.Step
	tests []program.Test
	// onTime and late are the decisions: [waiting][position]. waiting is the number of the
	// step that the open run waits for, 0 without an open run; position is the number of
	// the step that the event is, or that of the steps if it is none.
	onTime, late [][]decision
}

// decision is what to do with an event, and what has become of it then.
type decision struct {
	action action
	class  Class
}

// action is what an event does to the open run of its key.
type action uint8

const (
	ignore  action = iota // nothing
	open                  // opens a run
	take                  // is the step that the run waits for
	breaks                // ends the run without an outcome
	restart               // breaks the run and opens the next one
)

func (a action) String() string {
	return [...]string{"ignore", "open", "take", "break", "restart"}[a]
}

// compileLinear returns the table of a program, or nil if it needs the machine.
func compileLinear(p *Prog) *linear {
	if !p.pattern.Linear() || len(p.places) < 2 || p.pattern.Within == 0 {
		return nil
	}
	l := &linear{steps: p.program.Steps, tests: p.program.Tests}
	seen := map[string]bool{}
	for i, place := range p.places {
		if len(place.Step.Types) != 1 || seen[place.Step.Types[0]] || place.Within > 0 || !l.tests[i].Alone() {
			return nil
		}
		seen[place.Step.Types[0]] = true
	}
	for waiting := range p.places {
		var onTime, late []decision
		for pos := 0; pos <= len(p.places); pos++ {
			onTime = append(onTime, l.decideOnTime(p.places, waiting, pos))
			late = append(late, l.decideLate(p.places, waiting, pos))
		}
		l.onTime = append(l.onTime, onTime)
		l.late = append(l.late, late)
	}
	return l
}

// decideOnTime is the meaning of next and followedBy.
func (l *linear) decideOnTime(steps []syntax.Place, waiting, pos int) decision {
	foreign := pos == len(steps)
	if waiting == 0 {
		switch {
		case pos == 0:
			return decision{open, Started}
		case foreign:
			return decision{ignore, Other}
		}
		return decision{ignore, Orphan}
	}
	strict := steps[waiting].Link == syntax.Next
	switch {
	case pos == waiting:
		return decision{take, Advanced}
	case strict && pos == 0:
		return decision{restart, Started}
	case strict:
		return decision{breaks, Other}
	case pos < waiting:
		return decision{ignore, Duplicate}
	}
	return decision{ignore, Other}
}

// decideLate is what an event that came behind the watermark may still do. open
// and take have further conditions, which depend on times: see Matcher.Step.
func (l *linear) decideLate(steps []syntax.Place, waiting, pos int) decision {
	switch {
	case pos == len(steps):
		return decision{ignore, Other}
	case waiting == 0 && pos == 0:
		return decision{open, Started}
	case pos == 0:
		return decision{ignore, Duplicate}
	case waiting > 0 && pos == waiting && steps[waiting].Link == syntax.FollowedBy:
		return decision{take, Advanced}
	}
	return decision{ignore, Late}
}

// String dumps the table: a line for each step waited for ("-" is no open run) and kind of
// event ("*" is any other), with what it does on time and late.
func (l *linear) String() string {
	var b strings.Builder
	name := func(i int, none string, at int) string {
		if i == at {
			return none
		}
		return l.steps[i].Name
	}
	for waiting := range l.onTime {
		for pos := range l.onTime[waiting] {
			on, late := l.onTime[waiting][pos], l.late[waiting][pos]
			fmt.Fprintf(&b, "%s %s: %s %s, late %s %s\n", name(waiting, "-", 0), name(pos, "*", len(l.steps)), on.action, on.class, late.action, late.class)
		}
	}
	return b.String()
}

// stepLinear is Step by the table.
func (m *Matcher) stepLinear(key string, s *State, e *Event, out *Output) Result {
	p, t := m.prog, m.prog.linear
	pos, print := p.position(e.Type), uint64(0)
	if pos < len(t.steps) {
		print = p.fingerprint(e)
		if s.knows(print) {
			out.before(e.Ref, s.first.ref)
			return Result{Class: Duplicate, Redelivered: true}
		}
		if t.tests[pos].Cond != nil {
			m.begin(key, e, out)
			if !m.passes(nil, 0, pos) {
				pos = len(t.steps)
			}
		}
	}
	table := t.onTime
	late := e.Time < e.At
	if late {
		table = t.late
	}
	d := table[s.taken()][pos]
	if pos == len(t.steps) && d.action == ignore {
		if e.Ref != 0 {
			out.Settled = append(out.Settled, []uint64{e.Ref})
		}
		return Result{Class: d.class}
	}
	if late && !p.stillPossible(s, d.action, e) {
		return Result{Class: Late}
	}
	switch d.action {
	case open:
		m.openLinear(key, s, e, print, out)
	case restart, breaks:
		m.breakLinear(s, e, d.action, out)
		if d.action == restart {
			s.take(keep(e, print))
		}
	case take:
		m.takeLinear(key, s, e, print, out)
	default:
		if d.class == Duplicate {
			s.addDuplicate(print)
			out.before(e.Ref, s.first.ref)
		}
		if d.class == Other && e.Ref != 0 {
			out.Settled = append(out.Settled, []uint64{e.Ref})
		}
	}
	return Result{Class: d.class}
}

// stillPossible reports whether a late event may do what it would.
func (p *Prog) stillPossible(s *State, a action, e *Event) bool {
	switch a {
	case open:
		return e.Time >= e.At-p.remember && !s.endedSince(e.Time)
	case take:
		return e.Time >= s.last() && e.Time < s.first.time+p.within
	}
	return true
}

// openLinear begins a run. Only a late one can have reached its deadline already; its
// end is where it was noticed, for it must not be forgotten before it began.
func (m *Matcher) openLinear(key string, s *State, e *Event, print uint64, out *Output) {
	s.take(keep(e, print))
	if e.Time+m.prog.within <= e.At {
		m.timeOutLinear(key, s, e.At, out)
	}
}

// timeOutLinear ends the open run at its deadline. It is remembered from a place in time on.
func (m *Matcher) timeOutLinear(key string, s *State, at int64, out *Output) {
	deadline, waiting := s.first.time+m.prog.within, s.taken()
	run := m.typed(s.end(at, 0, out.room(waiting)))
	out.Ends[TimedOut]++
	out.add(Outcome{
		Key: key, How: TimedOut, At: deadline, Deadline: deadline, Run: run,
		Waiting: m.prog.program.States[waiting].Waiting, Refs: run.Refs(),
	})
}

// breakLinear ends the open run by an event that may not stand where it does. The event is
// let go of with the run, or after it where it opens the next one: the broken run's first
// event must not come again without what broke it.
func (m *Matcher) breakLinear(s *State, e *Event, a action, out *Output) {
	refs := s.end(e.At, 0, nil).Refs()
	out.Ends[Broken]++
	switch {
	case refs == nil && (e.Ref == 0 || a == restart):
		return
	case e.Ref != 0 && a == restart:
		refs = append(refs, e.Ref|ledger.Later)
	case e.Ref != 0:
		refs = append(refs, e.Ref)
	}
	out.Settled = append(out.Settled, refs)
}

// takeLinear adds the step that the run waits for, and ends the run if it is the last.
func (m *Matcher) takeLinear(key string, s *State, e *Event, print uint64, out *Output) {
	n, deadline := s.taken(), s.first.time+m.prog.within
	if n+1 < len(m.prog.linear.steps) {
		s.take(keep(e, print))
		return
	}
	// The last event is not kept in the state, which would take memory for it.
	run := m.typed(s.end(e.At, print, out.room(n+1)))
	run = append(run, Taken{Step: n, Time: e.Time, Type: e.Type, ID: e.ID, Data: e.Data, Row: e.Row, Ref: e.Ref})
	out.Ends[Matched]++
	out.add(Outcome{Key: key, How: Matched, At: e.Time, EndedAt: e.Time, Deadline: deadline, Run: run, Refs: run.Refs()})
}

// typed sets the types of a run's events, which a state of the table does not have.
func (m *Matcher) typed(run Run) Run {
	for i := range run {
		run[i].Type = m.prog.places[i].Step.Types[0]
	}
	return run
}
