package pipeline

import (
	"cmp"
	"fmt"
	"slices"

	"ordertimeout/transforms"
	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/process"
)

// Carries reports whether the run has a carry file.
func (p Plan) Carries() bool { return p.carry.Path != "" }

// validateCarry checks what a carry file does not go with.
func (p Plan) validateCarry(c Config) error {
	switch {
	case c.runner() != RunnerPrism:
		return fmt.Errorf("-carry %s: want the embedded runner: -runner %s has checkpoints of its own", c.Carry, c.Runner)
	case c.AtEnd == AtEndTimeout:
		return fmt.Errorf("-at-end timeout with -carry %s: where all time out, none is open and the next run has nothing to go on with", c.Carry)
	case c.FormatOut == FormatTable:
		return fmt.Errorf("-format-out table with -carry %s: a run that goes on adds to what is there, which is lines of JSON", c.Carry)
	}
	for _, output := range p.each() {
		if file := output.Traits().File; file == c.Carry || file == c.Carry+carry.LockSuffix {
			return fmt.Errorf("-%s %s is the carry file, or its lock: want another file", output.Flag, file)
		}
	}
	return nil
}

// OpenCarry opens the carry file of the plan for a run: see carry.Open. It returns the plan
// of a run that goes on from it, and a nil keeper where the plan has no carry file. Call it
// before all else that is opened. The file must be of the same kind of input, key and, but
// for its window, pattern; or it has no open orders.
func (p Plan) OpenCarry(run *process.Run) (Plan, *carry.Keeper, error) {
	if !p.Carries() {
		return p, nil, nil
	}
	k, err := carry.Open(run, p.carry)
	if err != nil {
		return p, nil, err
	}
	start := k.Start()
	if start == nil {
		return p, k, nil
	}
	if err := p.goOn(k, start); err != nil {
		return p, nil, fmt.Errorf("-carry %s: %w", p.carry.Path, err)
	}
	if p.source, err = p.source.GoOn(start.Position, start.Watermark); err != nil {
		return p, nil, fmt.Errorf("-carry %s: %w", p.carry.Path, err)
	}
	return p, k, nil
}

// goOn lets the keeper begin with the states of a file.
func (p Plan) goOn(k *carry.Keeper, start *carry.File) error {
	if start.Source != p.carry.Source {
		return fmt.Errorf("it is of an input of %s, and -input is one of %s: want the same input, or another file", start.Source, p.carry.Source)
	}
	steps := start.Steps()
	var shards [][]byte
	for _, m := range p.matches {
		key := keyOf(m)
		if len(steps[key]) == 0 {
			shards = append(shards, make([][]byte, m.Shards)...)
			continue
		}
		m.Before = p.written(start, m)
		states, removed, err := transforms.GoOn(steps[key], m)
		if err != nil {
			return err
		}
		for _, r := range removed {
			if err := refuseRemoval(start, r.Rule, r.Runs, 0); err != nil {
				return err
			}
		}
		shards = append(shards, states...)
		delete(steps, key)
	}
	for key, states := range steps {
		if err := p.leave(start, key, states); err != nil {
			return err
		}
	}
	k.GoOn(shards)
	return nil
}

// leave refuses the end of all rules with a key, if they have anything.
func (p Plan) leave(start *carry.File, key string, states [][]byte) error {
	m := p.matches[0]
	m.ByOrder, m.Before = key == KeyOrder, nil
	rules, err := transforms.RulesOf(states)
	if err != nil {
		return err
	}
	if len(rules) == 0 {
		rules = p.written(start, m)
	}
	m.Rules = rules
	standing, err := transforms.LookAt(states, m)
	for _, has := range standing {
		err = cmp.Or(err, refuseRemoval(start, has.Rule, has.Open, has.Waiting))
	}
	return err
}

// refuseRemoval returns an error where a rule that is no more has open orders.
func refuseRemoval(start *carry.File, rule string, open, waiting int64) error {
	switch {
	case open == 0 && waiting == 0:
		return nil
	case rule == "":
		return fmt.Errorf("its %d open orders and %d undecided events are of -pattern %q -key %s: want the same, but for the window, or another file", open, waiting, start.Pattern, start.Key)
	}
	return fmt.Errorf("rule %s is no more, and has %d open orders and %d undecided events: want the rule, with its pattern but for the window and its key, or another file", rule, open, waiting)
}

// writtenPattern returns what a carry file has as the pattern.
func (p Plan) writtenPattern() string {
	if p.Ruled() {
		return ""
	}
	return p.matches[0].Rules[0].Pattern
}

// written returns the rules of states that do not say which they are of: an older build has
// written them, by the pattern that the file names.
func (p Plan) written(start *carry.File, m transforms.MatchConfig) []transforms.Rule {
	if start.Pattern == "" {
		return nil // then they say it
	}
	return transforms.Only(start.Pattern, m.Rules[0].Remember)
}

// keyOf returns the key of the orders of a step, as -key has it.
func keyOf(m transforms.MatchConfig) string {
	if m.ByOrder {
		return KeyOrder
	}
	return KeyUser
}

// own returns the files that the run writes.
func (p Plan) own(c Config) []string {
	own := slices.Clone(c.Beside)
	for _, output := range p.each() {
		if file := output.Traits().File; file != "" {
			own = append(own, file)
		}
	}
	if c.Carry != "" {
		own = append(own, c.Carry, c.Carry+carry.LockSuffix)
	}
	return own
}

// mode returns what becomes of what is in the outputs when they are opened.
func (p Plan) mode() localfile.Mode {
	if p.ReadOnce() || p.Carries() {
		return localfile.Append
	}
	return localfile.Replace
}
