package pubsub

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"ordertimeout/transforms/order"
)

// block is what some messages hold.
type block struct {
	inputs []*input
	// events has room for a mark at the start.
	events  []order.Event
	rejects []order.Reject
	size    int // of the messages in bytes
	// earliest and latest are the smallest and the largest time of an event, published
	// is the smallest of a publication.
	earliest, latest, published int64

	integers, january int64 // see order.Decoder

	hold *hold // of the watermark
}

// blockSize is how much data makes a block.
const blockSize = 256 << 10

// reader makes blocks of messages. It is not safe for concurrent use.
type reader struct {
	sub     Subscription
	decoder *order.Decoder
	// refs says how many events a message holds, and returns the Ref of the
	// first; nil: events have no Ref.
	refs func(x *input, events int) uint64

	blocks []*block
}

// block returns the one that the next message goes into.
func (r *reader) block() *block {
	if n := len(r.blocks); n > 0 && r.blocks[n-1].size < blockSize {
		return r.blocks[n-1]
	}
	b := &block{events: make([]order.Event, 1, 64), earliest: math.MaxInt64, latest: math.MinInt64, published: math.MaxInt64}
	r.blocks = append(r.blocks, b)
	return b
}

// add reads a message: one event a line.
func (r *reader) add(m *pubsubpb.PubsubMessage, x *input) {
	b := r.block()
	events, rejects := len(b.events), len(b.rejects)
	integers, january := r.decoder.IntegerTimes, r.decoder.January
	source := "message " + m.GetMessageId()
	stamp, err := r.stamp(m)
	if err == nil {
		err = notText(m.GetData())
	}
	if err == nil {
		r.lines(b, source, m.GetData(), stamp)
		if len(b.events) == events && len(b.rejects) == rejects {
			err = errEmpty
		}
	}
	if err != nil {
		reject := order.NewReject(order.Malformed, err.Error(), source, 0, m.GetData())
		reject.Source = source // the whole message, and no line
		b.rejects = append(b.rejects, reject)
	}
	b.inputs = append(b.inputs, x)
	b.published = min(b.published, m.GetPublishTime().AsTime().UnixMilli())
	b.size += len(m.GetData())
	b.integers += r.decoder.IntegerTimes - integers
	b.january += r.decoder.January - january
	r.name(x, b.events[events:], b.rejects[rejects:])
}

// name gives events and rejects their Refs.
func (r *reader) name(x *input, events []order.Event, rejects []order.Reject) {
	if r.refs == nil {
		return
	}
	ref := r.refs(x, len(events)+len(rejects))
	for i := range events {
		events[i].Ref = ref
		ref++
	}
	for i := range rejects {
		rejects[i].Refs = []uint64{ref}
		ref++
	}
}

// lines reads the lines of a message. A stamp is the time of all of them.
func (r *reader) lines(b *block, source string, data []byte, stamp []byte) {
	for n := int64(1); len(data) > 0; n++ {
		var line []byte
		line, data, _ = bytes.Cut(data, []byte{'\n'})
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		e, err := r.event(line, stamp)
		if err != nil {
			b.rejects = append(b.rejects, order.NewReject(order.Malformed, err.Error(), source, n, line))
			continue
		}
		e.Source, e.Line = source, n
		b.events = append(b.events, e)
		b.earliest, b.latest = min(b.earliest, e.Time), max(b.latest, e.Time)
	}
}

// event decodes a line. A stamp becomes the object's last member for the
// decoder, where it stands for any other time; the event itself stays as it came.
func (r *reader) event(line, stamp []byte) (order.Event, error) {
	object := bytes.TrimSpace(line)
	if len(stamp) == 0 || len(object) < 2 || object[len(object)-1] != '}' || len(bytes.TrimSpace(object[1:len(object)-1])) == 0 {
		return r.decoder.JSON(line)
	}
	end := len(object) - 1
	stamped := append(append(make([]byte, 0, end+len(stamp)), object[:end]...), stamp...)
	e, err := r.decoder.JSON(stamped)
	if err != nil {
		return order.Event{}, err
	}
	e.Raw[end] = '}'
	e.Raw = e.Raw[:end+1]
	return e, nil
}

// stamp returns the time of all events of a message, as the end of a JSON object;
// nil where they have their own.
func (r *reader) stamp(m *pubsubpb.PubsubMessage) ([]byte, error) {
	var ms int64
	switch r.sub.Time {
	case TimeOfPublish:
		ms = m.GetPublishTime().AsTime().UnixMilli()
	case TimeOfAttribute:
		text, ok := m.GetAttributes()[r.sub.Attribute]
		if !ok {
			return nil, fmt.Errorf("attribute %q: missing, want the time of the event", r.sub.Attribute)
		}
		var err error
		if ms, err = r.parse(text); err != nil {
			return nil, fmt.Errorf("attribute %q: %w", r.sub.Attribute, err)
		}
	default:
		return nil, nil
	}
	return fmt.Appendf(nil, `,"time":%q}`, time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")), nil
}

// parse reads the text of a time by the rules of an event's time.
func (r *reader) parse(text string) (ms int64, err error) {
	value := []byte(text)
	if _, err := strconv.ParseInt(text, 10, 64); err != nil || text[0] == '+' {
		if value, err = json.Marshal(text); err != nil {
			return 0, err
		}
	}
	e, err := r.decoder.JSON(fmt.Appendf(nil, `{"orderId":"-","type":"-","time":%s}`, value))
	return e.Time, err
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
