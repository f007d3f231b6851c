package shard

import (
	"encoding/binary"
	"math"

	"ordertimeout/transforms/cep"
)

// Event is an event on its way to the state of its key.
type Event struct {
	// Key names the state that the event is for. Any bytes.
	Key string
	// Event is what the pattern sees. At is zero where the source did not stamp
	// the event; Shard.Add then gives it a place.
	cep.Event
	// Source and Line say where the event came from, for its reject.
	Source string
	Line   int64
}

// Header is what the stateful step needs of a batch without decoding it.
type Header struct {
	// Watermark is what the source promises to have reached once the batch has
	// arrived, in milliseconds; NoWatermark without a promise.
	Watermark int64
	// More is set where the same bundle has another batch for the shard.
	More bool
	// End is set in the last batch of an input. Last is the largest event time
	// of the input; deadlines after Limit never expire. Cut says that the input goes
	// on elsewhere.
	End, Cut    bool
	Last, Limit int64
	// Events is the number of events.
	Events int
	// Min is the smallest place in time of the events, and of where the input ended or
	// the batch was sent for its promise; math.MinInt64 in a batch of version 1, which
	// does not say.
	Min int64
	// Point is the number of the carry point that the batch stands for, behind all before
	// it; with End it is the last one. Zero: none. GoOn says that the batch is the first one
	// of an input that goes on where another run has ended. See package carry.
	Point int64
	GoOn  bool
}

// Undecided returns the place in time from which on the end decides nothing: events from
// there on are returned as they are. At a cut that is the limit. A limit before the last
// event means a cut, too, in batches of builds that had no Cut.
func (h Header) Undecided() int64 {
	if h.Cut || h.Limit < h.Last {
		return h.Limit
	}
	return h.Limit + 1
}

// Reaches reports whether the watermark is sure to have reached a tick soon, with
// no more events before it than those of this batch and the ones before.
func (h Header) Reaches(tick int64) bool { return h.Watermark >= tick || h.End }

// NoWatermark is the watermark of a batch without a promise.
const NoWatermark int64 = math.MinInt64

// The layout of a batch: a header of fixed size, then the events, compressed. A
// type or source is written out where it is first used and by number afterwards.
// A batch is a record of the shard's log as it stands, so that it need not be
// copied into one.
const (
	batchVersion = 2 // increase it when the layout changes
	pointVersion = 3 // of a batch with a point, whose number follows the header
	headerSizeV1 = 1 + 1 + 8 + 1 + 8 + 8 + 4
	headerSize   = headerSizeV1 + 8
	minEventSize = 8 // bytes of the shortest event: eight empty or one-byte fields

	endFlag  = 1
	moreFlag = 2
	cutFlag  = 4
	goOnFlag = 8

	pointFlag = 16 // of a snapshot: the number of a point follows the limit

	onTimeEvent    = 0 // at = time
	lateEvent      = 1 // at = time + a delay, which follows
	unstampedEvent = 2 // no at
	withRef        = 4 // added to one of these: a Ref follows the data
	rowEvent       = 8 // added to one of these: the event is the row of a table
)

// Batch encodes events. The zero value is an empty batch.
type Batch struct {
	body   []byte // the events
	used   bool   // it is not empty
	header Header
	types  dictionary
	source dictionary
	time   int64 // of the event before
	line   int64 // of the event before
}

// Empty reports whether nothing was added.
func (b *Batch) Empty() bool { return !b.used }

// Len returns the size of the events in bytes, before compression.
func (b *Batch) Len() int { return len(b.body) }

// Min returns the smallest place in time of what was added.
func (b *Batch) Min() int64 { return b.header.Min }

// Add appends an event.
func (b *Batch) Add(e *Event) {
	kind, place := byte(onTimeEvent), e.At
	switch {
	case e.At == 0:
		kind, place = unstampedEvent, e.Time
	case e.At != e.Time:
		kind = lateEvent
	}
	b.start(place)
	delayed := kind == lateEvent
	if e.Ref != 0 {
		kind |= withRef
	}
	if e.Row {
		kind |= rowEvent
	}
	buf := append(b.body, kind)
	buf = binary.AppendVarint(buf, e.Time-b.time)
	if delayed {
		buf = binary.AppendVarint(buf, e.At-e.Time)
	}
	buf = b.types.append(buf, e.Type)
	buf = appendString(buf, e.Key)
	buf = appendString(buf, e.ID)
	buf = b.source.append(buf, e.Source)
	buf = binary.AppendVarint(buf, e.Line-b.line)
	buf = binary.AppendUvarint(buf, uint64(len(e.Data)))
	buf = append(buf, e.Data...)
	if e.Ref != 0 {
		buf = binary.AppendUvarint(buf, e.Ref)
	}
	b.body = buf
	b.time, b.line = e.Time, e.Line
	b.header.Events++
}

