package transforms

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
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

// Carried is what the states of shards have in a carry file.
type Carried struct {
	// Open are the runs that are open, Waiting the events that are undecided.
	Open, Waiting int64
}

// LookAt returns what snapshots of shards of Match have. The settings are those that have
// written them.
func LookAt(snapshots [][]byte, c MatchConfig) (sum Carried, err error) {
	prog, err := c.compile()
	if err != nil {
		return sum, err
	}
	for _, snapshot := range snapshots {
		if len(snapshot) == 0 {
			continue
		}
		s, err := shard.Restore(prog, c.Tick.Milliseconds(), [][]byte{snapshot})
		if err != nil {
			return sum, err
		}
		open, waiting := s.Standing()
		sum.Open, sum.Waiting = sum.Open+open, sum.Waiting+waiting
	}
	return sum, nil
}

// OpenOrders returns the open orders that snapshots of shards of Match have, by deadline, as
// outcomes of kind order.Open, and how many events are undecided. The settings are those
// that have written them.
func OpenOrders(snapshots [][]byte, c MatchConfig) (open []order.Outcome, undecided int64, err error) {
	config, err := c.replicas()
	if err != nil {
		return nil, 0, err
	}
	for _, snapshot := range snapshots {
		if len(snapshot) == 0 {
			continue
		}
		s, err := shard.Restore(config.Prog, config.Tick, [][]byte{snapshot})
		if err != nil {
			return nil, 0, err
		}
		orders, err := replica.OpenOrders(&config, s)
		if err != nil {
			return nil, 0, err
		}
		_, waiting := s.Standing()
		open, undecided = append(open, orders...), undecided+waiting
	}
	slices.SortFunc(open, func(a, b order.Outcome) int {
		return cmp.Or(cmp.Compare(a.Deadline, b.Deadline), cmp.Compare(a.StartedAt, b.StartedAt), strings.Compare(a.UserID, b.UserID),
			strings.Compare(a.OrderID, b.OrderID), strings.Compare(a.ID, b.ID))
	})
	return open, undecided, nil
}

// Reshard returns the snapshots of shards of Match as those of as many shards as the
// settings say.
func Reshard(snapshots [][]byte, c MatchConfig) ([][]byte, error) {
	prog, err := c.compile()
	if err != nil {
		return nil, err
	}
	var broken error
	dealt, err := shard.Reshard(prog, c.Tick.Milliseconds(), snapshots, c.Shards, func(key string) int {
		user, id, err := order.SplitKey(key)
		if err != nil {
			broken = err
		}
		return shardOf(cmp.Or(user, id), c.Shards)
	})
	return dealt, cmp.Or(err, broken)
}
