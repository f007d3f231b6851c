package shard

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"ordertimeout/transforms/cep"
)

// verdicts are what several rules have put aside. An event is a reject if no rule has taken
// it: of the first rule in the file that has put it aside. That is known once all rules have
// come to its tick, and where some hold it (see cep.Config.Early) once the last of them has
// decided.
type verdicts struct {
	rejects []Reject // of the tick that is worked, so far
	// pending are the rejects of events that other rules hold still.
	pending map[*cep.Shared]Reject
}

// join gathers the rejects of several rules. all says that all of them have come to the tick.
func (s *Shard) join(out *Output, all bool) {
	if len(s.lanes) == 1 {
		return
	}
	for i := range out.Rejects {
		r := &out.Rejects[i]
		r.Rule = out.Rule
		s.verdicts.add(r)
	}
	clear(out.Rejects)
	if out.Rejects = out.Rejects[:0]; all {
		s.verdicts.tell(out)
		for _, l := range s.lanes {
			s.verdicts.tellDecided(l.decided, out)
			clear(l.decided)
			l.decided = l.decided[:0]
		}
	}
}

func (v *verdicts) add(r *Reject) {
	if !r.Shared.Rejected {
		r.Shared.Rejected = true
		v.rejects = append(v.rejects, *r)
		return
	}
	if first, ok := v.pending[r.Shared]; ok && r.Rule < first.Rule {
		v.pending[r.Shared] = r.own()
	}
}

// tell adds the rejects of the tick that no rule has taken, and keeps those that may still be.
func (v *verdicts) tell(out *Output) {
	for i := range v.rejects {
		switch r := &v.rejects[i]; {
		case r.Shared.Taken:
		case r.Shared.Holders > 0:
			v.keep(r.own())
		default:
			out.Rejects = append(out.Rejects, *r)
		}
	}
	clear(v.rejects)
	v.rejects = v.rejects[:0]
}

// tellDecided adds the rejects that have waited for the events that a rule has decided.
func (v *verdicts) tellDecided(decided []*cep.Shared, out *Output) {
	for _, of := range decided {
		r, ok := v.pending[of]
		if !ok || of.Holders > 0 {
			continue
		}
		if delete(v.pending, of); !of.Taken {
			out.Rejects = append(out.Rejects, r)
		}
	}
}

func (v *verdicts) keep(r Reject) {
	if v.pending == nil {
		v.pending = map[*cep.Shared]Reject{}
	}
	v.pending[r.Shared] = r
}

// own returns the reject in memory of its own.
func (r *Reject) own() Reject {
	own := *r
	own.Key, own.Source = strings.Clone(r.Key), strings.Clone(r.Source)
	own.Type, own.ID, own.Data = strings.Clone(r.Type), strings.Clone(r.ID), bytes.Clone(r.Data)
	return own
}

// noteVerdicts notes what rules have made of an event with the others that hold it: their
// notes are in the encoding of the states.
func (s *Shard) noteVerdicts() {
	if len(s.lanes) == 1 || !s.holds {
		return
	}
	s.eachHeld(func(_ *entry, h *cep.Held) {
		_, plain := splitNote(h.Note)
		h.Note = plain
		of := h.Event.Shared
		if of == nil || !of.Taken && !of.Rejected {
			return
		}
		v := noted{taken: of.Taken}
		if r, ok := s.verdicts.pending[of]; ok {
			v.rejected, v.rule, v.class, v.redelivered, v.known = true, s.rules.Each[r.Rule].Name, r.Class, r.Redelivered, r.Known
		}
		h.Note = v.prefix() + plain
	})
}

// linkHeld is the way back: the rules that hold an event have in common what becomes of it.
func (s *Shard) linkHeld() {
	type identity struct{ key, note, typ, id, data string }
	all := map[identity]*cep.Shared{}
	s.holds = slices.ContainsFunc(s.rules.Each, func(r Rule) bool { return r.Prog.Holds() })
	s.eachHeld(func(k *entry, h *cep.Held) {
		s.holds = true // what is held stays so where its rule holds nothing any more
		if h.Event.Shared = nil; len(s.lanes) == 1 {
			return
		}
		v, plain := splitNote(h.Note)
		id := identity{k.key, plain, h.Event.Type, h.Event.ID, string(h.Event.Data)}
		of := all[id]
		if of == nil {
			of = &cep.Shared{Known: true}
			all[id] = of
		}
		h.Event.Shared = of
		of.Holders++
		of.Taken = of.Taken || v.taken
		rule := slices.IndexFunc(s.rules.Each, func(r Rule) bool { return r.Name == v.rule })
		if !v.rejected || rule < 0 { // of a rule that is no more
			return
		}
		of.Rejected = true
		if first, ok := s.verdicts.pending[of]; !ok || rule < first.Rule {
			r := Reject{Event: Event{Key: k.key, Event: h.Event}, Rule: rule, Class: v.class, Redelivered: v.redelivered, Known: v.known}
			r.Source, r.Line = ofNote(plain)
			s.verdicts.keep(r)
		}
	})
}

// eachHeld calls f with each event that a rule holds, and its key.
func (s *Shard) eachHeld(f func(k *entry, h *cep.Held)) {
	for _, l := range s.lanes {
		for k := range l.keys.all {
			l.matcher.EachHeld(&k.state, func(h *cep.Held) { f(k, h) })
		}
	}
}

// noted is what the notes of an event that is held have before where it came from, where
// there is something: a number below zero, which no line is, and what it says.
type noted struct {
	taken       bool // some rule has taken it
	rejected    bool // one has put it aside: the first is rule, and what it has said follows
	redelivered bool
	known       bool
	class       cep.Class
	rule        string
}

func (v noted) prefix() string {
	bits := int64(v.class) << 4
	for i, set := range []bool{v.taken, v.rejected, v.redelivered, v.known} {
		if set {
			bits |= 1 << i
		}
	}
	b := binary.AppendVarint(nil, -1-bits)
	return string(appendString(b, v.rule))
}

// splitNote returns what a note says before where its event came from, and the rest.
func splitNote(note string) (v noted, plain string) {
	first, n := binary.Varint([]byte(note[:min(len(note), binary.MaxVarintLen64)]))
	if n <= 0 || first >= 0 {
		return v, note
	}
	bits := -1 - first
	r := reader{b: []byte(note[n:]), s: note[n:]}
	v = noted{bits&1 != 0, bits&2 != 0, bits&4 != 0, bits&8 != 0, cep.Class(bits >> 4), strings.Clone(r.string())}
	if r.err != nil || bits>>4 >= int64(cep.Classes) {
		return noted{}, note
	}
	return v, note[n+r.pos:]
}
