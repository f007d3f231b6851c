package transforms

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/state"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/timers"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
	"ordertimeout/transforms/shard"
)

func init() {
	// Not by register.DoFn10x1: it takes 40 s of CPU to compile, to make calls
	// faster of which there is one a batch.
	beam.RegisterDoFn(&matchFn{})
	register.Emitter2[beam.EventTime, *order.Outcome]()
	register.Emitter1[order.Reject]()
	register.Emitter1[[]order.Event]()
}

// MatchConfig are the settings of Match.
type MatchConfig struct {
	// Pattern is the text of the pattern; see package cep.
	Pattern string
	// Remember is for how long an ended run's events are known, so that a
	// redelivery is seen as one; in whole milliseconds. Zero: not at all.
	Remember time.Duration
	// Tick is how often deadlines are looked at, in event time: an alert is at
	// most this much behind the watermark. In whole milliseconds, at least one.
	Tick time.Duration
	// Shards is the number of groups of users. State and work are kept by shard,
	// so it bounds the parallelism and should be a few times the number of
	// cores. It must stay the same when a job is updated. At least one.
	Shards int
	// ByOrder identifies an order by its id alone, whatever the user.
	ByOrder bool
	// Live says that the input is of now. Then a watermark that jumps to the end
	// of time, as runners let it when a job is drained, is not what it says, and
	// no run times out before its deadline by the clock.
	Live bool
	// Unread are the kinds of outcome that nobody reads, order.Open among them: they
	// are counted, but none is made.
	Unread []order.Kind
	// RejectsUnread says that nobody reads the rejects: they are counted, but none is
	// made, and what is held for them is let go of at once.
	RejectsUnread bool
	// Behind is how far time is behind the runner's watermark: a tick is worked once
	// the watermark is so much beyond it, and timers hold the watermark at their time
	// plus it. It is for a source whose watermark promises nothing about the events'
	// times but that they are at most so much before it; zero where the source has
	// seen to that itself. In whole milliseconds.
	Behind time.Duration
	// Run is the id of the process.Run that the pipeline belongs to, if any.
	Run string
}

// Validate returns what is wrong with the settings, or nil.
func (c MatchConfig) Validate() error {
	_, err := c.compile()
	switch {
	case err != nil:
		return err
	case c.Tick < time.Millisecond || c.Tick%time.Millisecond != 0:
		return fmt.Errorf("transforms: tick %v: want whole milliseconds, at least one", c.Tick)
	case c.Shards < 1:
		return fmt.Errorf("transforms: %d shards: want at least one", c.Shards)
	case c.Behind < 0 || c.Behind%time.Millisecond != 0:
		return fmt.Errorf("transforms: %v behind the watermark: want whole milliseconds, none or more", c.Behind)
	}
	return nil
}

func (c MatchConfig) compile() (*cep.Prog, error) {
	pattern, err := cep.Parse(c.Pattern)
	if err != nil {
		return nil, err
	}
	return cep.Compile(pattern, c.Remember)
}

// Match runs the pattern over each order by itself:
//
//	PCollection<KV<int64, []byte>>, of KeyByUser with the same settings ->
//	  successes PCollection<*order.Outcome>  every step came in time; at the time of the last step
//	  timeouts  PCollection<*order.Outcome>  the deadline passed first; at the deadline
//	  rejects   PCollection<order.Reject>   duplicate, orphan and late events
//	  open      PCollection<[]order.Event>  the events of the runs still open at the end of the input, in blocks
//
// The events may come in any order and any bundles. They should be stamped by
// their source (order.Event.At), and the source should end with order.MarkEnd;
// without it a watermark at the end of time is taken as the end of time, at
// which every open run times out. Match panics on settings that do not Validate.
func Match(s beam.Scope, keyed beam.PCollection, c MatchConfig) (successes, timeouts, rejects, open beam.PCollection) {
	if err := c.Validate(); err != nil {
		panic(err)
	}
	process.Of(c.Run).AddConsumer()
	s = s.Scope("transforms.Match")
	return beam.ParDo4(s, &matchFn{
		Config: c,
		ID:     rand.Text(),
		Timer:  timers.InEventTime("tick"),
		Log:    state.MakeBagState[[]byte]("log"),
		Marks:  state.MakeBagState[int64]("marks"),
	}, keyed)
}

// matchFn is the stateful step: it keeps a shard's log in Beam's state and its
// image in memory, and calls Shard.Tick when the watermark has reached a tick.
type matchFn struct {
	Config MatchConfig
	// ID tells this transform's images from those of others in the process.
	ID string

	Timer timers.EventTime
	// Log is the shard's log: a snapshot, and the batches and ticks since.
	Log state.Bag[[]byte]
	// Marks are random numbers: each bundle that changes the log adds one. An image in
	// memory is good if it has the same.
	//
	// It is a bag as what is added to one need not be read before: a bundle of batches
	// adds its mark blindly, and the tick that follows sees whether all marks are those
	// of the image.
	Marks state.Bag[int64]

	prog    *cep.Prog
	run     *process.Run
	traffic traffic
	bundle  int64 // the number of the bundle, among all of the process
}

func (f *matchFn) Setup() (err error) {
	f.run = process.Of(f.Config.Run)
	f.prog, err = f.Config.compile()
	return err
}

