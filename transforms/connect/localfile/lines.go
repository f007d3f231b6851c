package localfile

import (
	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// lines are whole lines to be written at once, and what they are of.
type lines struct {
	text    []byte
	entries []entry
	held    bool         // the source holds the input of some
	written chan written // of their write, once it has ended
}

// entry is a message in the text of lines, without its body.
type entry struct {
	start   int // in the text
	end     int // behind its line break
	at      beam.EventTime
	outcome string
	id      string
	refs    []uint64
}

// written is what came of a write: the bytes that were written, and the error.
type written struct {
	n   int
	err error
}

func newLines() *lines { return &lines{written: make(chan written, 1)} }

// reset empties l, which keeps its memory.
func (l *lines) reset() {
	clear(l.entries)
	l.text, l.entries, l.held = l.text[:0], l.entries[:0], false
}

func (l *lines) add(at beam.EventTime, m *order.Message) {
	start := len(l.text)
	l.text = append(append(l.text, m.Body...), '\n')
	l.entries = append(l.entries, entry{start, len(l.text), at, m.Outcome, m.ID, m.Refs})
	l.held = l.held || len(m.Refs) > 0
}

// done lets the source know of the lines that are among the first n bytes, and returns
// the others.
func (l *lines) done(run *process.Run, n int) (rest []entry) {
	for i := range l.entries {
		if l.entries[i].end > n {
			return l.entries[i:]
		}
		run.Done(l.entries[i].refs)
	}
	return nil
}

// reject returns the reject of a line of l that was not delivered.
func (l *lines) reject(e *entry, why error) order.Reject {
	m := order.Message{Body: l.text[e.start : e.end-1], Outcome: e.outcome, ID: e.id, Refs: e.refs}
	return order.NewUndelivered(&m, why.Error())
}
