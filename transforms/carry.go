package transforms

import (
	"context"

	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/shard/replica"
)

// carry hands over the state of a shard at a carry point, nil where it has come to none. It
// does so when the bundle has ended: by then its outcomes are with their sinks.
func (f *matchFn) carry(ctx context.Context, n int64, p *replica.Point) error {
	if p == nil || f.keeper == nil {
		return nil
	}
	bundle, err := beamfix.BundleOf(ctx)
	if err != nil {
		return f.run.Fail(err)
	}
	bundle.OnProcessed(func() { f.keeper.Report(p.Number, n, carry.State{Body: p.State}) })
	return nil
}

// begun counts what a shard begins with that goes on.
func (f *matchFn) begun(ctx context.Context, s replica.Standing) {
	count.Add(ctx, f.run, count.OpenAtStart, s.Open)
	count.Add(ctx, f.run, count.CarriedIn, s.Waiting)
	f.run.Count(count.OpenNow, s.Open)
}
