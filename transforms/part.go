package transforms

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/state"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

// partSize is of how many runs and rejects what comes of a tick is worked, sent and
// forgotten at a time, for the memory of ticks that end many runs: at the end of the
// input, and after a time in which nothing came. Most ticks have fewer. Tests make it
// smaller.
var partSize = 4096

// part is a part of what came of a tick.
type part struct {
	out  shard.Output
	made []order.Outcome // of out.Ended
	more bool            // the tick has another part
}

// work works the next part of a tick, and makes its outcomes.
func (im *image) work(tick int64, p *part) (err error) {
	im.snapshot = nil
	p.more = im.shard.TickSome(tick, partSize, &p.out)
	p.made, err = im.maker.outcomes(p.out.Ended)
	return err
}

// forget empties a part, and keeps its memory.
func (p *part) forget() {
	p.out.Reset()
	p.made = nil // whoever was given it may still have it
}

// finish sends what comes of a tick, of which the image has the first part where it was
// begun ahead, and adds the tick to the log. A part goes out while the next one is
// worked, and the last one while the calls of state wait for the runner.
func (f *matchFn) finish(ctx context.Context, sp state.Provider, n int64, im *image, tick int64, send func(*part) error) error {
	more := tick > im.ahead || im.part.more
	im.ahead = noTick
	var settled [][]uint64
	deliver := func(meanwhile func() error) error {
		p := im.part
		if err := alongside(func() error { return send(p) }, meanwhile); err != nil {
			return err
		}
		f.count(ctx, &p.out)
		settled = append(settled, im.maker.settled(&p.out)...)
		p.forget()
		return nil
	}
	for more {
		if err := deliver(func() error { return im.work(tick, im.spare) }); err != nil {
			return err
		}
		im.part, im.spare = im.spare, im.part
		more = im.part.more
	}
	if err := deliver(func() error { return f.append(sp, n, im, shard.TickRecord(tick)) }); err != nil {
		return err
	}
	for _, refs := range settled {
		f.run.Done(refs)
	}
	return nil
}

// alongside does g in the background of f, and returns when both have ended. So it
// does where f panics, which is how Beam's emitters say that a later step has failed
// (2.77.0, register/emitter.go:64): nothing of the bundle is at work after it.
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

// emit sends a part. An outcome has the time of its own, but is never behind the
// output watermark, where the next transform might drop it.
func (p *part) emit(hold beam.EventTime, m *maker, success, timeout func(beam.EventTime, *order.Outcome), reject func(order.Reject), open func([]order.Event)) error {
	for i := range p.made {
		if o := &p.made[i]; o.Kind == order.Success {
			success(max(hold, beam.EventTime(o.PaidAt)), o)
		} else {
			timeout(max(hold, beam.EventTime(o.Deadline)), o)
		}
	}
	m.rejects(&p.out, reject)
	return m.open(&p.out, open)
}
