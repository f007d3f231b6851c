package transforms

import (
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/order"
)

func init() {
	register.DoFn2x0[*order.Event, func(string, *order.Event)](&keyFn{})
	register.Emitter2[string, *order.Event]()
}

// KeyByUser keys each event by its user id, or by its order id where it has no
// user. With byOrder it keys all events by their order id, for payments that do
// not name the user.
//
// PCollection<*order.Event> -> PCollection<KV<string, *order.Event>>
func KeyByUser(s beam.Scope, events beam.PCollection, byOrder bool) beam.PCollection {
	s = s.Scope("transforms.KeyByUser")
	return beam.ParDo(s, &keyFn{ByOrder: byOrder}, events)
}

type keyFn struct{ ByOrder bool }

// ProcessElement gives a punctuation, which has no ids, the key "".
func (f *keyFn) ProcessElement(e *order.Event, emit func(string, *order.Event)) {
	key := e.UserID
	if key == "" || f.ByOrder {
		key = e.OrderID
	}
	emit(key, e)
}
