package cep

import (
	"fmt"
	"slices"
	"strings"
)

// Adopt makes a state of before, the program of the same pattern with another window or
// other settings, one that p goes on with, at the place in time that its key has come to.
//
// Open runs keep the deadline that they began with. Where the ages of reminders have
// changed, those that a run has passed are left out, and so are those up to the largest
// that it has given. A state must be adopted where the window or the ages are other ones;
// else p goes on with it as it is. Without that a run of the table has the window of p, and
// one of a program without reminders gives none. What is held is held for as long as it was
// to be, and what may be resolved likewise; so is what was remembered by its own window.
func (p *Prog) Adopt(s *State, before *Prog, at int64) error {
	if before.mark != p.mark {
		return fmt.Errorf("cep: state of the pattern %s: want one of %s, or of another window", before.text, p.text)
	}
	if !s.machine() && !s.Empty() && (p.linear == nil || before.within != p.within) {
		p.toMachine(s, before.within)
	}
	same := slices.Equal(p.remind, before.remind)
	if lone := s.lone(); lone != nil {
		lone.reminded = p.remindedAt(lone.reminded, at-s.first.time, same)
		return nil
	}
	l := s.live()
	if l == nil {
		return nil
	}
	if before.rememberOwn {
		l.known.shift(before.remember - p.remember)
	}
	for i := range l.runs {
		r := &l.runs[i]
		r.reminded = p.remindedAt(r.reminded, at-l.first(r), same)
	}
	l.due = p.firstDue(l)
	return nil
}

// remindedAt returns up to which age a run counts as reminded of that was so up to an age,
// once it has come to another age. same says that the ages of reminders are the same.
func (p *Prog) remindedAt(reminded, age int64, same bool) int64 {
	switch {
	case len(p.remind) == 0:
	case reminded == allAges:
		return max(0, age)
	case !same:
		return max(reminded, age)
	}
	return reminded
}

// toMachine makes a state of the table one of the machine. Its open run began with a
// window of so many milliseconds, and gives no reminders.
func (p *Prog) toMachine(s *State, within int64) {
	l := newLive(p)
	if s.ended.known() {
		l.rememberPast(&s.ended)
		later := s.later.all()
		for i := range later {
			l.rememberPast(&later[i])
		}
	}
	if s.running() {
		p.addTableRun(l, s, within)
	}
	l.known.reindex()
	l.due = p.firstDue(l)
	*s = State{}
	s.keep(l)
}

// rememberPast remembers a run that the table has ended, after those that are there.
func (l *live) rememberPast(p *past) {
	l.order++
	for print := range p.prints.all {
		l.known.spans = append(l.known.spans, span{print: print, from: l.order, to: l.order})
	}
	l.known.end(l.order, p.ended, 0)
}

// addTableRun opens the run of a table's state.
func (p *Prog) addTableRun(l *live, s *State, within int64) {
	rest := s.rest()
	seq, node := l.order+1, uint32(0)
	for i := range 1 + len(rest) {
		k := &s.first
		if i > 0 {
			k = &rest[i-1]
		}
		event := l.addTableEvent(k, p.places[i].Step.Types[0])
		l.known.spans = append(l.known.spans, span{print: k.print, from: seq, to: seq})
		next := l.grow(event, node, uint32(i))
		if node != 0 {
			l.release(node) // the next one has it
		}
		node = next
		if i > 0 {
			l.releaseEvent(event) // the node has it; of the first one the run
		}
	}
	for print := range s.duplicates().all {
		l.known.spans = append(l.known.spans, span{print: print, from: seq, to: seq})
	}
	l.runs = append(l.runs, run{
		seq: seq, deadline: s.first.time + within, event: 1, branches: 1, end: Broken, reminded: allAges,
	})
	l.branches = append(l.branches, branch{state: uint32(1 + len(rest)), node: node})
}

// addTableEvent stores an event that a table has kept, with a reference.
func (l *live) addTableEvent(k *kept, typ string) uint32 {
	l.order++
	var text strings.Builder
	text.WriteString(typ)
	text.WriteString(k.text)
	n := len(typ)
	l.events = append(l.events, stored{
		order: l.order, time: k.time, ref: k.ref, print: k.print, text: text.String(),
		typ: uint32(n), id: uint32(n) + k.id, refs: 1, row: k.row,
	})
	return uint32(len(l.events) - 1)
}

// duplicates returns the prints of the duplicates of the table's run.
func (s *State) duplicates() *printSet {
	if s.more == nil || s.more.rest == nil {
		return new(printSet)
	}
	return &s.more.rest.duplicates
}
