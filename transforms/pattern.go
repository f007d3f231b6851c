package transforms

import (
	"context"
	"crypto/rand"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph/window"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/state"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/timers"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/shard/replica"
)

func init() {
	beam.RegisterType(reflect.TypeFor[cep.Event]())
	beam.RegisterDoFn(&patternFn{}) // see matchFn
	register.Emitter2[beam.EventTime, PatternOutcome]()
	register.Emitter1[PatternReject]()
}

// FindPattern finds a pattern in any events, for each key by itself: three failed logins
// and then a success, of an account. Match does the same for orders.
//
//	PCollection<KV<string, cep.Event>> ->
//	  matches   PCollection<PatternOutcome>  what matched the pattern, with the events by step
//	  timeouts  PCollection<PatternOutcome>  what began, and reached a deadline
//	  rejects   PCollection<PatternReject>   events that took no part: duplicate, orphan, late, malformed
//
// Of an event Type, ID, Time and Data are read; all may be empty.
//
//   - Type is what the steps of the pattern name.
//   - ID tells a redelivery, which the pattern never sees, from another event: two events of
//     a key with the same type and ID are one. Without IDs those with the same type, time
//     and data are.
//   - Time is the event time in milliseconds. Zero: the timestamp of the element is.
//   - Data is a JSON object if the pattern has conditions, or else any bytes. A condition
//     finds the members of the object by their names, and type, id and time of the event;
//     members userId and orderId are texts to it.
//
// The events may come in any order, from any source, in any windows: all are put into the
// global one, and so is what comes out.
//
// Time is the watermark of events, as far as the shard of a key (PatternConfig.Shards) has
// heard of it: with each tick that it had something to do at. An event behind that is late.
// It is applied if the pattern leaves no choice (each step once, without every) and it
// contradicts nothing that is decided; else it is a reject. An outcome has its own time as
// timestamp. What a late event leads to may thus be behind the watermark of the output.
//
// The end of a bounded input is the end of time: what is still open times out. In a
// pipeline that is drained, too, but see PatternConfig.WallClock.
//
// Package count has the names of the counters, which are those of Match. Their read are the
// events given.
//
// FindPattern panics on settings that do not Validate.
func FindPattern(s beam.Scope, events beam.PCollection, c PatternConfig) (matches, timeouts, rejects beam.PCollection) {
	if err := c.Validate(); err != nil {
		panic(err)
	}
	s = s.Scope("transforms.FindPattern")
	batches, malformed := beam.ParDo2(s, &patternKeyFn{Config: c}, beam.WindowInto(s, window.NewGlobalWindows(), events))
	matches, timeouts, rejects = beam.ParDo3(s, &patternFn{
		Config:   c,
		ID:       rand.Text(),
		Timer:    timers.InEventTime("tick"),
		Log:      state.MakeBagState[[]byte]("log"),
		Versions: state.MakeBagState[int64]("marks"),
	}, batches)
	return matches, timeouts, beam.Flatten(s, malformed, rejects)
}

// patternFn is matchFn for events that are no orders. It differs in what it emits.
type patternFn struct {
	Config PatternConfig
	ID     string

	Timer    timers.EventTime
	Log      state.Bag[[]byte]
	Versions state.Bag[int64]

	step    *matchFn
	builder patternBuilder
}

func (f *patternFn) Setup() error {
	f.step = &matchFn{Config: f.Config.match(), ID: f.ID, Timer: f.Timer, Log: f.Log, Versions: f.Versions}
	rules, err := f.step.Config.compile()
	if err != nil {
		return err
	}
	f.builder = patternBuilder{rules[0].Prog}
	return f.step.Setup()
}

func (f *patternFn) StartBundle(_, _ func(beam.EventTime, PatternOutcome), _ func(PatternReject)) {
	f.step.shards.StartBundle()
}

func (f *patternFn) ProcessElement(ctx context.Context, at beam.EventTime, sp state.Provider, tp timers.Provider, n int64, batch []byte,
	_, _ func(beam.EventTime, PatternOutcome), _ func(PatternReject)) error {
	return f.step.add(ctx, at, sp, tp, n, batch)
}

func (f *patternFn) OnTimer(ctx context.Context, hold beam.EventTime, sp state.Provider, tp timers.Provider, n int64, tc timers.Context,
	match, timeout func(beam.EventTime, PatternOutcome), reject func(PatternReject)) error {
	return f.step.tick(ctx, sp, tp, n, tc, func(c *replica.Chunk) error {
		for i := range c.Output.Outcomes {
			e, emit := &c.Output.Outcomes[i], timeout
			if e.How == cep.Matched {
				emit = match
			}
			emit(max(hold, beam.EventTime(e.At)), f.builder.outcome(e))
		}
		for i := range c.Output.Rejects {
			reject(putAside(&c.Output.Rejects[i]))
		}
		for i := range c.Output.Overflowed {
			reject(overflowed(&c.Output.Overflowed[i]))
		}
		return nil
	})
}
