package beamfix

import "sync"

// What is wrong: when a checkpoint is complete, Flink finalizes all bundles that have
// ended by then. Some ended after the checkpoint was taken, and only the next one will
// have them (Beam 2.70.0 to 2.77.0, runners/flink,
// ExecutableStageDoFnOperator.notifyCheckpointComplete). What they had handed out was
// lost where a worker died right then.
//
// What is done: what a bundle has handed out is kept one round longer, until a bundle is
// finalized that has ended since. A later checkpoint did that, and all later checkpoints
// have what was kept.
//
// When to delete it: when Flink finalizes only what the checkpoint has. The test of a
// killed worker on Flink then goes on passing with [Bundle.OnEnd] alone.

// Commits keeps what the bundles of one source have handed out until it is sure that the
// runner has committed it. Its functions are set before it is used.
type Commits[E any] struct {
	// Committed gets what is committed for sure. It must not block.
	Committed func([]E)
	// Lost gets what bundles that failed, or were dropped, have handed out. It must not
	// block.
	Lost func([]E)

	mu      sync.Mutex
	last    int64 // the number of the last bundle that has ended
	waiting []commit[E]
}

// commit is what a bundle has handed out, and the last bundle that had ended when it
// was finalized.
type commit[E any] struct {
	handed []E
	last   int64
}

// End takes what a bundle has handed out, when it ends. A bundle that has handed out
// nothing counts too: its end may be what another one waits for.
func (c *Commits[E]) End(b Bundle, handed []E) {
	if len(handed) == 0 && !c.pending() {
		return
	}
	number := c.number()
	b.OnEnd(func(committed bool) {
		if !committed {
			c.Lost(handed)
			return
		}
		c.Committed(c.finalized(number, handed))
	})
}

// Drop gives up all that waits: the pipeline starts again from a checkpoint that may not
// have it.
func (c *Commits[E]) Drop() {
	if rest := c.drop(); len(rest) > 0 {
		c.Lost(rest)
	}
}

// number returns the number of a bundle that ends.
func (c *Commits[E]) number() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	return c.last
}

// pending reports whether anything waits for another bundle to be finalized.
func (c *Commits[E]) pending() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiting) > 0
}

// finalized takes what a bundle has handed out, and returns what can be let go of.
func (c *Commits[E]) finalized(number int64, handed []E) (committed []E) {
	c.mu.Lock()
	defer c.mu.Unlock()
	rest := c.waiting[:0]
	for _, w := range c.waiting {
		if w.last < number {
			committed = append(committed, w.handed...)
		} else {
			rest = append(rest, w)
		}
	}
	c.waiting = rest
	if len(handed) > 0 {
		c.waiting = append(c.waiting, commit[E]{handed, c.last})
	}
	return committed
}

// drop returns all that waits, and waits for it no more.
func (c *Commits[E]) drop() (rest []E) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.waiting {
		rest = append(rest, w.handed...)
	}
	c.waiting = nil
	return rest
}
