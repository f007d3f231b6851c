package cep

import (
	"encoding/binary"
	"slices"
)

// What only some settings know stands behind the rest of a state of the machine, whose
// version says that it is there: for each run the age up to which it has been reminded of,
// zero where it gives no reminders, and else one more. Then there are bits that say what
// else there is: so far nothing.

// hasLife reports whether there is something to encode that older builds did not know.
func (l *live) hasLife() bool {
	return slices.ContainsFunc(l.runs, func(r run) bool { return r.reminded != allAges })
}

func (w *liveWriter) appendLife(b []byte) []byte {
	for i := range w.live.runs {
		age := uint64(0)
		if r := &w.live.runs[i]; r.reminded != allAges {
			age = uint64(r.reminded) + 1
		}
		b = binary.AppendUvarint(b, age)
	}
	return binary.AppendUvarint(b, 0)
}

// addLife reads what appendLife has written.
func (l *live) addLife(r *reader) {
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
	if more := r.uvarint(); r.err == nil && (more != 0 || !l.hasLife()) {
		r.contradicts() // without any it would have been encoded without
	}
}

// contradicts makes the encoding one that no machine has written.
func (r *reader) contradicts() {
	if r.err == nil {
		r.b, r.err = nil, errLive
	}
}
