package transforms

import (
	"unsafe"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
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
	return beam.ParDo(s, &keyFn{Shards: int64(c.Shards), ByOrder: c.ByOrder, Orderless: c.Orderless, Slack: c.WatermarkSlack.Milliseconds(), Run: c.Run}, events)
}

type keyFn struct {
	Shards  int64
	ByOrder bool
	// Orderless is that of MatchConfig.
	Orderless bool
	Slack     int64 // milliseconds; see MatchConfig.WatermarkSlack
	Run       string

	gatherer
	key []byte // of the order of the event at hand
}

func (f *keyFn) Setup() { f.setup(f.Shards, f.Slack, f.Run) }

// StartBundle drops what a failed bundle may have left.
func (f *keyFn) StartBundle(_ func(beam.EventTime, int64, []byte)) { f.start() }

func (f *keyFn) ProcessElement(at beam.EventTime, events []order.Event, emit func(beam.EventTime, int64, []byte)) {
	f.first = min(f.first, at)
	for i := range events {
		switch e := &events[i]; e.Mark {
		case order.MarkWatermark:
			f.promise = max(f.promise, e.At)
		case order.MarkFirstWatermark:
			for i := range f.batches {
				f.batches[i].PromiseEmpty(at.Milliseconds()-f.slack, e.At)
			}
		case order.MarkGoOn:
			for i := range f.batches {
				f.batches[i].GoOn(at.Milliseconds() - f.slack)
			}
		case order.MarkPoint:
			for i := range f.batches {
				f.batches[i].Point(at.Milliseconds()-f.slack, e.At, e.Line)
			}
		case order.MarkEnd:
			for i := range f.batches {
				f.batches[i].End(at.Milliseconds()-f.slack, e.Time, e.At)
			}
		case order.MarkCut:
			for i := range f.batches {
				f.batches[i].Cut(at.Milliseconds()-f.slack, e.Time, e.At, e.Line)
			}
		default:
			f.addOrder(e, emit)
		}
	}
}

func (f *keyFn) addOrder(e *order.Event, emit func(beam.EventTime, int64, []byte)) {
	user, key := e.UserID, e.UserID
	if f.ByOrder {
		user = ""
	}
	keyless := f.Orderless && e.OrderID == ""
	if key == "" || f.ByOrder && !keyless {
		key = e.OrderID
	}
	if f.key = order.AppendKey(f.key[:0], user, e.OrderID); keyless {
		f.key = f.key[:0] // no key of these rules: see shard.Rules
	}
	f.add(key, &shard.Event{
		Key:    unsafe.String(unsafe.SliceData(f.key), len(f.key)), // Add copies it
		Event:  cep.Event{Type: e.Type, ID: e.ID, Time: e.Time, At: e.At, Data: e.Raw, Row: e.Mark == order.MarkRow, Ref: e.Ref},
		Source: e.Source, Line: e.Line,
	}, emit)
}

func (f *keyFn) FinishBundle(emit func(beam.EventTime, int64, []byte)) { f.finish(emit) }
