package pull

import (
	"context"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/sdf"

	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/connect/sequence"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// A bundle ends with whichever of these comes first.
const (
	// maxBundleSize is the size of the messages of a bundle in bytes, and
	// maxBundleEvents the number of events, where a block may be more.
	maxBundleSize   = 2 << 20
	maxBundleEvents = 20_000
	// maxBundleTime is how long a bundle waits for a message, and maxWaiting how
	// long what it then has waits for more. The watermark moves on between
	// bundles, so this is how late a timeout is told.
	maxBundleTime = 50 * time.Millisecond
	maxWaiting    = 25 * time.Millisecond
	// A bundle that has manyEvents by then waits maxBusy in all: what a bundle
	// costs besides its events (of the CPU that reading a backlog takes, a third)
	// counts more under load than some milliseconds.
	manyEvents = 250
	maxBusy    = 100 * time.Millisecond
)

// HandOut is a call of the source: it makes a bundle of what was pulled. A DoFn of one
// restriction, a [sequence.Source], returns what it returns; with uri.AckBundle the DoFn
// takes a beam.BundleFinalization, too. The events and rejects are as pubsub.Read says.
// An error is also that of the run.
func HandOut(
	ctx context.Context, from Source, we *sequence.Watermark, rt *sdf.LockRTracker,
	event func(beam.EventTime, []order.Event), reject func(beam.EventTime, order.Reject),
) (sdf.ProcessContinuation, error) {
	run := process.Of(from.Run)
	bundle, err := beamfix.BundleOf(ctx)
	if err != nil {
		return sdf.StopProcessing(), run.Fail(from.fault("%v", err))
	}
	bundle.SetIdle(true)
	run.Begin()
	run.Throttle()
	p, err := pullerOf(ctx, from)
	if err != nil {
		awaitEnd(ctx, run)
		return sdf.StopProcessing(), err
	}
	p.worksAt(bundle.Worker())
	this := call{
		puller: p, bundle: bundle, before: max(0, we.Millis()),
		position: rt.GetRestriction().(sequence.Rest).Start,
		claim:    rt.TryClaim, event: event, reject: reject,
	}
	if this.carry(ctx) {
		if start := p.carrier.keeper.Start(); start != nil {
			we.Advance(start.Watermark)
		}
		return sdf.ResumeProcessingIn(0), nil
	}
	rest, err := this.fill(ctx)
	if err == nil {
		this.tellFirst()
	}
	this.count(ctx)
	w := this.end()
	if w > 0 {
		we.Advance(w)
	}
	if err == nil && rest {
		err = run.Fail(this.endAtPoint(w))
	}
	switch {
	case err != nil:
		return sdf.StopProcessing(), err
	case !rest:
		return sdf.StopProcessing(), rt.GetError()
	}
	return sdf.ResumeProcessingIn(0), nil
}

// call is one call of the source, which makes a bundle.
type call struct {
	puller   *puller
	bundle   beamfix.Bundle
	before   int64 // the watermark in milliseconds, 0 where it is not known
	promise  int64 // what the watermark will be at least, 0 where not known
	position int64
	claim    func(position any) bool
	event    func(beam.EventTime, []order.Event)
	reject   func(beam.EventTime, order.Reject)

	blocks []*block
	size   int // of the messages in bytes
	counts count.Source
}

// fill hands out what there is until the bundle is full. It returns false
// where the rest belongs to another bundle.
func (c *call) fill(ctx context.Context) (rest bool, err error) {
	full := time.NewTimer(maxBundleTime)
	defer full.Stop()
	busy := false
	for c.size < maxBundleSize && c.counts.Records < maxBundleEvents {
		next, err := c.take()
		switch {
		case err != nil:
			return false, err
		case next != nil && !c.hand(next):
			return false, nil
		case next != nil:
			if len(c.blocks) == 1 {
				full.Reset(maxWaiting)
			}
			continue
		}
		select {
		case <-c.puller.arrived:
		case <-full.C:
			if busy || c.counts.Records < manyEvents {
				return true, nil
			}
			busy = true
			full.Reset(maxBusy - maxWaiting)
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	return true, nil
}

// take takes a block from the queue, if there is one. The bundle counts as work before it
// takes the block: else the block would be neither in the queue nor in a bundle at work,
// and a stop would not wait for it.
func (c *call) take() (*block, error) {
	c.bundle.SetIdle(false)
	next, err := c.puller.next()
	if next == nil && len(c.blocks) == 0 {
		c.bundle.SetIdle(true)
	}
	return next, err
}

// hand emits a block, if it can be claimed.
func (c *call) hand(next *block) bool {
	n := next.Records()
	if !c.claim(c.position + n) {
		c.puller.unread(next)
		return false
	}
	for i := range next.Events {
		next.Events[i].At = max(next.Events[i].Time, c.before)
	}
	if len(c.blocks) == 0 {
		c.promise = c.puller.watermark()
	}
	if events := next.Events; len(events) > 1 {
		if events[0] = (order.Event{Mark: order.MarkWatermark, At: c.promise}); c.promise == 0 {
			events = events[1:]
		}
		c.event(beam.EventTime(c.before), events)
	}
	for _, r := range next.Rejects {
		if c.puller.from.RejectsUnread {
			c.puller.run.Done(r.Refs)
			continue
		}
		c.reject(beam.EventTime(c.before), r)
	}
	c.puller.run.Tally().Malformed(next.Rejects)
	if cr := c.puller.carrier; cr != nil {
		cr.took(next)
	}
	c.position += n
	c.blocks = append(c.blocks, next)
	c.size += next.Size
	c.counts.Records += n
	c.counts.Malformed += next.Malformed
	c.counts.Integers += next.Integers
	c.counts.January += next.January
	next.Events, next.Rejects = nil, nil // who read them does not keep them
	return true
}

// tellFirst tells all shards of the first watermark, if there is one now and events were
// handed out before: a start reads what has gathered before it knows the time.
func (c *call) tellFirst() {
	if c.before > 0 || c.position == 0 {
		return
	}
	if w := c.puller.watermark(); w > 0 {
		c.event(beam.EventTime(c.before), []order.Event{{Mark: order.MarkFirstWatermark, At: w}})
	}
}

// end returns the watermark behind the bundle in milliseconds, 0 where it is not
// known.
func (c *call) end() int64 {
	p := c.puller
	p.handedOut(c.blocks)
	w := p.watermark()
	if w > 0 {
		p.run.Set(count.WatermarkTime, w)
	}
	if p.from.Sub.Ack == uri.AckBundle {
		p.commits.End(c.bundle, c.blocks)
	}
	return w
}

// count adds the bundle to the counters.
func (c *call) count(ctx context.Context) {
	run := c.puller.run
	c.counts.Add(ctx, run)
	run.Read.Add(int64(c.size))
}
