package transforms

import (
	"fmt"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

// outcome returns the outcome of a run that has ended as a match or a timeout.
func (f *matchFn) outcome(e *shard.Ended) (order.Outcome, error) {
	user, id, err := f.orderOf(e)
	if err != nil {
		return order.Outcome{}, err
	}
	pattern, first := f.prog.Pattern(), &e.Run[0]
	o := order.Outcome{
		Kind:      order.Timeout,
		ID:        order.OutcomeID(f.prog.Text(), e.Key, first.Time, first.ID),
		UserID:    user,
		OrderID:   id,
		CreatedAt: first.Time,
		Deadline:  first.Time + pattern.Within.Milliseconds(),
		Events:    f.stepEvents(len(e.Run)),
		Refs:      e.Run.Refs(),
	}
	if e.How == cep.Matched {
		o.Kind, o.PaidAt = order.Success, e.Run[len(e.Run)-1].Time
	}
	for i := range e.Run {
		o.Events[i] = order.StepEvent{Step: pattern.Steps[i].Type, Raw: e.Run[i].Data}
	}
	return o, nil
}

// stepEvents returns memory for the events of an outcome, of which many share an
// allocation.
func (f *matchFn) stepEvents(n int) []order.StepEvent {
	if len(f.events) < n {
		f.events = make([]order.StepEvent, max(n, 512))
	}
	events := f.events[:n:n]
	f.events = f.events[n:]
	return events
}

// orderOf returns the ids of a run's order. Where the order is known by its id
// alone, the user is that of the run's first event.
func (f *matchFn) orderOf(e *shard.Ended) (user, id string, err error) {
	user, id, err = order.SplitKey(e.Key)
	if err == nil && f.Config.ByOrder {
		var first order.Event
		first, err = new(order.Decoder).JSON(e.Run[0].Data)
		user = first.UserID
	}
	return user, id, err
}

// openEvents sends the events of a run that is still open.
func (f *matchFn) openEvents(e *shard.Ended, open func(*order.Event)) error {
	user, id, err := f.orderOf(e)
	if err != nil {
		return err
	}
	for i := range e.Run {
		t := &e.Run[i]
		open(&order.Event{UserID: user, OrderID: id, Type: f.prog.Pattern().Steps[i].Type, ID: t.ID, Time: t.Time, Raw: t.Data, Ref: t.Ref})
	}
	return nil
}

// rejectOf says in a line why an event was put aside.
func rejectOf(r *shard.Reject) order.Reject {
	var reason order.Reason
	var text string
	switch {
	case r.Class == cep.Late:
		reason, text = order.Late, fmt.Sprintf("%s at %s is too late: the watermark had reached %s", r.Type, order.FormatTime(r.Time), order.FormatTime(r.At))
	case r.Class == cep.Orphan:
		reason, text = order.Orphan, r.Type+" without an open run of its order"
	case r.Redelivered:
		reason, text = order.Duplicate, r.Type+" delivered again"
	default:
		reason, text = order.Duplicate, r.Type+" while the run of its order is open"
	}
	reject := order.NewReject(reason, text, r.Source, r.Line, r.Data)
	if r.Ref != 0 {
		reject.Refs = []uint64{r.Ref}
	}
	return reject
}
