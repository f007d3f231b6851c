package transforms

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/live"
	"ordertimeout/transforms/shard"
)

// Namespace is the namespace of all counters.
const Namespace = "ordertimeout"

// The names of the counters that are no event class of package cep.
const (
	ReadCounter      = "read"
	MalformedCounter = "malformed"
	ReturnedCounter  = "returned"
	SuccessCounter   = "success"
	TimeoutCounter   = "timeout"
	BrokenCounter    = "broken"
	OpenCounter      = "open"
	// How many event times were integers, and how many of those read as January
	// 1970: if all do, the unit is likely to be wrong.
	IntegerTimesCounter = "integer-times"
	January1970Counter  = "january-1970"
	// What the stateful step costs its runner: calls of state that read or write,
	// and the bytes that they write.
	StateCallsCounter = "state-calls"
	StateBytesCounter = "state-bytes"
)

// count adds what came out of a tick to the counters, Beam's and the live ones:
// once a tick, as each addition costs more than most events do.
func (f *matchFn) count(ctx context.Context, out *shard.Output) {
	add := func(name string, n int64) {
		add(ctx, name, n)
		f.run.Count(name, n)
	}
	for c, n := range out.Classes {
		add(cep.Class(c).String(), n)
	}
	var success, timeout int64
	for i := range out.Ended {
		if out.Ended[i].How == cep.Matched {
			success++
		} else {
			timeout++
		}
	}
	add(SuccessCounter, success)
	add(TimeoutCounter, timeout)
	add(BrokenCounter, out.Broken)
	add(OpenCounter, out.StillOpen)
	add(ReturnedCounter, int64(len(out.Returned)))
	tally(f.run.Tally(), out)
	f.run.Count(live.OpenNow, out.Classes[cep.Started]-success-timeout-out.Broken)
}

func add(ctx context.Context, name string, n int64) {
	if n != 0 {
		beam.NewCounter(Namespace, name).Inc(ctx, n)
	}
}
