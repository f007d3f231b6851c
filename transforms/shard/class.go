package shard

import (
	"encoding/binary"

	"ordertimeout/transforms/cep"
)

// passesBy counts an event that is nothing to the rule, so that it costs no more than that.
func (l *lane) passesBy(e *Event, out *Output) bool {
	nothing := l.keyless && e.Key == "" || l.several && l.prog.Ignores(e.Type)
	if e.At >= l.undecided || !nothing {
		return false
	}
	out.Classes[cep.Other]++
	l.together(e, cep.Other, out)
	return true
}

// count counts an event by what has become of it. known says that something is known of its
// key.
func (l *lane) count(e *Event, r cep.Result, known bool, out *Output) {
	out.Classes[r.Class]++
	switch r.Class {
	case cep.Duplicate, cep.Orphan, cep.Late:
		out.Rejects = append(out.Rejects, Reject{Event: *e, Class: r.Class, Redelivered: r.Redelivered, Known: known})
	}
	if r.Class == cep.Other || l.several {
		l.together(e, r.Class, out)
	}
}

// hold notes that the rule holds an event of a key: where that came from, and that it is not
// decided.
func (l *lane) hold(e *Event, k *entry) {
	l.matcher.Note(&k.state, noteOf(e))
	if e.Shared != nil {
		e.Shared.Holders++
		e.Shared.Known = true
	}
}

// countDecided counts the events that were held until now, but for the first n.
func (l *lane) countDecided(n int, known bool, out *Output) {
	for i := range out.Decided[n:] {
		d := &out.Decided[n+i]
		e := Event{Key: d.Key, Event: d.Event}
		e.Source, e.Line = ofNote(d.Note)
		if of := e.Shared; of != nil {
			of.Holders--
			l.decided = append(l.decided, of)
		}
		l.count(&e, d.Result, known, out)
	}
}

// together notes what one of several rules has made of an event, and counts its type if it
// took part in none.
func (l *lane) together(e *Event, c cep.Class, out *Output) {
	if e.Shared == nil {
		if c == cep.Other {
			out.other(e.Type)
		}
		return
	}
	switch c {
	case cep.Other:
		if l.last && !e.Shared.Known {
			out.other(e.Type)
		}
		return
	case cep.Started, cep.Advanced, cep.Resolved:
		e.Shared.Taken = true
	}
	e.Shared.Known = true
}

// noteOf returns where an event came from as a note, which stays with it while it is held.
func noteOf(e *Event) string { return string(binary.AppendVarint(nil, e.Line)) + e.Source }

// ofNote returns what a note was made of.
func ofNote(note string) (source string, line int64) {
	_, note = splitNote(note)
	line, n := binary.Varint([]byte(note[:min(len(note), binary.MaxVarintLen64)]))
	if n <= 0 {
		return "", 0
	}
	return note[n:], line
}

// heldIn returns the events that are held of a key.
func (l *lane) heldIn(k *entry) []cep.Held { return l.matcher.AppendHeld(&k.state, nil) }

// leaveHeld puts aside the events that are held of a key at the end of the input.
func (l *lane) leaveHeld(k *entry, out *Output) {
	held := l.heldIn(k)
	if len(held) == 0 {
		return
	}
	if l.point != 0 {
		out.CarriedOut += int64(len(held))
	} else {
		out.Returned += int64(len(held))
	}
	if out.OpenUnread {
		return
	}
	var run cep.Run
	for _, h := range held {
		e := &h.Event
		run = append(run, cep.Taken{Type: e.Type, Time: e.Time, ID: e.ID, Data: e.Data, Row: e.Row, Ref: e.Ref})
	}
	out.Open = append(out.Open, OpenKey{k.key, run})
}
