package process

import "sync/atomic"

// Set sets a gauge. Package count has the names.
func (r *Run) Set(name string, value int64) { r.counter(name).Store(value) }

// Count adds to a counter or gauge of this process, which show how far the run is while
// the pipeline works. A bundle that is repeated counts twice here, and not in Beam's
// counters.
func (r *Run) Count(name string, n int64) {
	if n != 0 {
		r.counter(name).Add(n)
	}
}

func (r *Run) counter(name string) *atomic.Int64 {
	c, ok := r.counters.Load(name)
	if !ok {
		c, _ = r.counters.LoadOrStore(name, new(atomic.Int64))
	}
	return c.(*atomic.Int64)
}

// Counters returns the counters and gauges of this process by name.
func (r *Run) Counters() map[string]int64 {
	all := map[string]int64{}
	r.counters.Range(func(name, c any) bool {
		all[name.(string)] = c.(*atomic.Int64).Load()
		return true
	})
	return all
}
