package transforms

import (
	"context"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/shard"
)

// count adds what came out of a tick to the counters.
func (f *matchFn) count(ctx context.Context, out *shard.Output) {
	for c, n := range out.Classes {
		count.Add(ctx, f.run, cep.Class(c).String(), n)
	}
	count.Add(ctx, f.run, count.Success, out.Matches)
	count.Add(ctx, f.run, count.ConditionErrors, out.ConditionErrors)
	var ended int64
	for how, n := range out.Ends {
		count.Add(ctx, f.run, cep.How(how).String(), n)
		ended += n
	}
	count.Add(ctx, f.run, count.Open, out.StillOpen)
	count.Add(ctx, f.run, count.Returned, out.Returned)
	count.Add(ctx, f.run, count.CarriedOut, out.CarriedOut)
	tally(f.run.Tally(), out)
	f.run.Count(count.OpenNow, out.Classes[cep.Started]-ended)
}