// Promise sets the watermark that the source promises, unless the batch is
// empty and so has no use for it.
func (b *Batch) Promise(watermark int64) {
	if b.used {
		b.header.Watermark = max(b.header.Watermark, watermark)
	}
}

// PromiseEmpty is Promise also of an empty batch, which then is there for its sake; at is
// the place in time that holds the watermark back until the batch has arrived.
func (b *Batch) PromiseEmpty(at, watermark int64) {
	b.start(at)
	b.Promise(watermark)
}

// Point makes the batch a carry point, whose mark is sent at a place in time that holds the
// watermark back until it has arrived.
func (b *Batch) Point(at, watermark, number int64) {
	b.PromiseEmpty(at, watermark)
	b.header.Point = number
}

// GoOn makes the batch the first one of an input that goes on where another run has ended.
func (b *Batch) GoOn(at int64) {
	b.start(at)
	b.header.GoOn = true
}

// More notes that another batch of the same bundle follows.
func (b *Batch) More() { b.header.More = true }

// End makes the batch the last one of its input; at is the place in time that
// holds the watermark back until the batch has arrived.
func (b *Batch) End(at, last, limit int64) {
	b.start(at)
	b.header.End, b.header.Last, b.header.Limit = true, last, limit
}

// Cut is End of an input that goes on elsewhere, at a carry point of a number or, if that
// is zero, at none.
func (b *Batch) Cut(at, last, limit, point int64) {
	b.End(at, last, limit)
	b.header.Cut, b.header.Point = true, point
}

// Bytes returns the encoded batch and empties b, which keeps its memory.
func (b *Batch) Bytes() []byte {
	h := append(make([]byte, 0, headerSize+8), batchRecord, batchVersion)
	h = binary.LittleEndian.AppendUint64(h, uint64(b.header.Watermark))
	h = append(h, b.header.flags())
	h = binary.LittleEndian.AppendUint64(h, uint64(b.header.Last))
	h = binary.LittleEndian.AppendUint64(h, uint64(b.header.Limit))
	h = binary.LittleEndian.AppendUint32(h, uint32(b.header.Events))
	h = binary.LittleEndian.AppendUint64(h, uint64(b.header.Min))
	if b.header.Point != 0 {
		h[1] = pointVersion
		h = binary.LittleEndian.AppendUint64(h, uint64(b.header.Point))
	}
	encoded := compress(h, b.body)
	b.Reset()
	return encoded
}

// flags returns what a header says in bits.
func (h Header) flags() (flags byte) {
	if h.End {
		flags |= endFlag
	}
	if h.More {
		flags |= moreFlag
	}
	if h.Cut {
		flags |= cutFlag
	}
	if h.GoOn {
		flags |= goOnFlag
	}
	return flags
}

// Reset empties b, which keeps its memory.
func (b *Batch) Reset() {
	b.types.reset()
	b.source.reset()
	*b = Batch{body: b.body[:0], types: b.types, source: b.source}
}

// start notes the place in time of what is added.
func (b *Batch) start(place int64) {
	if !b.used {
		b.used, b.header.Min, b.header.Watermark = true, place, NoWatermark
	}
	b.header.Min = min(b.header.Min, place)
}

// dictionary numbers the strings of a batch that recur. The number of distinct
// ones is bounded, so that a stream of ever new types costs no more than itself.
type dictionary struct {
	number map[string]int
	last   string // the most recent one and its number, without a look-up
	lastN  int
}

// dictionarySize is the largest number of strings in a dictionary. A string
// that finds no room is written out each time, as number dictionarySize.
const dictionarySize = 1 << 10

func (d *dictionary) reset() {
	clear(d.number)
	d.last, d.lastN = "", 0
}

func (d *dictionary) append(b []byte, s string) []byte {
	if d.number == nil {
		d.number = map[string]int{}
	} else if s == d.last && len(d.number) > 0 {
		return binary.AppendUvarint(b, uint64(d.lastN))
	}
	n, ok := d.number[s]
	if !ok {
		n = len(d.number)
		b = appendString(binary.AppendUvarint(b, uint64(n)), s)
		if n == dictionarySize {
			return b
		}
		d.number[s] = n
		d.last, d.lastN = s, n
		return b
	}
	d.last, d.lastN = s, n
	return binary.AppendUvarint(b, uint64(n))
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
