package process

import "sync/atomic"

// Set sets a gauge.
func (r *Run) Set(name string, value int64) {
	if r != nil {
		r.counter(name).Store(value)
	}
}

// Count adds to a live counter or gauge: what -metrics and the progress line
// show while the pipeline runs. A bundle that is repeated counts twice here, and
// not in Beam's counters.
func (r *Run) Count(name string, n int64) {
	if r != nil && n != 0 {
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

// Counters returns the live counters and gauges by name.
func (r *Run) Counters() map[string]int64 {
	all := map[string]int64{}
	if r != nil {
		r.counters.Range(func(name, c any) bool {
			all[name.(string)] = c.(*atomic.Int64).Load()
			return true
		})
	}
	return all
}
