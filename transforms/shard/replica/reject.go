package replica

import (
	"fmt"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

// Rejects gives emit the events that were put aside, or none where nobody reads them.
func (c *Chunk) Rejects(emit func(order.Reject)) {
	if c.config.RejectsUnread {
		return
	}
	for i := range c.Output.Rejects {
		r := rejectOf(&c.Output.Rejects[i])
		r.Rule = c.config.Rules[c.Output.Rejects[i].Rule].Name
		emit(r)
	}
	for i := range c.Output.Overflowed {
		o := &c.Output.Overflowed[i]
		r := order.NewReject(order.Overflow, WhyOverflow(o), "", 0, o.First.Data)
		r.Rule = c.config.Rules[c.Output.Rule].Name
		emit(r)
	}
}

// WhyOverflow says in a line which bound has ended a run, and which flag sets it. The words
// are the same for all runs with the same bound.
func WhyOverflow(o *cep.Overflow) string {
	switch o.Bound {
	case cep.Length:
		return fmt.Sprintf("the run was ended, as it would have taken more than %d events: want a pattern that ends sooner", o.Most)
	case cep.Kept:
		return fmt.Sprintf("the run was ended, as the runs of its order would have taken more than %d events: want a pattern that ends sooner", o.Most)
	case cep.Given:
		return fmt.Sprintf("the run was ended, as one event would have given matches of more than %d events: want a pattern that leaves less choice", o.Most)
	}
	return fmt.Sprintf("the run was ended, as its order would have had more than %d branches: want a pattern with fewer, or -max-branches", o.Most)
}

// rejectOf says in a line why an event was put aside.
func rejectOf(r *shard.Reject) order.Reject {
	reason, text := Why(r)
	if reason == order.Late {
		text = fmt.Sprintf("%s at %s is too late: the watermark had reached %s", r.Type, order.FormatTime(r.Time), order.FormatTime(r.At))
	}
	reject := order.NewReject(reason, text, r.Source, r.Line, r.Data)
	if r.Ref != 0 {
		reject.Refs = []uint64{r.Ref}
	}
	return reject
}

// Why says why an event was put aside. The words are the same for all events of a class
// and type, but for whether they were delivered before (shard.Reject.Redelivered).
func Why(r *shard.Reject) (order.Reason, string) {
	switch {
	case r.Class == cep.Late:
		return order.Late, r.Type + " is too late: the watermark had passed it"
	case r.Class == cep.Orphan:
		return order.Orphan, r.Type + " without an open run of its order"
	case r.Redelivered:
		return order.Duplicate, r.Type + " delivered again"
	}
	return order.Duplicate, r.Type + " while the run of its order is open"
}
