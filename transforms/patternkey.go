package transforms

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

func init() {
	register.DoFn5x0[beam.EventTime, string, cep.Event, func(beam.EventTime, int64, []byte), func(PatternReject)](&patternKeyFn{})
}

// patternKeyFn is keyFn for events that are no orders. An event that is none is a reject.
//
// PCollection<KV<string, cep.Event>> -> PCollection<KV<int64, []byte>>, PCollection<PatternReject>
type patternKeyFn struct {
	Config PatternConfig

	gatherer
	objects         bool // the data is to be that of JSON objects
	read, malformed int64
}

func (f *patternKeyFn) Setup() {
	f.setup(int64(f.Config.match().Shards), 0, "")
	f.objects = f.Config.hasConditions()
}

// StartBundle drops what a failed bundle may have left.
func (f *patternKeyFn) StartBundle(_ func(beam.EventTime, int64, []byte), _ func(PatternReject)) {
	f.start()
	f.read, f.malformed = 0, 0
}

// ProcessElement adds an event without a place in time, which its shard gives it.
func (f *patternKeyFn) ProcessElement(at beam.EventTime, key string, e cep.Event, emit func(beam.EventTime, int64, []byte), reject func(PatternReject)) {
	f.read++
	f.first = min(f.first, at)
	e = cep.Event{Type: e.Type, ID: e.ID, Time: e.Time, Data: e.Data}
	if e.Time == 0 {
		e.Time = at.Milliseconds()
	}
	if why := f.fault(key, &e); why != "" {
		f.malformed++
		reject(PatternReject{Key: key, Event: e, Reason: order.Malformed, Error: why})
		return
	}
	f.add(key, &shard.Event{Key: key, Event: e}, emit)
}

// fault returns why an event is none, "" if it is one.
func (f *patternKeyFn) fault(key string, e *cep.Event) string {
	size := len(key) + len(e.Type) + len(e.ID) + len(e.Data)
	switch {
	case e.Time < order.MinTime || e.Time >= order.MaxTime:
		return fmt.Sprintf("time: %d ms: want one from 1970 to 9999, of the event or its element", e.Time)
	case size > order.MaxLine:
		return fmt.Sprintf("key, type, id and data have %d bytes: want at most %d", size, order.MaxLine)
	case f.objects && len(e.Data) > 0 && !isObject(e.Data):
		return "data: want a JSON object, as the pattern has conditions"
	}
	return ""
}

func isObject(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{")) && json.Valid(data)
}

func (f *patternKeyFn) FinishBundle(ctx context.Context, emit func(beam.EventTime, int64, []byte), _ func(PatternReject)) {
	f.finish(emit)
	count.Beam(ctx, count.Read, f.read)
	count.Beam(ctx, count.Malformed, f.malformed)
}
