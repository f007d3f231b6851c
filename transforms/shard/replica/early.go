package replica

// early is the part of a replica that is at work in the background: it adds a batch to
// the shard, and begins a tick before its timer fires.
//
// The work goes on while the bundle writes the batch to the log, while the runner passes
// from the batches to their timers, and while other shards send what came of theirs. An
// embedded runner works one bundle of a stage at a time, so that otherwise only one
// processor would be busy.
type early struct {
	// working gives the error of the work in the background, and is nil while there is
	// none. Until it has given it, nothing else of the replica's shard may be used.
	working chan error
	// tick was begun before its timer, noTick without one. The log does not have it yet.
	tick int64
	// chunk is the first chunk of that tick, and spare is memory for the next one.
	chunk, spare *Chunk
	// snapshot is the shard's after that tick, nil where none is due.
	snapshot []byte
}

// begin adds a batch to the shard in the background and begins the tick that is due after
// it, unless that is noTick or one was begun before. It also makes the snapshot that
// replaces a log which gets larger than maxLog.
func (r *replica) begin(batch []byte, tick int64, maxLog int) {
	r.working, r.snapshot = make(chan error, 1), nil
	snapshot := r.logSize+len(batch) > maxLog
	if r.early.tick == noTick {
		r.early.tick = tick
	} else {
		tick = noTick // chunk is taken
	}
	go func(done chan<- error) {
		err := r.shard.Add(batch)
		if err == nil && tick != noTick {
			err = r.work(tick, r.chunk)
			if snapshot && !r.chunk.more {
				r.snapshot = r.shard.Snapshot()
			}
		}
		done <- err
	}(r.working)
}

// wait waits for the work in the background and returns its error.
func (r *replica) wait() error {
	if r.working == nil {
		return nil
	}
	err := <-r.working
	r.working = nil
	return err
}

// alongside does g in the background of f, and returns when both have ended. It waits for
// g also where f panics, which is how Beam's emitters say that a later step has failed
// (2.77.0, register/emitter.go:64). So nothing of a failed bundle is at work after it.
func alongside(f, g func() error) (err error) {
	done := make(chan error, 1)
	go func() { done <- g() }()
	defer func() {
		if failed := <-done; err == nil {
			err = failed
		}
	}()
	return f()
}
