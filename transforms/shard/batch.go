package shard

import (
	"encoding/binary"
	"errors"
	"fmt"
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
	// End is set in the last batch of an input. Last is the largest event time
	// of the input; deadlines after Limit never expire.
	End         bool
	Last, Limit int64
}

// NoWatermark is the watermark of a batch without a promise.
const NoWatermark int64 = math.MinInt64

// The layout of a batch: a header of fixed size, then one entry an event. A type
// or source is written out where it is first used and by number afterwards. A
// batch is a record of the shard's log as it stands, so that it need not be
// copied into one.
const (
	batchVersion = 1 // increase it when the layout changes
	headerSize   = 1 + 1 + 8 + 1 + 8 + 8

	onTimeEvent    = 0 // at = time
	lateEvent      = 1 // at = time + a delay, which follows
	unstampedEvent = 2 // no at
)

// Batch encodes events. The zero value is an empty batch.
type Batch struct {
	buf    []byte
	header Header
	types  dictionary
	source dictionary
	time   int64 // of the event before
	line   int64 // of the event before
	// min is the smallest place in time of the events and marks.
	min int64
}

// Len returns the size of the encoded batch in bytes, zero while it is empty.
func (b *Batch) Len() int { return len(b.buf) }

// Min returns the smallest place in time of what was added.
func (b *Batch) Min() int64 { return b.min }

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
	buf := append(b.buf, kind)
	buf = binary.AppendVarint(buf, e.Time-b.time)
	if kind == lateEvent {
		buf = binary.AppendVarint(buf, e.At-e.Time)
	}
	buf = b.types.append(buf, e.Type)
	buf = appendString(buf, e.Key)
	buf = appendString(buf, e.ID)
	buf = b.source.append(buf, e.Source)
	buf = binary.AppendVarint(buf, e.Line-b.line)
	buf = binary.AppendUvarint(buf, uint64(len(e.Data)))
	b.buf = append(buf, e.Data...)
	b.time, b.line = e.Time, e.Line
}

// Promise sets the watermark that the source promises, unless the batch is
// empty and so has no use for it.
func (b *Batch) Promise(watermark int64) {
	if len(b.buf) > 0 {
		b.header.Watermark = max(b.header.Watermark, watermark)
	}
}

// End makes the batch the last one of its input; at is the place in time that
// holds the watermark back until the batch has arrived.
func (b *Batch) End(at, last, limit int64) {
	b.start(at)
	b.header.End, b.header.Last, b.header.Limit = true, last, limit
}

// Bytes returns the encoded batch. The batch must not be used afterwards.
func (b *Batch) Bytes() []byte {
	h := append(b.buf[:0], batchRecord, batchVersion)
	h = binary.LittleEndian.AppendUint64(h, uint64(b.header.Watermark))
	end := byte(0)
	if b.header.End {
		end = 1
	}
	h = append(h, end)
	h = binary.LittleEndian.AppendUint64(h, uint64(b.header.Last))
	binary.LittleEndian.AppendUint64(h, uint64(b.header.Limit))
	return b.buf
}

// start reserves the header before the first record and notes a place in time.
func (b *Batch) start(place int64) {
	if len(b.buf) == 0 {
		b.buf = append(b.buf, make([]byte, headerSize)...)
		b.header.Watermark = NoWatermark
		b.min = place
	}
	b.min = min(b.min, place)
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

func (d *dictionary) append(b []byte, s string) []byte {
	if d.number == nil {
		d.number = map[string]int{}
	} else if s == d.last {
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

// DecodeHeader returns the header of an encoded batch.
func DecodeHeader(b []byte) (Header, error) {
	if len(b) < headerSize {
		return Header{}, errTruncated
	}
	if b[0] != batchRecord || b[1] != batchVersion {
		return Header{}, fmt.Errorf("shard: batch of kind %q, version %d: want %q, version %d", b[0], b[1], batchRecord, batchVersion)
	}
	return Header{
		Watermark: int64(binary.LittleEndian.Uint64(b[2:])),
		End:       b[10] != 0,
		Last:      int64(binary.LittleEndian.Uint64(b[11:])),
		Limit:     int64(binary.LittleEndian.Uint64(b[19:])),
	}, nil
}

// decodeEvents calls add for each event of an encoded batch. The events share
// the batch's memory.
func decodeEvents(b []byte, add func(*Event)) error {
	r := reader{b: b[headerSize:], s: string(b[headerSize:])}
	var types, sources []string
	var e Event
	for r.pos < len(r.b) && r.err == nil {
		kind := r.byte()
		e.Time += r.varint()
		switch kind {
		case onTimeEvent:
			e.At = e.Time
		case lateEvent:
			e.At = e.Time + r.varint()
		case unstampedEvent:
			e.At = 0
		default:
			return fmt.Errorf("shard: batch has an entry of kind %d", kind)
		}
		e.Type = r.ref(&types)
		e.Key = r.string()
		e.ID = r.string()
		e.Source = r.ref(&sources)
		e.Line += r.varint()
		e.Data = r.bytes()
		if r.err != nil {
			return r.err
		}
		if !cep.ValidTime(e.Time) || !cep.ValidTime(e.At) {
			return fmt.Errorf("shard: batch has an event at %d, placed at %d: out of range", e.Time, e.At)
		}
		add(&e)
	}
	return r.err
}

var errTruncated = errors.New("shard: truncated batch or log")

// reader takes values from the front of b. After an error it gives zero values.
type reader struct {
	b   []byte
	s   string // the same bytes, so that strings cost no allocation each
	pos int
	err error
}

func (r *reader) fail() { r.pos, r.err = len(r.b), errTruncated }

func (r *reader) byte() byte {
	if r.pos >= len(r.b) {
		r.fail()
		return 0
	}
	r.pos++
	return r.b[r.pos-1]
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b[r.pos:])
	if n <= 0 {
		r.fail()
		return 0
	}
	r.pos += n
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b[r.pos:])
	if n <= 0 {
		r.fail()
		return 0
	}
	r.pos += n
	return v
}

// span reads a length and returns the bounds of that many bytes.
func (r *reader) span() (from, to int) {
	n := r.uvarint()
	if n > uint64(len(r.b)-r.pos) {
		r.fail()
		return len(r.b), len(r.b)
	}
	from = r.pos
	r.pos += int(n)
	return from, r.pos
}

func (r *reader) string() string {
	from, to := r.span()
	return r.s[from:to]
}

func (r *reader) bytes() []byte {
	from, to := r.span()
	return r.b[from:to:to]
}

// ref reads a string by its number in a dictionary.
func (r *reader) ref(dict *[]string) string {
	n := r.uvarint()
	switch {
	case n < uint64(len(*dict)):
		return (*dict)[n]
	case n == uint64(len(*dict)) && n <= dictionarySize:
		s := r.string()
		if n < dictionarySize {
			*dict = append(*dict, s)
		}
		return s
	}
	r.fail()
	return ""
}
