package transforms

import (
	"context"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/shard"
)

// count adds what came out of a tick to the counters of its rule.
func (f *matchFn) count(ctx context.Context, out *shard.Output) {
	rule := f.Config.Rules[out.Rule].Name
	add := func(name string, n int64) { count.Add(ctx, f.run, count.Of(rule, name), n) }
	for c, n := range out.Classes {
		add(cep.Class(c).String(), n)
	}
	add(count.Success, out.Matches)
	add(count.Reminders, out.Reminders)
	add(count.CalledOff, out.CalledOff)
	add(count.ConditionErrors, out.ConditionErrors)
	var ended int64
	for how, n := range out.Ends {
		add(cep.How(how).String(), n)
		ended += n
	}
	add(count.Open, out.StillOpen)
	add(count.Returned, out.Returned)
	add(count.CarriedOut, out.CarriedOut)
	tally(f.run.Tally(), out, f.Config.ByOrder)
	f.run.Count(count.Of(rule, count.OpenNow), out.Classes[cep.Started]-ended)
}
