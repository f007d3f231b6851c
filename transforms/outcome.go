package transforms

import (
	"fmt"
	"slices"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

// maker makes outcomes of runs. It is an image's own, as those of several shards
// work at a time (see image.add).
type maker struct {
	prog    *cep.Prog
	byOrder bool
	unread  []order.Kind

	rejectsUnread bool

	events []order.StepEvent // memory for outcomes
	page   []byte            // what they are rendered to
}

// pageSize is the size of a page in bytes, of which an outcome takes some 400. It
// may be longer than a page.
const pageSize = 64 << 10

// outcomes returns the outcomes of runs that have ended as matches or timeouts,
// rendered.
func (m *maker) outcomes(ended []shard.Ended) ([]order.Outcome, error) {
	made := make([]order.Outcome, 0, len(ended))
	for i := range ended {
		if i%ahead == 0 {
			touch(ended[i:min(len(ended), i+ahead)])
		}
		e := &ended[i]
		if slices.Contains(m.unread, kindOf(e)) {
			continue
		}
		o, err := m.outcome(e)
		if err != nil {
			return nil, err
		}
		if cap(m.page)-len(m.page) < pageSize/16 {
			m.page = make([]byte, 0, pageSize)
		}
		m.page = o.Render(m.page)
		made = append(made, o)
	}
	return made, nil
}

// ahead is how many runs are looked at at a time, before outcomes are made of them.
const ahead = 16

// touch brings the events of runs into the cache: they came minutes ago, and their
// reads do not depend on each other, so that their cache misses overlap. What it
// returns is of no use but that all has to be read for it.
//
//go:noinline
func touch(ended []shard.Ended) (read byte) {
	for i := range ended {
		for j := range ended[i].Run {
			if data := ended[i].Run[j].Data; len(data) > 0 {
				read ^= data[0] ^ data[len(data)-1]
			}
		}
	}
	return read
}

func kindOf(e *shard.Ended) order.Kind {
	if e.How == cep.Matched {
		return order.Success
	}
	return order.Timeout
}

func (m *maker) outcome(e *shard.Ended) (order.Outcome, error) {
	user, id, err := m.orderOf(e)
	if err != nil {
		return order.Outcome{}, err
	}
	pattern, first := m.prog.Pattern(), &e.Run[0]
	o := order.Outcome{
		Kind:      kindOf(e),
		ID:        order.OutcomeID(m.prog.Text(), e.Key, first.Time, first.ID),
		UserID:    user,
		OrderID:   id,
		CreatedAt: first.Time,
		Deadline:  first.Time + pattern.Within.Milliseconds(),
		Events:    m.stepEvents(len(e.Run)),
		Refs:      e.Run.Refs(),
	}
	if o.Kind == order.Success {
		o.PaidAt = e.Run[len(e.Run)-1].Time
	}
	for i := range e.Run {
		o.Events[i] = order.StepEvent{Step: pattern.Steps[i].Type, Raw: e.Run[i].Data}
	}
	return o, nil
}

// stepEvents returns memory for the events of an outcome, of which many share an
// allocation.
func (m *maker) stepEvents(n int) []order.StepEvent {
	if len(m.events) < n {
		m.events = make([]order.StepEvent, max(n, 512))
	}
	events := m.events[:n:n]
	m.events = m.events[n:]
	return events
}

// orderOf returns the ids of a run's order. Where the order is known by its id
// alone, the user is that of the run's first event.
func (m *maker) orderOf(e *shard.Ended) (user, id string, err error) {
	user, id, err = order.SplitKey(e.Key)
	if err == nil && m.byOrder {
		var first order.Event
		first, err = new(order.Decoder).JSON(e.Run[0].Data)
		user = first.UserID
	}
	return user, id, err
}

// openBlock is the size of a block of open events, in events and in bytes of theirs.
// One by one they were a third of the time of a replay that leaves 130,000 orders
// open, and with 950,000 three quarters.
const (
	openBlock      = 4096
	openBlockBytes = 512 << 10
)

// open sends the events of the runs that are still open at the end of the input, and
// those that nothing can be said of.
func (m *maker) open(out *shard.Output, open func([]order.Event)) error {
	var block []order.Event
	size := 0
	add := func(e order.Event) {
		if block == nil {
			block = make([]order.Event, 0, min(openBlock, len(out.Open)+len(out.Returned)))
		}
		block = append(block, e)
		if size += len(e.Raw); size >= openBlockBytes || len(block) == openBlock {
			open(block)
			block, size = nil, 0
		}
	}
	for i := range out.Open {
		e := &out.Open[i]
		user, id, err := m.orderOf(e)
		if err != nil {
			return err
		}
		for i := range e.Run {
			t := &e.Run[i]
			add(order.Event{UserID: user, OrderID: id, Type: m.prog.Pattern().Steps[i].Type, ID: t.ID, Time: t.Time, Raw: t.Data, Ref: t.Ref})
		}
	}
	for i := range out.Returned {
		e := &out.Returned[i]
		add(order.Event{Type: e.Type, ID: e.ID, Time: e.Time, Raw: e.Data, Ref: e.Ref})
	}
	if len(block) > 0 {
		open(block)
	}
	return nil
}

// rejects sends the rejects of a tick, or none where nobody reads them.
func (m *maker) rejects(out *shard.Output, reject func(order.Reject)) {
	if m.rejectsUnread {
		return
	}
	for i := range out.Rejects {
		reject(rejectOf(&out.Rejects[i]))
	}
}

// settled returns the Refs of what nothing is made of, those of rejects that nobody
// reads among them.
func (m *maker) settled(out *shard.Output) [][]uint64 {
	if !m.rejectsUnread {
		return out.Settled
	}
	settled := out.Settled
	for i := range out.Rejects {
		if ref := out.Rejects[i].Ref; ref != 0 {
			settled = append(settled, []uint64{ref})
		}
	}
	return settled
}

// rejectOf says in a line why an event was put aside.
func rejectOf(r *shard.Reject) order.Reject {
	reason, text := why(r)
	if reason == order.Late {
		text = fmt.Sprintf("%s at %s is too late: the watermark had reached %s", r.Type, order.FormatTime(r.Time), order.FormatTime(r.At))
	}
	reject := order.NewReject(reason, text, r.Source, r.Line, r.Data)
	if r.Ref != 0 {
		reject.Refs = []uint64{r.Ref}
	}
	return reject
}
