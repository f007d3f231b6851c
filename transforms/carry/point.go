package carry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
)

// Point is a carry point, as the source begins it.
type Point struct {
	// Position is where the source is, in its own words: see File.
	Position json.RawMessage
	// Watermark is that of the source, in milliseconds.
	Watermark int64
	// Final says that it is the end of what is read: nothing is read behind it, and
	// the file is written by Keeper.Finish.
	Final bool
	// Complete says that the input was read to its end.
	Complete bool
	// Written is called once the file is in its place; nil: nobody wants to know. It must
	// not block.
	Written func()
}

// State is the state of a shard at a point.
type State struct {
	// Body is what shard.Pack makes a record of; nil: the state has not changed since the
	// last point.
	Body []byte
}

// point is a carry point under way.
type point struct {
	Point
	number  int64
	at      time.Time
	states  []State
	missing int // shards that have not reported

	settled chan struct{} // closed with the last report
	done    chan struct{} // closed once it is written, or cannot be

	lengths     []localfile.Length
	undelivered []order.Message
}

func (p *point) isSettled() bool {
	select {
	case <-p.settled:
		return true
	default:
		return false
	}
}

// hurry is how long after a point the next one may be begun where the source waits for it.
const hurry = time.Second

// Due reports whether the source is to begin a point: it is time for one, and the last
// one is written. A source that is full holds all the input that it may, and reads on once
// a file is written: for that it is time sooner.
func (k *Keeper) Due(full bool) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	every := k.config.Every
	if full {
		every = min(every, hurry)
	}
	return k.point == nil && time.Since(k.begun) >= every
}

// Ready reports whether a point may be begun: the last one is written.
func (k *Keeper) Ready() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.point == nil
}

// Begin begins a point, and returns its number, which the source sends to every shard. The
// last one must be written, unless this one is final: then the last one is given up.
func (k *Keeper) Begin(p Point) (number int64) {
	if p.Final {
		k.await()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.number++
	k.begun = time.Now()
	k.point = &point{
		Point: p, number: k.number, at: k.begun, states: make([]State, k.config.Shards), missing: k.config.Shards,
		settled: make(chan struct{}), done: make(chan struct{}),
	}
	return k.number
}

// Report hands over the state of a shard at a point. It is called once for each shard and
// point, when the outcomes of all before the point are with their sinks. What is reported
// of a point that was given up does not count.
func (k *Keeper) Report(number int64, shard int64, s State) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p := k.point
	if p == nil || p.number != number {
		return
	}
	p.states[shard] = s
	if p.missing--; p.missing > 0 {
		return
	}
	if !p.Final {
		k.settle(p)
		go k.finish(p)
	}
}

// settle notes the lengths of the outputs, and lets the source read on.
func (k *Keeper) settle(p *point) {
	watermark := p.Watermark
	if p.Complete {
		watermark = math.MaxInt64
	}
	p.lengths, p.undelivered = k.outputs.Lengths(watermark), k.kept()
	pause := time.Since(p.at)
	k.run.Set(count.CarryPause, pause.Milliseconds())
	k.run.Tally().Paused(pause)
	k.run.Count(count.CarryPoints, 1)
	close(p.settled)
}

// finish writes the file of a settled point, and says so.
func (k *Keeper) finish(p *point) error {
	err := k.write(p)
	k.mu.Lock()
	k.point = nil
	if err == nil {
		k.written = p.at
	}
	k.mu.Unlock()
	close(p.done)
	switch {
	case err != nil:
		k.run.Abort(err)
	case p.Written != nil:
		p.Written()
	}
	return err
}

// Settled waits until a point is settled, so that the source may read on, but no longer
// than ctx, and reports whether it is.
func (k *Keeper) Settled(ctx context.Context, number int64) bool {
	k.mu.Lock()
	p := k.point
	k.mu.Unlock()
	if p == nil || p.number != number {
		return true
	}
	select {
	case <-p.settled:
		return true
	case <-ctx.Done():
		return false
	}
}

// Finish writes the file of the final point, once the pipeline has ended and its outputs
// are complete. The error is a line: the file could not be written, or the pipeline has not
// come to its end. Without a final point, as where nothing was read, it leaves the file as
// it is.
func (k *Keeper) Finish() error {
	k.await()
	k.mu.Lock()
	p := k.point
	if p == nil || !p.Final {
		k.mu.Unlock()
		return nil
	}
	if p.missing > 0 {
		k.mu.Unlock()
		return fmt.Errorf("-carry %s: %d of %d shards have not come to the end: the file is left as it was", k.config.Path, p.missing, len(p.states))
	}
	k.settle(p)
	k.mu.Unlock()
	return k.finish(p)
}

// Await waits until the file of a point is written, but no longer than ctx. It is for a
// source that never ends, whose last point is at a stop.
func (k *Keeper) Await(ctx context.Context, number int64) error {
	k.mu.Lock()
	p := k.point
	k.mu.Unlock()
	if p == nil || p.number != number {
		return k.run.Err()
	}
	select {
	case <-p.done:
		return k.run.Err()
	case <-ctx.Done():
		return errors.New("carry: the shards have not come to the point of the stop in time: the file is left as it was")
	}
}
