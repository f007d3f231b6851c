package pubsub

import "sync"

// commits keeps what bundles have handed out until it is sure that the runner has
// committed it, which is one round of finalizations later than it says so.
//
// When a checkpoint is complete, Flink finalizes all bundles that have ended by then,
// also those that ended after the checkpoint was taken, which only the next one will
// have (Beam 2.70.0 to 2.77.0, runners/flink, ExecutableStageDoFnOperator.
// notifyCheckpointComplete). What they had handed out was lost where a worker died
// right then. So it is kept until a bundle is finalized that has ended since: that
// is by a later checkpoint, and all checkpoints that are later have it. To be deleted
// when Flink finalizes only what a checkpoint has.
type commits struct {
	mu      sync.Mutex
	last    int64 // the number of the last bundle that has ended
	waiting []commit
}

// commit is what a bundle has handed out, and the last bundle that had ended when it
// was finalized.
type commit struct {
	blocks []*block
	last   int64
}

// number returns the number of a bundle that ends.
func (c *commits) number() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	return c.last
}

// pending reports whether anything waits for another bundle to be finalized.
func (c *commits) pending() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiting) > 0
}

// finalized takes what a bundle has handed out, and returns what can be let go of.
func (c *commits) finalized(number int64, blocks []*block) (committed []*block) {
	c.mu.Lock()
	defer c.mu.Unlock()
	rest := c.waiting[:0]
	for _, w := range c.waiting {
		if w.last < number {
			committed = append(committed, w.blocks...)
		} else {
			rest = append(rest, w)
		}
	}
	c.waiting = rest
	if len(blocks) > 0 {
		c.waiting = append(c.waiting, commit{blocks, c.last})
	}
	return committed
}

// drop returns all that waits, and waits for it no more: the pipeline starts again
// from a checkpoint that may not have it.
func (c *commits) drop() (rest []*block) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.waiting {
		rest = append(rest, w.blocks...)
	}
	c.waiting = nil
	return rest
}
