package replica

import "ordertimeout/transforms/shard"

// Point is the state of a shard at a carry point: see package carry.
type Point struct {
	// Number is that of the point.
	Number int64
	// State is what shard.Pack makes a record of; nil where it is that of the point before,
	// or what the shard has begun with.
	State []byte
}

// goOn makes the log of shard n that of the state that it begins with. Next of the result
// is the timer of the first tick at which that has something to do.
func (s *Shards) goOn(store Store, n int64) (*replica, Result, error) {
	var log [][]byte
	if s.config.Start != nil {
		if record := s.config.Start(n); record != nil {
			log = [][]byte{record}
		}
	}
	r, err := s.restore(log)
	if err != nil {
		return nil, Result{}, err
	}
	r.changed, r.verified = false, s.bundle
	if r.rewrite && len(log) > 0 {
		log[0], r.rewrite = r.shard.Snapshot(), false
		r.logSize, r.snapshotSize = len(log[0]), len(log[0])
	}
	for _, record := range log {
		if err := store.AddLog(record); err != nil {
			return nil, Result{}, err
		}
	}
	result := Result{Next: r.setNext(s.config.Tick), Begun: r.shard.Standing(), Removed: r.takeRemoved()}
	return r, result, r.addVersion(store, s.bundle)
}

// comeTo returns the state of the shard at the point that it is to come to, or nil where
// there is none, or something is still to be worked before it: then a timer is set for that.
func (r *replica) comeTo(tickSize int64) *Point {
	tick, _, ok := r.shard.Next()
	if r.point == 0 || r.early.tick != noTick || ok && tick <= shard.FloorTick(r.promised, tickSize) {
		return nil
	}
	p := &Point{Number: r.point}
	if r.changed {
		// With room from the start: nothing is read meanwhile, and growing costs the most of it.
		p.State = r.shard.AppendState(make([]byte, 0, r.stateSize+r.stateSize/8))
		r.stateSize = len(p.State)
	}
	r.point, r.changed = 0, false
	return p
}

// last returns the state of a shard whose input has ended, nil where that was at no carry
// point.
func (r *replica) last() *Point {
	number, state := r.shard.Carried()
	if state == nil {
		return nil
	}
	return &Point{Number: number, State: state}
}
