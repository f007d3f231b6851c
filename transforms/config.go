package transforms

import (
	"fmt"
	"time"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard/replica"
)

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
	// WallClock says that the events are of now, as those of a message queue are. Then no
	// run times out before the clock of the worker has reached its deadline, whatever the
	// watermark says: a runner that drains a job sets the watermark to the end of time.
	// Leave it false for a log, whose time has nothing to do with the clock.
	WallClock bool
	// Unread are the kinds of outcome that nobody reads, order.Open among them: they
	// are counted, but none is made.
	Unread []order.Kind
	// RejectsUnread says that nobody reads the rejects: they are counted, but none is
	// made, and what is held for them is let go of at once.
	RejectsUnread bool
	// WatermarkSlack is how far the watermark may be ahead of the events that are still to
	// come. A tick waits until the watermark is so much beyond it, so that such an event is
	// not late. Zero for a source whose watermark is never ahead of its events, as all in
	// this module but one are. In whole milliseconds.
	WatermarkSlack time.Duration
	// MaxBranches is how many branches a key may have: see cep.Config. Zero: its default.
	MaxBranches int
	// Names says what the events call their members: see order.DecoderConfig. Conditions
	// find them in the data of a CloudEvent, and outcomes have the user of orders that are
	// known by their id alone.
	Names string `json:",omitempty"`
	// Run is the id of the process.Run that the pipeline belongs to, if any.
	Run string

	// plain says that the events are no orders: see FindPattern.
	plain bool
}

// Validate returns what is wrong with the settings, or nil.
func (c MatchConfig) Validate() error {
	_, err := c.compile()
	_, names := order.ParseNames(c.Names)
	switch {
	case err != nil:
		return err
	case c.Tick < time.Millisecond || c.Tick%time.Millisecond != 0:
		return fmt.Errorf("transforms: tick %v: want whole milliseconds, at least one", c.Tick)
	case c.Shards < 1:
		return fmt.Errorf("transforms: %d shards: want at least one", c.Shards)
	case names != nil:
		return fmt.Errorf("transforms: %w", names)
	case c.WatermarkSlack < 0 || c.WatermarkSlack%time.Millisecond != 0:
		return fmt.Errorf("transforms: %v behind the watermark: want whole milliseconds, none or more", c.WatermarkSlack)
	}
	return nil
}

func (c MatchConfig) compile() (*cep.Prog, error) {
	pattern, err := syntax.Parse(c.Pattern)
	if err != nil {
		return nil, err
	}
	settings := cep.Config{Remember: c.Remember, MaxBranches: c.MaxBranches, Fields: replica.Fields(order.NewReader(c.Names))}
	if c.plain {
		settings.Fields.IDs, settings.Timeless = memberIDs, true
	}
	return cep.Compile(pattern, settings)
}

// replicas returns the settings of the shards.
func (c MatchConfig) replicas() (replica.Config, error) {
	prog, err := c.compile()
	return replica.Config{
		Prog: prog, Tick: c.Tick.Milliseconds(), ByOrder: c.ByOrder, Reader: order.NewReader(c.Names), Unread: c.Unread, RejectsUnread: c.RejectsUnread,
	}, err
}
