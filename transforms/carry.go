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
	bundle.OnProcessed(func() { f.keeper.Report(p.Number, n+int64(f.Config.FirstShard), carry.State{Body: p.State}) })
	return nil
}

// begun counts what each rule of shard n begins with that goes on, and with the first of all
// shards what has gone before.
func (f *matchFn) begun(ctx context.Context, n int64, begun []shard.Standing) {
	if len(begun) > 0 && f.keeper != nil && n+int64(f.Config.FirstShard) == 0 {
		f.removed(ctx, f.keeper.Removed())
	}
	for _, s := range begun {
		count.Add(ctx, f.run, count.Of(s.Rule, count.OpenAtStart), s.Open)
		count.Add(ctx, f.run, count.Of(s.Rule, count.CarriedIn), s.Waiting)
		f.run.Count(count.Of(s.Rule, count.OpenNow), s.Open)
	}
}

// removed counts what rules had that are no more. What they held is returned, as by a stop.
func (f *matchFn) removed(ctx context.Context, removed []shard.Removed) {
	for _, r := range removed {
		add := func(name string, n int64) { count.Add(ctx, f.run, count.Of(r.Rule, name), n) }
		add(count.OpenAtStart, r.Runs)
		add(count.Matched, r.Matched)
		add(count.Removed, r.Runs-r.Matched)
		add(count.CarriedIn, r.Undecided)
		add(count.Returned, r.Undecided)
	}
}

// restore calls f with the shards of snapshots; an empty one has none.
func (c MatchConfig) restore(snapshots [][]byte, f func(*replica.Config, *shard.Shard) error) error {
	config, err := c.replicas()
	if err != nil {
		return err
	}
	for _, snapshot := range snapshots {
		if len(snapshot) == 0 {
			continue
		}
		s, err := config.Restore([][]byte{snapshot})
		if err == nil {
			err = f(&config, s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// OpenOrders returns the open orders that snapshots of shards of Match have, in no order, as
// outcomes of kind order.Open, and how many events are undecided. The settings are those
// that have written them.
func OpenOrders(snapshots [][]byte, c MatchConfig) (open []order.Outcome, undecided int64, err error) {
	err = c.restore(snapshots, func(config *replica.Config, s *shard.Shard) error {
		orders, err := replica.OpenOrders(config, s)
		open, undecided = append(open, orders...), undecided+s.Standing()[0].Waiting
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return open, undecided, nil
}

// SortOpen sorts open orders by their deadlines.
func SortOpen(open []order.Outcome) {
	slices.SortFunc(open, func(a, b order.Outcome) int {
		return cmp.Or(cmp.Compare(a.Deadline, b.Deadline), cmp.Compare(a.StartedAt, b.StartedAt), strings.Compare(a.UserID, b.UserID),
			strings.Compare(a.OrderID, b.OrderID), strings.Compare(a.ID, b.ID))
	})
}

// Leave returns what each rule has in snapshots of shards of Match, of which none goes on, and
// how many events wait for their tick in them. The settings are those that have written them.
func Leave(snapshots [][]byte, c MatchConfig) (removed []shard.Removed, waiting int64, err error) {
	err = c.restore(snapshots, func(_ *replica.Config, s *shard.Shard) error {
		more, events := s.Leave()
		removed, waiting = shard.AddRemoved(removed, more), waiting+events
		return nil
	})
	return removed, waiting, err
}

// GoOn returns snapshots of shards of Match as those of the shards, and of the rules, that the
// settings say; and the rules that are no more, and had something.
func GoOn(snapshots [][]byte, c MatchConfig) ([][]byte, []shard.Removed, error) {
	config, err := c.replicas()
	if err != nil {
		return nil, nil, err
	}
	same, err := config.Wrote(snapshots)
	if err != nil || same && len(snapshots) == c.Shards {
		return snapshots, nil, err
	}
	var broken error
	dealt, removed, err := shard.Reshard(config.ShardRules(), c.Tick.Milliseconds(), snapshots, c.Shards, func(key string) int {
		if key == "" { // of no rule here: any shard counts it
			return 0
		}
		user, id, err := order.SplitKey(key)
		if err != nil {
			broken = err
		}
		return shardOf(cmp.Or(user, id), c.Shards)
	})
	return dealt, removed, cmp.Or(err, broken)
}

// RulesOf returns the rules that snapshots of shards of Match are of; none where they do not
// say.
func RulesOf(snapshots [][]byte) (rules []Rule, err error) {
	for _, snapshot := range snapshots {
		of, err := shard.RulesOf(snapshot)
		if err != nil || len(of) == 0 {
			continue
		}
		for _, r := range of {
			rule, err := settingsOf(r.Name, r.Settings)
			if err != nil {
				return nil, err
			}
			rules = append(rules, rule)
		}
		return rules, nil
	}
	return nil, nil
}
