package replica

import (
	"sync"
	"sync/atomic"
)

// Cache has the replicas of a run that a process keeps in memory between bundles. A bundle
// takes a replica out, and puts it back when it is done with it, so no two bundles have
// the same one. Its methods may be called from any goroutine.
type Cache struct {
	bundles atomic.Int64 // how many have begun

	mu     sync.Mutex
	found  map[place]*replica
	closed bool
}

// place is where a replica is kept.
type place struct {
	step  string // the id of the stateful step
	shard int64
}

// maxReplicas bounds the replicas of a process. One that loses its place costs its next
// bundle the reading of its log.
const maxReplicas = 1 << 10

// NewCache returns an empty cache. Close it when the run has ended.
func NewCache() *Cache { return &Cache{found: map[place]*replica{}} }

// Close forgets all replicas, once nothing is at work on them. A cache that was closed
// keeps nothing. It always returns nil: an error of the work would come again to whoever
// reads the log.
func (c *Cache) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, r := range c.found {
		_ = r.wait()
	}
	clear(c.found)
	return nil
}

// take takes out a replica, nil if there is none. Work on it has ended. Its log may have
// gone on without it: see Shards.verify.
func (c *Cache) take(at place) (*replica, error) {
	c.mu.Lock()
	r := c.found[at]
	delete(c.found, at)
	c.mu.Unlock()
	if r == nil {
		return nil, nil
	}
	return r, r.wait()
}

// put puts a replica back. If there are too many, any other one goes.
func (c *Cache) put(at place, r *replica) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	if len(c.found) >= maxReplicas {
		for other := range c.found {
			delete(c.found, other)
			break
		}
	}
	c.found[at] = r
}
