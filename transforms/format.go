package transforms

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/order"
)

func init() {
	register.DoFn2x0[order.Outcome, func(string)](&formatOutcomeFn{})
	register.Function1x1(formatReject)
	register.DoFn3x0[int, func(**order.Event) bool, func(string)](&sortEventsFn{})
	register.Emitter1[string]()
	register.Iter1[*order.Event]()
}

// FormatOutcomes writes outcomes as lines of JSON.
//
// PCollection<order.Outcome> -> PCollection<string>
func FormatOutcomes(s beam.Scope, outcomes beam.PCollection) beam.PCollection {
	s = s.Scope("transforms.FormatOutcomes")
	return beam.ParDo(s, &formatOutcomeFn{}, outcomes)
}

// FormatRejects writes rejects as lines of JSON.
//
// PCollection<order.Reject> -> PCollection<string>
func FormatRejects(s beam.Scope, rejects beam.PCollection) beam.PCollection {
	s = s.Scope("transforms.FormatRejects")
	return beam.ParDo(s, formatReject, rejects)
}

// FormatOpen writes events as they came, a line each, in the order of their
// times, so that they are an input that is not out of order. It holds all of
// them and writes nothing before the end of the input.
//
// PCollection<*order.Event> -> PCollection<string>
func FormatOpen(s beam.Scope, open beam.PCollection) beam.PCollection {
	s = s.Scope("transforms.FormatOpen")
	return beam.ParDo(s, &sortEventsFn{}, beam.GroupByKey(s, beam.AddFixedKey(s, open)))
}

type formatOutcomeFn struct{ buf []byte }

func (f *formatOutcomeFn) ProcessElement(o order.Outcome, emit func(string)) {
	f.buf = o.AppendJSON(f.buf[:0])
	emit(string(f.buf))
}

func formatReject(r order.Reject) string { return string(r.AppendJSON(nil)) }

type sortEventsFn struct{}

func (*sortEventsFn) ProcessElement(_ int, events func(**order.Event) bool, emit func(string)) {
	var all []*order.Event
	for e := new(order.Event); events(&e); e = new(order.Event) {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *order.Event) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), bytes.Compare(a.Raw, b.Raw))
	})
	for i := range all {
		emit(string(all[i].Raw))
	}
}
