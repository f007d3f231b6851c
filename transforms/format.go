package transforms

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/order"
)

func init() {
	register.Function1x1(formatOutcome)
	register.Function1x1(formatReject)
	register.DoFn3x0[int, func(**order.Event) bool, func(order.Message)](&sortEventsFn{})
	register.Emitter1[order.Message]()
	register.Iter1[*order.Event]()
}

// FormatOutcomes writes outcomes as lines of JSON.
//
// PCollection<*order.Outcome> -> PCollection<order.Message>
func FormatOutcomes(s beam.Scope, outcomes beam.PCollection) beam.PCollection {
	s = s.Scope("transforms.FormatOutcomes")
	return beam.ParDo(s, formatOutcome, outcomes)
}

// FormatRejects writes rejects as lines of JSON.
//
// PCollection<order.Reject> -> PCollection<order.Message>
func FormatRejects(s beam.Scope, rejects beam.PCollection) beam.PCollection {
	s = s.Scope("transforms.FormatRejects")
	return beam.ParDo(s, formatReject, rejects)
}

// FormatOpen writes events as they came, a line each, in the order of their
// times, so that they are an input that is not out of order. It holds all of
// them and writes nothing before the end of the input.
//
// PCollection<*order.Event> -> PCollection<order.Message>
func FormatOpen(s beam.Scope, open beam.PCollection) beam.PCollection {
	s = s.Scope("transforms.FormatOpen")
	return beam.ParDo(s, &sortEventsFn{}, beam.GroupByKey(s, beam.AddFixedKey(s, open)))
}

func formatOutcome(o *order.Outcome) order.Message {
	return order.Message{Body: o.JSON(), Outcome: string(o.Kind), ID: o.ID, UserID: o.UserID, OrderID: o.OrderID, Refs: o.Refs}
}

func formatReject(r order.Reject) order.Message {
	body := r.AppendJSON(nil)
	return order.Message{Body: body, Outcome: "reject", ID: bodyID(body), Refs: r.Refs}
}

// bodyID returns an id for a message that has none of its own.
func bodyID(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}

type sortEventsFn struct{}

func (*sortEventsFn) ProcessElement(_ int, events func(**order.Event) bool, emit func(order.Message)) {
	var all []*order.Event
	for e := new(order.Event); events(&e); e = new(order.Event) {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *order.Event) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), bytes.Compare(a.Raw, b.Raw))
	})
	for _, e := range all {
		m := order.Message{Body: e.Raw, Outcome: "open", ID: bodyID(e.Raw), UserID: e.UserID, OrderID: e.OrderID}
		if e.Ref != 0 {
			m.Refs = []uint64{e.Ref}
		}
		emit(m)
	}
}
