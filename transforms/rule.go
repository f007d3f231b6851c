package transforms

import (
	"encoding/json"
	"fmt"
	"time"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
	"ordertimeout/transforms/shard/replica"
)

// Rule is a pattern that Match runs over each order, and what is made of it.
type Rule struct {
	// Name tells it from the others: it is in its outcomes, counters and metrics. Only a
	// single rule may have none.
	Name string
	// Settings are what its states depend on.
	Settings
	// Labels are written in each of its outcomes.
	Labels []order.Label
	// Unread are the kinds of outcome that nobody reads: they are counted, but none is made.
	Unread []order.Kind
}

// Settings are what the states of a rule depend on. They are kept with the states.
type Settings struct {
	// Pattern is the text of the pattern; see package cep.
	Pattern string
	// Remember is for how long an ended run's events are known, so that a
	// redelivery is seen as one; in whole milliseconds. Zero: not at all.
	Remember time.Duration
	// MaxBranches is how many branches a key may have: see cep.Config. Zero: its default.
	MaxBranches int `json:",omitempty"`
	// Started, Cancelled, Remind, Resolve and Early are those of cep.Config.
	Started, Cancelled bool            `json:",omitempty"`
	Remind             []time.Duration `json:",omitempty"`
	Resolve            time.Duration   `json:",omitempty"`
	Early              time.Duration   `json:",omitempty"`
	// Window, MaxWindow and RememberOwn are those of cep.Config, too.
	Window      string        `json:",omitempty"`
	MaxWindow   time.Duration `json:",omitempty"`
	RememberOwn bool          `json:",omitempty"`
}

// eventKind says what the events of a step are: no orders, where plain is set, or orders that
// are known by their ids alone; and how they are read.
type eventKind struct {
	plain, byOrder bool
	reader         order.Reader
}

// Only returns a pattern as the one rule of a MatchConfig. What remember is says Settings.
func Only(pattern string, remember time.Duration) []Rule {
	return []Rule{{Settings: Settings{Pattern: pattern, Remember: remember}}}
}

// compile returns the program of a rule.
func (r *Rule) compile(of eventKind) (shard.Rule, error) {
	pattern, err := syntax.Parse(r.Pattern)
	if err != nil {
		return shard.Rule{}, err
	}
	settings := cep.Config{
		Remember: r.Remember, MaxBranches: r.MaxBranches, Fields: replica.Fields(of.reader),
		Started: r.Started, Cancelled: r.Cancelled, Remind: r.Remind, Resolve: r.Resolve, Early: r.Early,
		Window: r.Window, MaxWindow: r.MaxWindow, RememberOwn: r.RememberOwn,
	}
	if of.plain {
		settings.Fields.IDs, settings.Timeless = memberIDs, true
	}
	var prog *cep.Prog
	settings.Name = func(timeout *cep.Outcome) string { return replica.NameOf(r.Name, prog, timeout, of.byOrder, of.reader) }
	prog, err = cep.Compile(pattern, settings)
	if err != nil {
		return shard.Rule{}, err
	}
	text, err := json.Marshal(r.Settings)
	return shard.Rule{Name: r.Name, Prog: prog, Settings: string(text)}, err
}

// settingsOf returns the rule of Settings that were kept with states.
func settingsOf(name, text string) (Rule, error) {
	r := Rule{Name: name}
	if err := json.Unmarshal([]byte(text), &r.Settings); err != nil {
		return r, fmt.Errorf("transforms: settings %q of rule %q: %w", text, name, err)
	}
	return r, nil
}

// compileSettings returns the rule of Settings that were kept with states.
func compileSettings(name, text string, of eventKind) (shard.Rule, error) {
	r, err := settingsOf(name, text)
	if err != nil {
		return shard.Rule{}, err
	}
	return r.compile(of)
}
