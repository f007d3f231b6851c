package transforms

import (
	"unsafe"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph/mtime"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/cespare/xxhash/v2"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
	"ordertimeout/transforms/shard"
)

func init() {
	register.DoFn3x0[beam.EventTime, []order.Event, func(beam.EventTime, int64, []byte)](&keyFn{})
	register.Emitter3[beam.EventTime, int64, []byte]()
}

// keyByShard gathers the events of a bundle by shard. The user id decides the shard of an
// event. The order id does so if there is no user, or if the settings say ByOrder, for
// payments that do not name the user. So a runner sees a few keys with large values, and
// the stateful step pays for its calls of state once a batch and not once an event.
//
// PCollection<[]order.Event> -> PCollection<KV<int64, []byte>>, the shard and an
// encoded shard.Batch. A batch has the timestamp of its earliest event, or of the bundle's
// earliest element where that is earlier (see send).
func keyByShard(s beam.Scope, events beam.PCollection, c MatchConfig) beam.PCollection {
	return beam.ParDo(s, &keyFn{Shards: int64(c.Shards), ByOrder: c.ByOrder, Slack: c.WatermarkSlack.Milliseconds(), Run: c.Run}, events)
}

// maxBatch is the size in bytes, before compression, from which a batch does not
// wait for the end of the bundle. A state call costs about as much as copying
// this many bytes.
const maxBatch = 512 << 10

type keyFn struct {
	Shards  int64
	ByOrder bool
	Slack   int64 // milliseconds; see MatchConfig.WatermarkSlack
	Run     string

	run     *process.Run
	batches []shard.Batch  // by shard
	first   beam.EventTime // the earliest timestamp of the bundle's elements
	promise int64          // the last promise of the bundle; see order.MarkWatermark
	key     []byte         // of the order of the event at hand
}

func (f *keyFn) Setup() { f.run = process.Of(f.Run) }

// StartBundle drops what a failed bundle may have left.
func (f *keyFn) StartBundle(_ func(beam.EventTime, int64, []byte)) {
	if f.batches == nil {
		f.batches = make([]shard.Batch, f.Shards)
	}
	for i := range f.batches {
		f.batches[i].Reset()
	}
	f.first, f.promise = mtime.MaxTimestamp, shard.NoWatermark
}

func (f *keyFn) ProcessElement(at beam.EventTime, events []order.Event, emit func(beam.EventTime, int64, []byte)) {
	f.first = min(f.first, at)
	for i := range events {
		switch e := &events[i]; e.Mark {
		case order.MarkWatermark:
			f.promise = max(f.promise, e.At)
		case order.MarkFirstWatermark:
			for i := range f.batches {
				f.batches[i].PromiseEmpty(at.Milliseconds()-f.Slack, e.At)
			}
		case order.MarkEnd:
			for i := range f.batches {
				f.batches[i].End(at.Milliseconds()-f.Slack, e.Time, e.At)
			}
		case order.MarkCut:
			for i := range f.batches {
				f.batches[i].Cut(at.Milliseconds()-f.Slack, e.Time, e.At)
			}
		default:
			f.add(e, emit)
		}
	}
}

func (f *keyFn) add(e *order.Event, emit func(beam.EventTime, int64, []byte)) {
	user, key := e.UserID, e.UserID
	if f.ByOrder {
		user = ""
	}
	if key == "" || f.ByOrder {
		key = e.OrderID
	}
	// The hash is stored nowhere but decides where an event's state is, so it
	// must be the same in every process.
	n := int64(xxhash.Sum64String(key) % uint64(f.Shards))
	b := &f.batches[n]
	f.key = order.AppendKey(f.key[:0], user, e.OrderID)
	b.Add(&shard.Event{
		Key:    unsafe.String(unsafe.SliceData(f.key), len(f.key)), // Add copies it
		Event:  cep.Event{Type: e.Type, ID: e.ID, Time: e.Time, At: e.At, Data: e.Raw, Row: e.Row, Ref: e.Ref},
		Source: e.Source, Line: e.Line,
	})
	if b.Len() > maxBatch {
		b.More()
		f.send(n, emit)
	}
}

func (f *keyFn) FinishBundle(emit func(beam.EventTime, int64, []byte)) {
	for n := range f.batches {
		if !f.batches[n].Empty() {
			f.send(int64(n), emit)
		}
	}
}

// send emits a shard's batch. Its header says when its tick is due. Its timestamp is the
// time that the source was at before the bundle. The earliest event of the batch is later,
// by the disorder of the source.
//
// The reason is that Prism takes what is pending for a key by its time. With a later
// timestamp the key's next tick would come before the batch. In a replay that tick would
// be worked by itself, though the tick of the batch makes up for it. On a live stream the
// batch would wait in the runner until the watermark reaches that tick, and would count as
// on its way, so that the source waits, too (see process.Run.Throttle).
func (f *keyFn) send(n int64, emit func(beam.EventTime, int64, []byte)) {
	b := &f.batches[n]
	at := min(beam.EventTime(b.Min()+f.Slack), f.first)
	b.Promise(f.promise)
	data := b.Bytes()
	f.run.Sent(len(data))
	emit(at, n, data)
}
