package transforms

import (
	"fmt"
	"strconv"
	"time"

	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
)

// PatternConfig are the settings of FindPattern. Only Pattern must be set.
type PatternConfig struct {
	// Pattern is the text of the pattern; see package cep.
	Pattern string
	// Remember is for how long the events of what has ended are known, so that a
	// redelivery is seen as one; in whole milliseconds. Zero: not at all.
	Remember time.Duration
	// Tick is how often deadlines are looked at, in event time: what comes out is at most
	// this much behind the watermark. In whole milliseconds. A tick costs a call of each
	// shard that has something to do, so a log of a year wants long ones. Zero: a sixtieth
	// of the pattern's shortest window, from 10 ms to 10 s.
	Tick time.Duration
	// Shards is the number of groups of keys. State and work are kept by shard, so it
	// bounds the parallelism and should be a few times the number of cores. It must stay
	// the same when a job is updated. Zero: 16.
	Shards int
	// MaxBranches is how many ways of matching a key may have open: see cep.Config. Zero:
	// its default.
	MaxBranches int
	// WallClock says that the events are of now, as those of a message queue are. Then
	// nothing times out before the clock of the worker has reached its deadline: a runner
	// that drains a job sets the watermark to the end of time. Leave it false for a log.
	WallClock bool
}

const defaultShards = 16

// Validate returns what is wrong with the settings, or nil.
func (c PatternConfig) Validate() error {
	switch {
	case c.Tick < 0:
		return fmt.Errorf("transforms: tick %v: want whole milliseconds, at least one, or zero for the default", c.Tick)
	case c.Shards < 0:
		return fmt.Errorf("transforms: %d shards: want at least one, or zero for %d", c.Shards, defaultShards)
	}
	return c.match().Validate()
}

// match returns the settings of the stateful step. They make no outcomes and rejects of
// orders.
func (c PatternConfig) match() MatchConfig {
	m := MatchConfig{
		Rules: []Rule{{
			Settings: Settings{Pattern: c.Pattern, Remember: c.Remember, MaxBranches: c.MaxBranches},
			Unread:   []order.Kind{order.Success, order.Timeout},
		}},
		Tick: c.Tick, Shards: c.Shards, WallClock: c.WallClock, OpenUnread: true, RejectsUnread: true, plain: true,
	}
	if m.Tick == 0 {
		m.Tick = min(max((c.shortestWindow()/60).Truncate(time.Millisecond), 10*time.Millisecond), 10*time.Second)
	}
	if m.Shards == 0 {
		m.Shards = defaultShards
	}
	return m
}

// shortestWindow returns that of the pattern and its links, or the longest time where there
// is none.
func (c PatternConfig) shortestWindow() time.Duration {
	shortest := time.Duration(1<<63 - 1)
	pattern, err := syntax.Parse(c.Pattern)
	if err != nil {
		return shortest
	}
	if pattern.Within > 0 {
		shortest = pattern.Within
	}
	for _, place := range pattern.Places() {
		if place.Within > 0 {
			shortest = min(shortest, place.Within)
		}
	}
	return shortest
}

// hasConditions reports whether the pattern looks into the data of events.
func (c PatternConfig) hasConditions() bool {
	pattern, err := syntax.Parse(c.Pattern)
	if err != nil {
		return false
	}
	for _, place := range pattern.Places() {
		if place.Step.Where != "" {
			return true
		}
	}
	return len(pattern.Untils()) > 0
}

// memberIDs returns what conditions find as userId and orderId: no more than the members of
// these names, as texts. It ignores the key.
func memberIDs(_ string, data []byte) (userID, orderID string) {
	var values [2]any
	order.Members(data, []string{"userId", "orderId"}, values[:])
	return idText(values[0]), idText(values[1])
}

func idText(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case int:
		return strconv.Itoa(value)
	}
	return ""
}
