package message

import (
	"bytes"
	"fmt"

	"ordertimeout/transforms/ledger"
	"ordertimeout/transforms/order"
)

// MaxRejects is how many lines of a message have a reject of their own. What is beyond
// has one for all of them.
const MaxRejects = 1000

// part is a message that is being read, and of what it holds the part that goes into
// the last block.
type part struct {
	*Reader
	input     *ledger.Message
	source    string
	published int64

	events, malformed int64 // lines of the message so far
	// beyond stands for the lines that have no reject of their own: it is the first's.
	beyond order.Reject

	// Where the part begins: in the block, in the message's data, and in what the
	// decoder has counted.
	fromEvent, fromReject int
	fromByte              int
	integers, january     int64
}

// block returns the block that the part is in.
func (p *part) block() *Block { return p.Blocks[len(p.Blocks)-1] }

// begin begins a part, which is at a byte of the message's data.
func (p *part) begin(at int) {
	b := p.block()
	p.fromEvent, p.fromReject, p.fromByte = len(b.Events), len(b.Rejects), at
	p.integers, p.january = p.Decoder.IntegerTimes, p.Decoder.January
}

// end ends the part before a byte of the message's data.
func (p *part) end(at int, last bool) {
	b := p.block()
	if over := p.malformed - MaxRejects; last && over > 0 {
		if over > 1 {
			p.beyond.Error = fmt.Sprintf("%d more lines of the message are no events, of which this is the first: %s", over, p.beyond.Error)
		}
		b.Rejects = append(b.Rejects, p.beyond)
	}
	b.Inputs = append(b.Inputs, p.input)
	if !last {
		b.Unfinished = p.input
	}
	b.Published = min(b.Published, p.published)
	b.Size += at - p.fromByte
	b.Integers += p.Decoder.IntegerTimes - p.integers
	b.January += p.Decoder.January - p.january
	p.name(b.Events[p.fromEvent:], b.Rejects[p.fromReject:], last)
}

// name gives the part's events and rejects their Refs.
func (p *part) name(events []order.Event, rejects []order.Reject, last bool) {
	if p.Expect == nil {
		return
	}
	ref := p.Expect(p.input, len(events), len(rejects), last)
	if ref == 0 {
		return
	}
	for i := range events {
		events[i].Ref = ref
		ref++
	}
	for i := range rejects {
		rejects[i].Refs = []uint64{ref}
		ref++
	}
}

// lines reads the lines of the message. A stamp is the time of all of them. It returns
// false where nothing more is to be read.
func (p *part) lines(data []byte, stamp *int64) bool {
	for at, n := 0, int64(1); at < len(data); n++ {
		line, _, _ := bytes.Cut(data[at:], []byte{'\n'})
		if len(bytes.TrimSpace(line)) > 0 {
			if !p.turn(at) {
				return false
			}
			p.line(n, line, stamp)
		}
		at += len(line) + 1
	}
	return true
}

// turn goes on to another block where the part alone would fill one: a message that is
// not large is in one block. A line follows, so no block is without a record.
func (p *part) turn(at int) bool {
	b := p.block()
	held := len(b.Events) - p.fromEvent + len(b.Rejects) - p.fromReject
	if at-p.fromByte < BlockSize && held < BlockRecords || b.Records() == 0 {
		return true
	}
	p.end(at, false)
	if !p.room() {
		return false
	}
	p.begin(at)
	return true
}

// line reads a line.
func (p *part) line(n int64, line []byte, stamp *int64) {
	e, err := p.event(line, stamp)
	if err != nil {
		p.reject(err, n, line)
		return
	}
	p.add(e, n)
}

// add adds the event of a line to the block.
func (p *part) add(e order.Event, n int64) {
	b := p.block()
	p.events++
	e.Source, e.Line = p.source, n
	b.Events = append(b.Events, e)
	b.Earliest, b.Latest = min(b.Earliest, e.Time), max(b.Latest, e.Time)
}

// reject takes note of a line that is no event.
func (p *part) reject(err error, n int64, line []byte) {
	b := p.block()
	b.Malformed++
	switch p.malformed++; {
	case p.malformed <= MaxRejects:
		b.Rejects = append(b.Rejects, order.NewReject(order.Malformed, err.Error(), p.source, n, line))
	case p.malformed == MaxRejects+1:
		p.beyond = order.NewReject(order.Malformed, err.Error(), p.source, n, line)
	}
}

// rejectAll rejects the message as a whole, and no line of it.
func (p *part) rejectAll(err error, data []byte) {
	p.reject(err, 0, data)
	rejects := p.block().Rejects
	rejects[len(rejects)-1].Source = p.source
}
