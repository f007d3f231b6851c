package transforms

import (
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/cespare/xxhash/v2"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/live"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

func init() {
	register.DoFn4x0[beam.EventTime, string, *order.Event, func(beam.EventTime, int64, []byte)](&batchFn{})
	register.Emitter3[beam.EventTime, int64, []byte]()
}

// maxBatch is the size in bytes, before compression, from which a batch does not
// wait for the end of the bundle. A state call costs about as much as copying
// this many bytes.
const maxBatch = 256 << 10

// BatchByShard gathers the events of a bundle by shard of their keys, so that a
// stateful step pays for its state calls once a batch and not once an event. Of
// the settings it needs Shards, ByOrder and Run.
//
// PCollection<KV<string, *order.Event>> -> PCollection<KV<int64, []byte>>, the
// shard and an encoded shard.Batch. A batch has the timestamp of its earliest
// event, which holds the watermark back.
func BatchByShard(s beam.Scope, keyed beam.PCollection, c MatchConfig) beam.PCollection {
	s = s.Scope("transforms.BatchByShard")
	return beam.ParDo(s, &batchFn{Shards: int64(c.Shards), ByOrder: c.ByOrder, Run: c.Run}, keyed)
}

type batchFn struct {
	Shards  int64
	ByOrder bool
	Run     string

	run     *live.Run
	batches []shard.Batch // by shard
}

func (f *batchFn) Setup() { f.run = live.Lookup(f.Run) }

// StartBundle drops what a failed bundle may have left.
func (f *batchFn) StartBundle(_ func(beam.EventTime, int64, []byte)) {
	if f.batches == nil {
		f.batches = make([]shard.Batch, f.Shards)
	}
	for i := range f.batches {
		f.batches[i].Reset()
	}
}

func (f *batchFn) ProcessElement(at beam.EventTime, key string, e *order.Event, emit func(beam.EventTime, int64, []byte)) {
	switch e.Mark {
	case order.MarkWatermark:
		for i := range f.batches {
			f.batches[i].Promise(e.At)
		}
		return
	case order.MarkEnd:
		for i := range f.batches {
			f.batches[i].End(at.Milliseconds(), e.Time, e.At)
		}
		return
	}
	user := e.UserID
	if f.ByOrder {
		user = ""
	}
	// The hash is stored nowhere but decides where an event's state is, so it
	// must be the same in every process.
	n := int64(xxhash.Sum64String(key) % uint64(f.Shards))
	b := &f.batches[n]
	b.Add(&shard.Event{
		Key:    order.Key(user, e.OrderID),
		Event:  cep.Event{Type: e.Type, ID: e.ID, Time: e.Time, At: e.At, Data: e.Raw},
		Source: e.Source, Line: e.Line,
	})
	if b.Len() > maxBatch {
		f.send(n, emit)
	}
}

func (f *batchFn) FinishBundle(emit func(beam.EventTime, int64, []byte)) {
	for n := range f.batches {
		if !f.batches[n].Empty() {
			f.send(int64(n), emit)
		}
	}
}

func (f *batchFn) send(n int64, emit func(beam.EventTime, int64, []byte)) {
	b := &f.batches[n]
	at := beam.EventTime(b.Min())
	data := b.Bytes()
	f.run.Sent(len(data))
	emit(at, n, data)
}
