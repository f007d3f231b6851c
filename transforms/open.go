package transforms

import (
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

func init() {
	register.Function1x2(packOpen)
	register.DoFn3x1[int, func(*[]byte) bool, func(order.Message), error](&mergeOpenFn{})
	register.Emitter1[order.Message]()
	register.Iter1[[]byte]()
}

// OpenFormat says how open events are written, where the events as they came are not all
// that the next run has to know. See package order for the lines.
type OpenFormat struct {
	// ForPeople says that no run can go on with the events.
	ForPeople bool
	// Rows says that the next run has to know which of them were rows of CSV, as one with
	// conditions does.
	Rows bool
}

// FormatOpen writes events as they came, a line each, in the order of their
// times, so that they are an input that is not out of order. It writes nothing
// before the end of the input.
//
// PCollection<[]order.Event> -> PCollection<order.Message>. The Source of an event is the name
// of the rule in which it is open, if that has one.
func FormatOpen(s beam.Scope, open beam.PCollection, f OpenFormat) beam.PCollection {
	s = s.Scope("transforms.FormatOpen")
	return beam.ParDo(s, &mergeOpenFn{Format: f}, beam.GroupByKey(s, beam.ParDo(s, packOpen, open)))
}

// kind returns how the line of an event is written.
func (f OpenFormat) kind(e *shard.Event) order.OpenKind {
	switch {
	case f.ForPeople:
		return order.OpenForPeople
	case f.Rows && e.Row:
		return order.OpenRow
	}
	return order.OpenEvent
}

// packOpen sorts a block of events and encodes it: the time of the first one, 8 bytes,
// then a shard.Batch. All have the same key, to be sorted in one place.
func packOpen(events []order.Event) (int, []byte) {
	slices.SortFunc(events, func(a, b order.Event) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), bytes.Compare(a.Raw, b.Raw))
	})
	var batch shard.Batch
	for i := range events {
		e := &events[i]
		batch.Add(&shard.Event{
			Key:    order.Key(e.UserID, e.OrderID),
			Event:  cep.Event{Type: e.Type, ID: e.ID, Time: e.Time, Data: e.Raw, Row: e.Mark == order.MarkRow, Ref: e.Ref},
			Source: e.Source,
		})
	}
	return 0, append(binary.BigEndian.AppendUint64(nil, uint64(events[0].Time)), batch.Bytes()...)
}

// mergeOpenFn merges blocks of events. It unpacks a block when the time of its first
// event has come, so that it has few of them in memory at a time.
type mergeOpenFn struct{ Format OpenFormat }

func (f *mergeOpenFn) ProcessElement(_ int, packed func(*[]byte) bool, emit func(order.Message)) error {
	var blocks openBlocks
	for b := []byte(nil); packed(&b); b = nil {
		if len(b) < 8 {
			return fmt.Errorf("transforms: block of open events of %d bytes: want at least 8", len(b))
		}
		blocks = append(blocks, openEvents{first: int64(binary.BigEndian.Uint64(b)), packed: b[8:]})
	}
	heap.Init(&blocks)
	for len(blocks) > 0 {
		b := &blocks[0]
		if b.packed != nil {
			if err := b.unpack(); err != nil {
				return err
			}
		} else {
			m, err := f.Format.message(&b.events[0])
			if err != nil {
				return err
			}
			emit(m)
			b.events = b.events[1:]
		}
		if len(b.events) == 0 {
			heap.Pop(&blocks)
		} else {
			heap.Fix(&blocks, 0)
		}
	}
	return nil
}

func (f OpenFormat) message(e *shard.Event) (order.Message, error) {
	user, id, err := order.SplitKey(e.Key)
	body := e.Data
	if kind := f.kind(e); kind != order.OpenEvent {
		body = order.AppendOpen(nil, kind, e.Source, e.Data)
	}
	m := order.Message{Body: body, Outcome: "open", ID: bodyID(e.Data), UserID: user, OrderID: id}
	if e.Ref != 0 {
		m.Refs = []uint64{e.Ref}
	}
	return m, err
}

// openEvents is a block of events: packed, or those that are not written yet.
type openEvents struct {
	first  int64 // time of the first event, while they are packed
	packed []byte
	events []shard.Event
}

func (b *openEvents) unpack() (err error) {
	_, b.events, err = shard.DecodeBatch(b.packed)
	b.packed = nil
	return err
}

func (b *openEvents) time() int64 {
	if b.packed != nil {
		return b.first
	}
	return b.events[0].Time
}

// openBlocks is a heap, the block with the earliest event first. Of those with the same
// time a packed one comes first, as what its event is like is not known before.
type openBlocks []openEvents

func (h openBlocks) Len() int { return len(h) }
func (h openBlocks) Less(i, j int) bool {
	a, b := &h[i], &h[j]
	if a, b := a.time(), b.time(); a != b {
		return a < b
	}
	if a.packed != nil || b.packed != nil {
		return a.packed != nil
	}
	return bytes.Compare(a.events[0].Data, b.events[0].Data) < 0
}
func (h openBlocks) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *openBlocks) Push(x any)   { *h = append(*h, x.(openEvents)) }
func (h *openBlocks) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
