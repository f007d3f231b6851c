package replica

import (
	"slices"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

// Chunk is a part of what comes of a tick.
type Chunk struct {
	// Output is what came out of the shard.
	Output shard.Output
	// Outcomes are made of Output.Outcomes, and rendered; kinds that nobody reads are left
	// out. They may be kept.
	Outcomes []order.Outcome

	config *Config
	more   bool // the tick has another chunk
}

// Settled returns the Refs of the events that nothing is made of, outcomes and rejects that
// nobody reads among them. They are to be let go of once the tick is done: see shard.Output. The lists
// may be kept.
func (c *Chunk) Settled() [][]uint64 {
	settled := c.Output.Settled
	if unread := c.config.Rules[c.Output.Rule].Unread; len(unread) > 0 {
		for i := range c.Output.Outcomes {
			if e := &c.Output.Outcomes[i]; len(e.Refs) > 0 && slices.Contains(unread, kindOf(e)) {
				settled = append(settled, e.Refs)
			}
		}
	}
	if !c.config.RejectsUnread {
		return settled
	}
	for i := range c.Output.Rejects {
		if ref := c.Output.Rejects[i].Ref; ref != 0 {
			settled = append(settled, []uint64{ref})
		}
	}
	return settled
}

// forget empties a chunk, and keeps its memory for another one.
func (c *Chunk) forget() {
	c.Output.Reset()
	c.Outcomes = nil // whoever was given them may keep them
}

// isOver reports whether a tick has nothing more to do.
func (r *replica) isOver(tick int64) bool {
	return tick < r.early.tick || r.early.tick == noTick && r.shard.Done(tick)
}

// work works the next chunk of a tick, and makes its outcomes.
func (r *replica) work(tick int64, c *Chunk) (err error) {
	r.snapshot = nil
	next, _, due := r.shard.Next()
	r.changed = r.changed || due && next <= tick
	c.more = r.shard.TickUpTo(tick, c.config.ChunkSize, &c.Output)
	c.Outcomes, err = r.builders[c.Output.Rule].outcomes(c.Output.Outcomes)
	return err
}

// finish hands what comes of a tick to emit, and calls write once all of it is worked. If
// the tick was begun early, its first chunk is there already. A chunk is handed on while
// the next one is worked, and the last one while write waits for the runner.
func (r *replica) finish(tick int64, emit func(*Chunk) error, write func() error) error {
	// If an earlier tick was begun early, its first chunk goes first, and the rest of it is
	// worked as a part of this one.
	more := tick > r.early.tick || r.chunk.more
	r.early.tick = noTick
	for more {
		err := alongside(
			func() error { return emit(r.chunk) },
			func() error { return r.work(tick, r.spare) })
		if err != nil {
			return err
		}
		r.chunk.forget()
		r.chunk, r.spare = r.spare, r.chunk
		more = r.chunk.more
	}
	if err := alongside(func() error { return emit(r.chunk) }, write); err != nil {
		return err
	}
	r.chunk.forget()
	return nil
}
