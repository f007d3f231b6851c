package cep

import (
	"encoding/binary"
	"math"
	"slices"
)

// What only some settings know stands behind the rest of a state of the machine, whose
// version says that it is there: for each run the age up to which it has been reminded of,
// zero where it gives no reminders, and else one more. Then there are bits that say what
// else there is, in this order.
const (
	hasGuards = 1 << iota // of the branch that each run would show in a timeout
	hasAlerts             // timeouts that may be resolved
	hasEarly              // events that are held
	hasShifts             // events that count as of another time than their own
	hasExtras             // ended runs that are remembered for longer than others, or shorter
)

// life returns what there is to encode that older builds did not know, and whether there
// is any.
func (l *live) life() (bits uint64, any bool) {
	if slices.ContainsFunc(l.runs, func(r run) bool { return r.lost != nil && len(r.lost.guards) > 0 }) {
		bits |= hasGuards
	}
	if len(l.alerts()) > 0 {
		bits |= hasAlerts
	}
	if len(l.early()) > 0 {
		bits |= hasEarly
	}
	if slices.ContainsFunc(l.events, func(s stored) bool { return s.early != 0 }) {
		bits |= hasShifts
	}
	if slices.ContainsFunc(l.known.ended, func(r endedRun) bool { return r.extra != 0 }) {
		bits |= hasExtras
	}
	return bits, bits != 0 || slices.ContainsFunc(l.runs, func(r run) bool { return r.reminded != allAges })
}

func (w *liveWriter) appendLife(b []byte, bits uint64) []byte {
	for i := range w.live.runs {
		age := uint64(0)
		if r := &w.live.runs[i]; r.reminded != allAges {
			age = uint64(r.reminded) + 1
		}
		b = binary.AppendUvarint(b, age)
	}
	b = binary.AppendUvarint(b, bits)
	if bits&hasGuards != 0 {
		for i := range w.live.runs {
			if r := &w.live.runs[i]; r.lost != nil {
				b = appendSteps(b, r.lost.guards)
			}
		}
	}
	if bits&hasAlerts != 0 {
		b = binary.AppendUvarint(b, uint64(len(w.live.alerts())))
		for i := range w.live.alerts() {
			b = w.appendAlert(b, &w.live.alerts()[i])
		}
	}
	if bits&hasEarly != 0 {
		b = binary.AppendUvarint(b, uint64(len(w.live.early())))
		for i := range w.live.early() {
			b = w.live.early()[i].append(b)
		}
	}
	if bits&hasShifts != 0 {
		b = w.appendShifts(b)
	}
	if bits&hasExtras != 0 {
		for _, r := range w.live.known.ended {
			b = binary.AppendVarint(b, r.extra)
		}
	}
	return b
}

func (h *early) append(b []byte) []byte {
	e := &h.Event
	b = append(b, flag(e.Row)|flag(h.other)<<1)
	b = binary.AppendVarint(b, e.Time)
	b = binary.AppendUvarint(b, uint64(e.At-e.Time))
	b = binary.AppendUvarint(b, uint64(h.until-e.At))
	b = binary.AppendUvarint(b, e.Ref)
	b = binary.LittleEndian.AppendUint64(b, h.print)
	for _, text := range []string{e.Type, e.ID, h.Note} {
		b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
	}
	return append(binary.AppendUvarint(b, uint64(len(e.Data))), e.Data...)
}

// appendShifts appends a number for each event: by how much it counts as of a later time.
func (w *liveWriter) appendShifts(b []byte) []byte {
	for _, n := range w.events {
		b = binary.AppendUvarint(b, uint64(w.live.events[n].early))
	}
	return b
}

func (w *liveWriter) appendAlert(b []byte, a *alert) []byte {
	b = binary.AppendUvarint(b, a.seq)
	b = binary.AppendVarint(b, a.first)
	b = binary.AppendVarint(b, a.deadline)
	b = binary.AppendVarint(b, a.until)
	b = binary.AppendUvarint(b, uint64(len(a.of)))
	b = append(b, a.of...)
	b = binary.AppendUvarint(b, a.ref)
	b = appendSteps(b, a.waiting)
	b = appendSteps(b, a.steps)
	return binary.AppendUvarint(b, uint64(w.node[a.node]))
}

