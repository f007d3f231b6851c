package transforms

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/state"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/timers"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
	"ordertimeout/transforms/shard/replica"
)

func init() {
	// Not by register.DoFn10x1: that takes long to compile, and only makes calls faster
	// that come once a batch.
	beam.RegisterDoFn(&matchFn{})
	register.Emitter2[beam.EventTime, *order.Outcome]()
	register.Emitter1[order.Reject]()
	register.Emitter1[[]order.Event]()
}

// Matched is what comes of the events of orders. Each kind of outcome is a
// PCollection<*order.Outcome>, at the outcome's own time: see order.Kind.
type Matched struct {
	Started, Successes, Timeouts, Reminders, Resolved, Cancelled beam.PCollection
	// Rejects is a PCollection<order.Reject>: duplicate, orphan and late events.
	Rejects beam.PCollection
	// Open is a PCollection<[]order.Event>: the events of the runs still open at the end of
	// the input, in blocks.
	Open beam.PCollection
}

// Of returns the outcomes of a kind.
func (m Matched) Of(kind order.Kind) beam.PCollection {
	return map[order.Kind]beam.PCollection{
		order.Started: m.Started, order.Success: m.Successes, order.Timeout: m.Timeouts,
		order.Reminder: m.Reminders, order.Resolved: m.Resolved, order.Cancelled: m.Cancelled,
	}[kind]
}

// Match runs rules over each order by itself: PCollection<[]order.Event> -> Matched.
//
// The events may come in any order and any bundles. They should be stamped by
// their source (order.Event.At), and the source should end with order.MarkEnd;
// without it a watermark at the end of time is taken as the end of time, at
// which every open run times out. Match panics on settings that do not Validate.
//
// Events come in blocks, since an element costs a runner more than an event costs Match.
// Several Match steps may take the same events.
func Match(s beam.Scope, events beam.PCollection, c MatchConfig) Matched {
	if err := c.Validate(); err != nil {
		panic(err)
	}
	process.Of(c.Run).AddConsumer()
	s = s.Scope("transforms.Match")
	out := beam.ParDoN(s, &matchFn{
		Config:   c,
		ID:       rand.Text(),
		Timer:    timers.InEventTime("tick"),
		Log:      state.MakeBagState[[]byte]("log"),
		Versions: state.MakeBagState[int64]("marks"),
	}, keyByShard(s, events, c))
	return Matched{
		Successes: out[0], Timeouts: out[1], Rejects: out[2], Open: out[3],
		Started: out[4], Reminders: out[5], Resolved: out[6], Cancelled: out[7],
	}
}

// matchFn is the stateful step. It keeps the log of a shard of users in Beam's state, and
// what the log leads to in memory: see package replica. A batch of events goes to the log
// and sets a timer. When the timer fires, the watermark has reached a tick, and the
// outcomes of that tick are emitted.
type matchFn struct {
	Config MatchConfig
	// ID tells the shards of this step from those of others in the process.
	ID string

	Timer timers.EventTime
	// Log and Versions are the log of a shard: see replica.Store.
	Log      state.Bag[[]byte]
	Versions state.Bag[int64]

	run    *process.Run
	shards *replica.Shards
	keeper *carry.Keeper // nil where the run carries nothing
}

// Setup finds the run's replicas.
func (f *matchFn) Setup() error {
	f.run = process.Of(f.Config.Run)
	config, err := f.Config.replicas()
	if err != nil {
		return err
	}
	cache, err := process.Get(f.run, replica.NewCache)
	if err != nil {
		// The run was closed, and yet the pipeline goes on. Its source ends it, not this
		// step: a worker that fails while others are at work is a data race of Beam.
		cache = replica.NewCache()
	}
	if f.keeper = carry.Of(f.run); f.keeper != nil {
		config.Start = func(n int64) []byte { return f.keeper.Shard(n + int64(f.Config.FirstShard)) }
	}
	f.shards = replica.New(cache, f.ID, config)
	return nil
}

// StartBundle begins a bundle of batches, of timers, or of both.
func (f *matchFn) StartBundle(_, _ func(beam.EventTime, *order.Outcome), _ func(order.Reject), _ func([]order.Event), _, _, _, _ func(beam.EventTime, *order.Outcome)) {
	f.shards.StartBundle()
}

