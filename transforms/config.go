package transforms

import (
	"errors"
	"fmt"
	"time"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
	"ordertimeout/transforms/shard/replica"
)

// MatchConfig are the settings of Match.
type MatchConfig struct {
	// Rules are what is run, at least one. Those of one Match have one kind of key.
	Rules []Rule
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
	// Joined are kinds of outcome that are not to have a PCollection of their own, and the kind
	// whose PCollection they come in, so that one sink gets those of a run in their order.
	Joined map[order.Kind]order.Kind
	// FirstShard is the number of the first shard, among those of all Match steps of a run
	// that is carried.
	FirstShard int
	// Before are the rules of states that an older build has carried, and that do not say
	// which they are of; none: Rules.
	Before []Rule
	// Forget are names of rules of states that others have written, which may go though they
	// have open runs: without it such a state is an error.
	Forget []string `json:",omitempty"`
	// Orderless says that events without an order id may come, too, as other rules know orders
	// by their users, or did when the state was carried: they take no part in any rule of this
	// Match. It is for ByOrder.
	Orderless bool
	// OpenUnread says that nobody reads the events of open runs, and RejectsUnread that nobody
	// reads the rejects: they are counted, but none is made, and what is held for them is let
	// go of at once.
	OpenUnread, RejectsUnread bool
	// WatermarkSlack is how far the watermark may be ahead of the events that are still to
	// come. A tick waits until the watermark is so much beyond it, so that such an event is
	// not late. Zero for a source whose watermark is never ahead of its events, as all in
	// this module but one are. In whole milliseconds.
	WatermarkSlack time.Duration
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
	case len(c.Rules) == 0:
		return errors.New("transforms: no rules: want at least one")
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

// Programs returns the patterns of the rules as Match runs them.
func (c MatchConfig) Programs() (programs []*cep.Prog, err error) {
	rules, err := c.compile()
	for _, r := range rules {
		programs = append(programs, r.Prog)
	}
	return programs, err
}

// compile returns the programs of the rules.
func (c MatchConfig) compile() ([]replica.Rule, error) {
	var rules []replica.Rule
	names := map[string]bool{}
	for i := range c.Rules {
		r := &c.Rules[i]
		if names[r.Name] || r.Name == "" && len(c.Rules) > 1 {
			return nil, fmt.Errorf("transforms: %d rules with the name %q: want a name for each", len(c.Rules), r.Name)
		}
		names[r.Name] = true
		rule, err := r.compile(c.events())
		if err != nil {
			return nil, err
		}
		rules = append(rules, replica.Rule{Rule: rule, Labels: r.Labels, Unread: r.Unread})
	}
	return rules, nil
}

func (c MatchConfig) events() eventKind {
	return eventKind{c.plain, c.ByOrder, order.NewReader(c.Names)}
}

// replicas returns the settings of the shards.
func (c MatchConfig) replicas() (replica.Config, error) {
	rules, err := c.compile()
	if err != nil {
		return replica.Config{}, err
	}
	before, of := []shard.Rule(nil), c.events()
	for i := range c.Before {
		rule, err := c.Before[i].compile(of)
		if err != nil {
			return replica.Config{}, err
		}
		before = append(before, rule)
	}
	return replica.Config{
		Rules: rules, Before: before, Further: c.FirstShard > 0, Tick: c.Tick.Milliseconds(), ByOrder: c.ByOrder, Reader: of.reader, Keyless: c.Orderless, Forget: c.Forget, OpenUnread: c.OpenUnread, RejectsUnread: c.RejectsUnread,
		Compile: func(name, settings string) (shard.Rule, error) { return compileSettings(name, settings, of) },
	}, nil
}