func appendSteps(b []byte, steps []int) []byte {
	b = binary.AppendUvarint(b, uint64(len(steps)))
	for _, s := range steps {
		b = binary.AppendUvarint(b, uint64(s))
	}
	return b
}

// addLife reads what appendLife has written, of a pattern of so many steps.
func (l *live) addLife(r *reader, steps int) {
	for i := range l.runs {
		age := r.uvarint()
		if age > uint64(2*maxTime) {
			r.contradicts()
			return
		}
		if age > 0 {
			l.runs[i].reminded = int64(age) - 1
		}
	}
	bits := r.uvarint()
	if bits&hasGuards != 0 {
		for i := range l.runs {
			if lost := l.runs[i].lost; lost != nil {
				lost.guards = r.steps(steps)
			}
		}
	}
	if bits&hasAlerts != 0 {
		for n := r.count(9); n > 0; n-- {
			l.addAlert(r, steps)
		}
	}
	if bits&hasEarly != 0 {
		for n := r.count(8 + 9); n > 0; n-- {
			l.addEarly(r)
		}
	}
	if bits&hasShifts != 0 {
		for i := range l.events[1:] {
			early := r.uvarint()
			if early > math.MaxUint32 {
				r.contradicts()
				return
			}
			l.events[1+i].early = uint32(early)
		}
	}
	if bits&hasExtras != 0 {
		l.known.addExtras(r)
	}
	if there, any := l.life(); r.err == nil && (there != bits || !any) {
		r.contradicts() // it would have been encoded otherwise
	}
}

func (l *live) addAlert(r *reader, steps int) {
	a := alert{seq: r.uvarint(), first: r.time(), deadline: r.time(), until: r.time(), of: string(r.bytes()), ref: r.uvarint()}
	a.waiting, a.steps, a.node = r.steps(steps), r.steps(steps), r.index(len(l.nodes)-1)
	if r.err != nil {
		return
	}
	if a.until == math.MaxInt64 || len(a.steps) == 0 {
		r.contradicts()
		return
	}
	l.nodes[a.node].refs++ // that of the first is not looked at
	l.keepAlert(a)
}

func (l *live) addEarly(r *reader) {
	flags := r.byte()
	h := early{other: flags&2 != 0}
	e := &h.Event
	e.Row, e.Time = flags&1 != 0, r.time()
	late, left := r.uvarint(), r.uvarint()
	e.Ref, h.print = r.uvarint(), r.uint64()
	e.Type, e.ID, h.Note = string(r.bytes()), string(r.bytes()), string(r.bytes())
	e.Data = slices.Clone(r.bytes())
	if r.err != nil {
		return
	}
	if !ValidTime(e.Time) || late > uint64(maxTime) || left > uint64(maxTime) || h.print == 0 || flags > 3 {
		r.contradicts()
		return
	}
	e.At = e.Time + int64(late)
	h.until = e.At + int64(left)
	if n := len(l.early()); n > 0 && h.until < l.early()[n-1].until {
		r.contradicts()
	}
	l.setRare(l.alerts(), append(l.early(), h))
}

// steps reads steps of a pattern that has so many.
func (r *reader) steps(most int) (steps []int) {
	for n := r.count(1); n > 0; n-- {
		steps = append(steps, int(r.index(most-1)))
	}
	return steps
}

// contradicts makes the encoding one that no machine has written.
func (r *reader) contradicts() {
	if r.err == nil {
		r.b, r.err = nil, errLive
	}
}

// addExtras reads for how much longer than others each ended run is remembered.
func (k *known) addExtras(r *reader) {
	k.until = math.MinInt64
	for i := range k.ended {
		extra := r.varint()
		if extra < -maxTime || extra > maxTime {
			r.contradicts()
			return
		}
		k.ended[i].extra = extra
		k.until = max(k.until, k.ended[i].until())
	}
}
