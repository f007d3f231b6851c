package transforms

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
)

func init() {
	register.DoFn3x0[string, func(beam.EventTime, []order.Event), func(order.Reject)](&decodeFn{})
	register.Emitter2[beam.EventTime, []order.Event]()
}

// Decode reads events from lines of JSON, for lines that come from another source
// than those of this module (which decode by themselves, as they need the time):
//
//	PCollection<string> -> PCollection<[]order.Event>, PCollection<order.Reject>
//
// An event is a block of its own. It has its event time as timestamp, and no place
// in time yet (its At is zero). A blank line is nothing; one that is no event is a reject.
func Decode(s beam.Scope, lines beam.PCollection, c order.DecoderConfig) (events, rejects beam.PCollection) {
	s = s.Scope("transforms.Decode")
	return beam.ParDo2(s, &decodeFn{Config: c}, lines)
}

type decodeFn struct {
	Config order.DecoderConfig

	decoder         *order.Decoder
	read, malformed int64
}

func (f *decodeFn) Setup() {
	f.decoder = f.Config.Decoder()
}

func (f *decodeFn) StartBundle(_ func(beam.EventTime, []order.Event), _ func(order.Reject)) {
	f.read, f.malformed = 0, 0
}

func (f *decodeFn) ProcessElement(line string, event func(beam.EventTime, []order.Event), reject func(order.Reject)) {
	record := []byte(line)
	if order.IsBlank(record) {
		return
	}
	f.read++
	e, err := f.decoder.JSON(record)
	if err != nil {
		f.malformed++
		reject(order.NewReject(order.Malformed, err.Error(), "", 0, record))
		return
	}
	event(beam.EventTime(e.Time), []order.Event{e})
}

func (f *decodeFn) FinishBundle(ctx context.Context, _ func(beam.EventTime, []order.Event), _ func(order.Reject)) {
	count.Beam(ctx, count.Read, f.read)
	count.Beam(ctx, count.Malformed, f.malformed)
}