func (f *matchFn) StartBundle(_, _ func(beam.EventTime, *order.Outcome), _ func(order.Reject), _ func([]order.Event)) {
	f.bundle = bundles.Add(1)
}

// ProcessElement queues a batch and sets the timer of the tick that applies it.
func (f *matchFn) ProcessElement(ctx context.Context, at beam.EventTime, sp state.Provider, tp timers.Provider, n int64, batch []byte,
	_, _ func(beam.EventTime, *order.Outcome), _ func(order.Reject), _ func([]order.Event)) error {
	f.run.Sent(-len(batch))
	defer f.traffic.report(ctx)
	header, err := shard.DecodeHeader(batch)
	if err != nil {
		return f.run.Fail(err)
	}
	im, err := f.cached(n)
	switch {
	case err != nil:
	case im == nil && header.Events == 0 && !header.End:
		im, err = f.image(sp, n) // it is sent for its promise: all before is worked ahead
	case im != nil && len(im.marks) >= maxMarks:
		im, _, err = f.verify(sp, n, im)
	}
	if err != nil {
		return f.run.Fail(err)
	}
	hold := max(header.Min, at.Milliseconds()-f.Config.Behind.Milliseconds())
	tick := f.tickOf(header, hold)
	if im != nil && hold < im.ahead {
		im = nil // what was done ahead was done too early: it is done again, from the log
	}
	if im != nil {
		ahead := noTick
		if header.Reaches(tick) && !header.More {
			ahead = tick
		}
		im.promised = max(im.promised, header.Watermark)
		im.add(batch, ahead, maxLog(im.snapshotSize, n))
	}
	if err := f.append(sp, n, im, batch); err != nil {
		return f.run.Fail(err)
	}
	if im != nil && header.Reaches(tick) && im.next.tick < tick && im.next != (appointment{}) {
		// The watermark is about to reach both ticks, so one does.
		f.Timer.ClearTag(tp, im.next.tag())
		hold = min(hold, im.next.hold)
		im.next = appointment{}
	}
	f.setTimer(tp, appointment{tick, hold})
	return nil
}

// tickOf returns the tick that is to apply a batch whose earliest event is at a
// place in time. That is the first tick after it; but where the source promises
// that the watermark will be beyond that, it is the last tick that the watermark
// will have reached, and at the end of the input the first tick after all events:
// so a replay takes one step a bundle, not one a tick.
func (f *matchFn) tickOf(h shard.Header, at int64) int64 {
	tick := f.Config.Tick.Milliseconds()
	p := shard.AfterTick(at, tick)
	if h.Watermark != shard.NoWatermark {
		p = max(p, shard.FloorTick(h.Watermark, tick))
	}
	if h.End {
		p = max(p, shard.AfterTick(h.Last, tick))
	}
	return p
}

// appointment is a timer: for a tick, and until it fires the output watermark is
// held at hold. Each has a timer of its own, by its tag: a timer that is set again
// moves, and on a runner whose watermark lags it would be moved ahead of the
// watermark for ever. OnTimer learns the tick from the tag, as what it is given as
// time is the hold.
type appointment struct{ tick, hold int64 }

func (a appointment) tag() string {
	return strconv.FormatInt(a.tick, 36) + "/" + strconv.FormatInt(a.hold, 36)
}

func (f *matchFn) setTimer(tp timers.Provider, a appointment) {
	at, hold := time.UnixMilli(a.tick).Add(f.Config.Behind), time.UnixMilli(a.hold).Add(f.Config.Behind)
	f.Timer.Set(tp, at, timers.WithTag(a.tag()), timers.WithOutputTimestamp(hold))
}

func tickOfTag(tag string) (int64, error) {
	text, _, _ := strings.Cut(tag, "/")
	tick, err := strconv.ParseInt(text, 36, 64)
	if err != nil {
		return 0, fmt.Errorf("transforms: timer with tag %q: want a tick", tag)
	}
	return tick, nil
}

// OnTimer works a tick. hold is where the timer held the output watermark.
func (f *matchFn) OnTimer(ctx context.Context, hold beam.EventTime, sp state.Provider, tp timers.Provider, n int64, tc timers.Context,
	success, timeout func(beam.EventTime, *order.Outcome), reject func(order.Reject), open func([]order.Event)) error {
	defer f.traffic.report(ctx)
	tick, err := tickOfTag(tc.Tag)
	if err != nil {
		return f.run.Fail(err)
	}
	if f.Config.Live && tick+f.Config.Behind.Milliseconds() > time.Now().UnixMilli() {
		return nil
	}
	im, err := f.image(sp, n)
	if err != nil {
		return f.run.Fail(err)
	}
	if tick < im.ahead || im.ahead == noTick && im.shard.Done(tick) {
		if im.logSize > 0 {
			im.keep(f.ID, n)
		}
		return nil
	}
	if im.next.tick == tick {
		im.next = appointment{}
	}
	if err := f.finish(ctx, sp, n, im, tick, func(p *part) error {
		return p.emit(hold, &im.maker, success, timeout, reject, open)
	}); err != nil {
		return f.run.Fail(err)
	}
	if next, hold, ok := im.shard.Next(); ok {
		if im.promised != shard.NoWatermark {
			next = max(next, shard.FloorTick(im.promised, f.Config.Tick.Milliseconds()))
		}
		im.next = appointment{next, hold}
		f.setTimer(tp, im.next)
	}
	return nil
}
