package shard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unsafe"

	"ordertimeout/transforms/cep"
)

// DecodeHeader returns the header of an encoded batch.
func DecodeHeader(b []byte) (Header, error) {
	h, _, err := splitHeader(b)
	return h, err
}

// splitHeader returns the header of an encoded batch, and its compressed body.
func splitHeader(b []byte) (h Header, body []byte, err error) {
	if len(b) < headerSizeV1 {
		return Header{}, nil, errTruncated
	}
	if b[0] != batchRecord || b[1] == 0 || b[1] > pointVersion {
		return Header{}, nil, fmt.Errorf("shard: batch of kind %q, version %d: want %q, version %d or before", b[0], b[1], batchRecord, pointVersion)
	}
	h = Header{
		Watermark: int64(binary.LittleEndian.Uint64(b[2:])),
		End:       b[10]&endFlag != 0,
		More:      b[10]&moreFlag != 0,
		Cut:       b[10]&cutFlag != 0,
		GoOn:      b[10]&goOnFlag != 0,
		Last:      int64(binary.LittleEndian.Uint64(b[11:])),
		Limit:     int64(binary.LittleEndian.Uint64(b[19:])),
		Events:    int(binary.LittleEndian.Uint32(b[27:])),
		Min:       math.MinInt64,
	}
	if b[1] == 1 {
		return h, b[headerSizeV1:], nil
	}
	if len(b) < headerSize {
		return Header{}, nil, errTruncated
	}
	h.Min = int64(binary.LittleEndian.Uint64(b[headerSizeV1:]))
	b, version := b[headerSize:], b[1]
	if version < pointVersion {
		return h, b, nil
	}
	if len(b) < 8 {
		return Header{}, nil, errTruncated
	}
	h.Point = int64(binary.LittleEndian.Uint64(b))
	return h, b[8:], nil
}

// DecodeBatch returns the header and the events of an encoded batch. The events share
// the memory that it was decompressed to.
func DecodeBatch(b []byte) (Header, []Event, error) {
	h, packed, err := splitHeader(b)
	if err != nil {
		return Header{}, nil, err
	}
	body, err := decompress(packed, maxBatch)
	if err != nil {
		return Header{}, nil, err
	}
	events, err := decodeEvents(body, h.Events)
	return h, events, err
}

// decodeEvents returns the n events in the body of a batch. They share its memory.
func decodeEvents(body []byte, n int) ([]Event, error) {
	if n > len(body)/minEventSize {
		return nil, errTruncated
	}
	// The strings of the events are the body's bytes, which nobody changes.
	r := reader{b: body, s: unsafe.String(unsafe.SliceData(body), len(body))}
	var types, sources []string
	events := make([]Event, n)
	var time, line int64 // of the event before
	for i := range events {
		e := &events[i]
		kind := r.byte()
		time += r.varint()
		e.Time = time
		switch kind &^ (withRef | rowEvent) {
		case onTimeEvent:
			e.At = time
		case lateEvent:
			e.At = time + r.varint()
		case unstampedEvent:
		default:
			return nil, fmt.Errorf("shard: batch has an event of kind %d", kind)
		}
		e.Type = r.ref(&types)
		e.Key = r.string()
		e.ID = r.string()
		e.Source = r.ref(&sources)
		line += r.varint()
		e.Line = line
		e.Data, e.Row = r.bytes(), kind&rowEvent != 0
		if kind&withRef != 0 {
			e.Ref = r.uvarint()
		}
		if r.err == nil && (!cep.ValidTime(e.Time) || !cep.ValidTime(e.At)) {
			return nil, fmt.Errorf("shard: batch has an event at %d, placed at %d: out of range", e.Time, e.At)
		}
	}
	if r.err == nil && r.pos < len(r.b) {
		return nil, fmt.Errorf("shard: batch has %d bytes behind its events", len(r.b)-r.pos)
	}
	return events, r.err
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
