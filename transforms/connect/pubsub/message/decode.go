package message

import (
	"bytes"
	"errors"
	"fmt"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/ledger"
	"ordertimeout/transforms/order"
)

// Reader makes blocks of messages. It is not safe for concurrent use.
type Reader struct {
	// Sub says where the time of an event is.
	Sub uri.Subscription
	// Decoder reads the events.
	Decoder *order.Decoder
	// Expect is told how many events and rejects a part of a message holds, and whether
	// it is the last part. It returns the Ref of the first event: the others follow, and
	// then the rejects. 0: they have no Refs. Nil: none has one.
	Expect func(m *ledger.Message, events, rejects int, last bool) (ref uint64)
	// Out takes complete blocks once they are worth 1 MiB together, and reports whether to
	// go on. Nil: all stay in Blocks.
	Out func(complete []*Block) bool

	// Blocks are those that Out has not taken.
	Blocks []*Block
}

// room makes room for a record: a new block where the last one is full. It returns
// false where nothing more is to be read.
func (r *Reader) room() bool {
	if n := len(r.Blocks); n > 0 && !r.Blocks[n-1].full() {
		return true
	}
	read := 0
	for _, b := range r.Blocks {
		read += b.Cost()
	}
	if r.Out != nil && read >= maxRead {
		complete := r.Blocks
		r.Blocks = nil
		if !r.Out(complete) {
			return false
		}
	}
	r.Blocks = append(r.Blocks, newBlock())
	return true
}

// Add reads a message, in parts where it is a large one. It returns false where nothing
// more is to be read; then it may not have come to the end of the message.
func (r *Reader) Add(m *pubsubpb.PubsubMessage, input *ledger.Message) bool {
	if !r.room() {
		return false
	}
	p := part{Reader: r, input: input, source: "message " + m.GetMessageId(), published: m.GetPublishTime().AsTime().UnixMilli()}
	p.begin(0)
	stamp, err := r.stamp(m)
	if err == nil {
		err = notText(m.GetData())
	}
	envelope, binary, mode := r.mode(m)
	if err == nil {
		err = mode
	}
	if err == nil && binary {
		p.binary(m.GetData(), envelope, stamp)
	} else if err == nil {
		if !p.lines(m.GetData(), stamp) {
			return false
		}
		if p.events+p.malformed == 0 {
			err = errEmpty
		}
	}
	if err != nil {
		p.rejectAll(err, m.GetData())
	}
	p.end(len(m.GetData()), true)
	return true
}

// event decodes a line. A stamp is its time, whatever it says itself.
func (r *Reader) event(line []byte, stamp *int64) (order.Event, error) {
	if stamp == nil {
		return r.Decoder.JSON(line)
	}
	return r.Decoder.JSONAt(line, *stamp)
}

// stamp returns the time of all events of a message in milliseconds; nil where they have
// their own.
func (r *Reader) stamp(m *pubsubpb.PubsubMessage) (*int64, error) {
	var ms int64
	switch r.Sub.Time {
	case uri.TimeOfPublish:
		ms = m.GetPublishTime().AsTime().UnixMilli()
	case uri.TimeOfAttribute:
		text, ok := m.GetAttributes()[r.Sub.Attribute]
		if !ok {
			return nil, fmt.Errorf("attribute %q: missing, want the time of the event", r.Sub.Attribute)
		}
		var err error
		if ms, err = r.Decoder.Time(text); err != nil {
			return nil, fmt.Errorf("attribute %q: %w", r.Sub.Attribute, err)
		}
	default:
		return nil, nil
	}
	return &ms, nil
}

// errEmpty is the error of a message without an event.
var errEmpty = errors.New("empty: no event in the message, want JSON, one object a line")

// notText returns why a message is no text at all, or nil.
func notText(data []byte) error {
	var format string
	switch {
	case bytes.HasPrefix(data, []byte("\x1f\x8b")):
		format = "gzip"
	case bytes.HasPrefix(data, []byte("\x28\xb5\x2f\xfd")):
		format = "zstd"
	default:
		return nil
	}
	return fmt.Errorf("compressed (%s): want JSON text, one object a line", format)
}
