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
	var success, timeout int64
	for i := range out.Ended {
		if out.Ended[i].How == cep.Matched {
			success++
		} else {
			timeout++
		}
	}
	count.Add(ctx, f.run, count.Success, success)
	count.Add(ctx, f.run, count.Timeout, timeout)
	count.Add(ctx, f.run, count.Broken, out.Broken)
	count.Add(ctx, f.run, count.Open, out.StillOpen)
	count.Add(ctx, f.run, count.Returned, int64(len(out.Undecided)))
	tally(f.run.Tally(), out)
	f.run.Count(count.OpenNow, out.Classes[cep.Started]-success-timeout-out.Broken)
}
