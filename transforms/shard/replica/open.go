package replica

import "ordertimeout/transforms/order"

// The size of a block of open events, in events and in bytes of theirs. A runner costs
// much for each element, and its elements must not be too large.
const (
	openBlock      = 4096
	openBlockBytes = 512 << 10
)

// Open gives emit the events of the runs that are still open at the end of the input, with the
// name of their rule as Source, and those that the end leaves undecided, in blocks that emit
// may keep.
func (c *Chunk) Open(emit func([]order.Event)) error {
	out := &c.Output
	blocks := openBlocks{most: min(openBlock, len(out.Open)+len(out.Undecided)), emit: emit}
	rule := c.config.Rules[out.Rule].Name
	for i := range out.Open {
		e := &out.Open[i]
		user, id, err := c.config.orderOf(e.Key, &e.Run[0])
		if err != nil {
			return err
		}
		for i := range e.Run {
			t := &e.Run[i]
			blocks.add(order.Event{UserID: user, OrderID: id, Type: t.Type, ID: t.ID, Time: t.Time, Raw: t.Data, Mark: markOf(t.Row), Ref: t.Ref, Source: rule})
		}
	}
	if c.config.Further {
		out.Undecided = nil // another step gives them
	}
	for i := range out.Undecided {
		e := &out.Undecided[i]
		blocks.add(order.Event{Type: e.Type, ID: e.ID, Time: e.Time, Raw: e.Data, Mark: markOf(e.Row), Ref: e.Ref})
	}
	blocks.flush()
	return nil
}

// markOf returns the mark of an event, by whether it is a row.
func markOf(row bool) order.Mark {
	if row {
		return order.MarkRow
	}
	return 0
}

// openBlocks gathers events into blocks.
type openBlocks struct {
	most  int // events to expect in a block
	emit  func([]order.Event)
	block []order.Event
	size  int // in bytes
}

func (b *openBlocks) add(e order.Event) {
	if b.block == nil {
		b.block = make([]order.Event, 0, b.most)
	}
	b.block = append(b.block, e)
	if b.size += len(e.Raw); b.size >= openBlockBytes || len(b.block) == openBlock {
		b.flush()
	}
}

func (b *openBlocks) flush() {
	if len(b.block) > 0 {
		b.emit(b.block)
		b.block, b.size = nil, 0
	}
}
