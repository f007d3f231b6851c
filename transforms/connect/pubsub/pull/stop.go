package pull

import (
	"context"
	"time"

	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/connect/pubsub/client"
)

// awaitStop stops the source once the run is to stop.
func (p *puller) awaitStop() {
	if p.run.Remote() {
		p.awaitAbsence(maxAbsence)
		return
	}
	select {
	case <-p.run.Stopping():
		p.stop(context.Background())
	case <-p.work.Done():
	}
}

// maxAbsence is how long the source may not be called in a process that has no run.
const maxAbsence = time.Minute

// awaitAbsence ends a source that the runner has not called for a while: nobody
// tells a worker that its job has ended or has gone elsewhere, and the process may
// live on. It would pull and hold what others are to get. Should the runner call it
// again, it starts anew.
func (p *puller) awaitAbsence(limit time.Duration) {
	tick := time.NewTicker(limit / 10)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-p.work.Done():
			return
		}
		p.mu.Lock()
		absent := time.Since(p.called)
		p.mu.Unlock()
		if absent > limit {
			break
		}
	}
	p.link.Drop(sourceID(p.from.ID))
	go func() { // it waits for this goroutine, too
		ctx, cancel := context.WithTimeout(context.Background(), client.RequestTime)
		defer cancel()
		p.close(ctx)
		beamfix.Abandon(p.workers)
	}()
}

// pullGrace is how long the pulls that are under way may go on at a stop. What one
// that is cancelled had leased already comes back only when the lease ends. It is
// more than the 500 ms for which the library's fake server waits for messages.
const pullGrace = 600 * time.Millisecond

// stop ends the pulls and gives back what no bundle has taken: after the pulls, one
// of which would get it again. The watermark stands still from now on, so that no
// order times out.
func (p *puller) stop(ctx context.Context) {
	p.mu.Lock()
	first := !p.stopped
	p.stopped = true
	p.clock.Freeze()
	p.room.Broadcast()
	p.mu.Unlock()
	if !first {
		return
	}
	time.AfterFunc(pullGrace, p.endPulls)
	client.Within(ctx, p.pulling.Wait)
	p.mu.Lock()
	p.pulled = true
	rest := p.queue
	if p.carrier != nil {
		rest = nil
	} else {
		p.queue, p.queued = nil, 0
	}
	p.mu.Unlock()
	p.giveBack(ctx, rest)
}

// quiet reports whether nothing more is taken from the queue, and what was is
// through the pipeline.
func (p *puller) quiet() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stopped && p.isCarried() && beamfix.Quiet(p.workers, quietTime)
}

// close acknowledges what can be and gives back the rest, within the time that
// ctx leaves. Where acknowledging fails there is no use in giving back.
func (p *puller) close(ctx context.Context) {
	p.stop(ctx)
	p.endWork()
	client.Within(ctx, p.background.Wait)
	if _, err := p.flush(ctx, 0); err != nil {
		return
	}
	p.nack(ctx, p.held.GiveAll())
}

// Close ends the source with its run, after its pipeline has ended.
func (p *puller) Close(ctx context.Context) {
	p.close(ctx)
	beamfix.Forget(p.workers)
}

// quietTime is for how long no bundle may have ended until nothing is on its way
// from one step to the next.
const quietTime = 300 * time.Millisecond

// Quiesce waits, once a run was stopped, until all that its sources have read has
// gone through the pipeline: until no bundle is being processed in this process
// but those of the sources that have nothing, and none has been for 300 ms. It
// returns at the end of ctx with its error. beam.Run does not
// end by itself: the caller then cancels its context, or ends the process.
func Quiesce(ctx context.Context, runID string) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		quiet := true
		for _, p := range pullersOf(runID) {
			quiet = quiet && p.quiet()
		}
		if quiet {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