// ProcessElement adds a batch to a shard and sets the timer of the tick that applies it.
func (f *matchFn) ProcessElement(ctx context.Context, at beam.EventTime, sp state.Provider, tp timers.Provider, n int64, batch []byte,
	_, _ func(beam.EventTime, *order.Outcome), _ func(order.Reject), _ func([]order.Event), _, _, _, _ func(beam.EventTime, *order.Outcome)) error {
	return f.add(ctx, at, sp, tp, n, batch)
}

// OnTimer works a tick, and emits what comes of it. hold is where the timer held the output
// watermark.
func (f *matchFn) OnTimer(ctx context.Context, hold beam.EventTime, sp state.Provider, tp timers.Provider, n int64, tc timers.Context,
	success, timeout func(beam.EventTime, *order.Outcome), reject func(order.Reject), open func([]order.Event),
	started, reminder, resolved, cancelled func(beam.EventTime, *order.Outcome)) error {
	to := map[order.Kind]func(beam.EventTime, *order.Outcome){
		order.Success: success, order.Timeout: timeout, order.Started: started,
		order.Reminder: reminder, order.Resolved: resolved, order.Cancelled: cancelled,
	}
	for kind, with := range f.Config.Joined {
		to[kind] = to[with]
	}
	return f.tick(ctx, sp, tp, n, tc, func(c *replica.Chunk) error {
		emitOutcomes(c.Outcomes, hold, to)
		c.Rejects(reject)
		return c.Open(open)
	})
}

// add adds a batch to shard n, and sets the timer of the tick that applies it.
func (f *matchFn) add(ctx context.Context, at beam.EventTime, sp state.Provider, tp timers.Provider, n int64, batch []byte) error {
	f.run.Sent(-len(batch))
	store := f.store(sp, n)
	defer store.report(ctx)
	result, err := f.shards.Add(store, n, at.Milliseconds()-f.slack(), batch)
	if err != nil {
		return f.run.Fail(err)
	}
	f.begun(ctx, n, result.Begun)
	return f.follow(ctx, tp, n, result)
}

// follow does what a result asks for.
func (f *matchFn) follow(ctx context.Context, tp timers.Provider, n int64, r replica.Result) error {
	f.removed(ctx, r.Removed)
	f.clearTimer(tp, r.Clear)
	f.setTimer(tp, r.Set)
	f.setTimer(tp, r.Next)
	return f.carry(ctx, n, r.Point)
}

// tick works the tick of a timer of shard n, and gives emit what comes of it in chunks.
func (f *matchFn) tick(ctx context.Context, sp state.Provider, tp timers.Provider, n int64, tc timers.Context, emit func(*replica.Chunk) error) error {
	tick, err := tickOfTag(tc.Tag)
	if err != nil {
		return f.run.Fail(err)
	}
	if f.Config.WallClock && !reached(ctx, time.UnixMilli(tick+f.slack())) {
		return nil
	}
	store := f.store(sp, n)
	defer store.report(ctx)
	var settled [][]uint64
	result, err := f.shards.Tick(store, n, tick, func(c *replica.Chunk) error {
		for _, refs := range c.Output.Before { // before anything of the chunk is delivered
			f.run.Done(refs)
		}
		if err := emit(c); err != nil {
			return err
		}
		f.count(ctx, &c.Output)
		settled = append(settled, c.Settled()...)
		return nil
	})
	if err != nil {
		return f.run.Fail(err)
	}
	for _, refs := range settled {
		f.run.Done(refs)
	}
	return f.follow(ctx, tp, n, result)
}

// emitOutcomes emits outcomes at their own times, in their order. None is behind the output
// watermark, where the next transform might drop it.
func emitOutcomes(outcomes []order.Outcome, hold beam.EventTime, to map[order.Kind]func(beam.EventTime, *order.Outcome)) {
	for i := range outcomes {
		o := &outcomes[i]
		to[o.Kind](max(hold, beam.EventTime(o.At)), o)
	}
}
