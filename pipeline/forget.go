package pipeline

import (
	"errors"
	"fmt"
	"slices"

	"ordertimeout/transforms"
	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/rules"
	"ordertimeout/transforms/shard"
)

// Forgets reports whether a name is one that is given up: see Config.Forget.
func (p Plan) Forgets(name string) bool { return slices.Contains(p.forget, name) }

// validateForget checks that there is something to go on from.
func (c Config) validateForget() error {
	switch {
	case slices.Contains(c.Forget, ""):
		return errors.New("-forget \"\": want a rule, or a file that is no input any more")
	case len(c.Forget) > 0 && c.Carry == "" && c.runner() == RunnerPrism:
		return fmt.Errorf("-forget %q: only a run that goes on has anything to forget: want -carry FILE", c.Forget[0])
	}
	return nil
}

// goOn lets the keeper begin with the states of a file. It returns the rules that are no more,
// and had something.
func (p Plan) goOn(k *carry.Keeper, start *carry.File) (removed []shard.Removed, err error) {
	if start.Source != p.carry.Source {
		return nil, fmt.Errorf("it is of an input of %s, and -input is one of %s: want the same input, or another file", start.Source, p.carry.Source)
	}
	steps := start.Steps()
	var shards [][]byte
	alone := true // those whose key is no more
	for _, m := range p.matches {
		key := keyOf(m)
		if len(steps[key]) == 0 {
			shards = append(shards, make([][]byte, m.Shards)...)
			continue
		}
		m.Before = p.written(start, m)
		states, gone, err := transforms.GoOn(steps[key], m)
		if err != nil {
			return nil, err
		}
		shards, removed, alone = append(shards, states...), shard.AddRemoved(removed, gone), false
		delete(steps, key)
	}
	for key, states := range steps {
		gone, err := p.leave(start, key, states, alone)
		if err != nil {
			return nil, err
		}
		removed = shard.AddRemoved(removed, gone)
	}
	k.GoOn(shards, removed)
	return removed, nil
}

// leave returns what the rules of a key have, of which none is there any more. Where they are
// alone nobody else has the events that wait for their tick.
func (p Plan) leave(start *carry.File, key string, states [][]byte, alone bool) ([]shard.Removed, error) {
	m := p.matches[0]
	m.ByOrder, m.Before = key == KeyOrder, nil
	written, err := transforms.RulesOf(states)
	if err != nil {
		return nil, err
	}
	if len(written) == 0 {
		written = p.written(start, m)
	}
	m.Rules = written
	removed, waiting, err := transforms.Leave(states, m)
	if err != nil || !alone || waiting == 0 {
		return removed, err
	}
	for i := range written {
		removed = shard.AddRemoved(removed, []shard.Removed{{Rule: written[i].Name, Undecided: waiting}})
	}
	return removed, nil
}

// lose returns an error for each rule that is no more, has something, and is not to be
// forgotten. A pattern has no name by which it could be.
func (p Plan) lose(start *carry.File, removed []shard.Removed) (err error) {
	for _, r := range removed {
		has := fmt.Sprintf("%d open orders and %d undecided events", r.Runs, r.Undecided)
		switch {
		case r.Rule == "":
			err = errors.Join(err, fmt.Errorf("-carry %s: its %s are of -pattern %q -key %s: want the same, but for the window, or another file", p.carry.Path, has, start.Pattern, start.Key))
		case !p.Forgets(r.Rule):
			err = errors.Join(err, fmt.Errorf("-carry %s: rule %s is no more, and has %s: want the rule, with its pattern but for the window and its key, or -forget %s to give them up", p.carry.Path, r.Rule, has, r.Rule))
		}
	}
	return err
}

// unforgotten returns a line for each name of Config.Forget that gives up nothing, as one that
// is misspelt, or that an earlier run has given up; start is nil where there is no file.
func (p Plan) unforgotten(start *carry.File, removed []shard.Removed) (lines []string) {
	var known []string
	if start != nil {
		for _, states := range start.Steps() {
			written, _ := transforms.RulesOf(states) // they have been read
			for i := range written {
				known = append(known, written[i].Name)
			}
		}
	}
	for _, name := range p.forget {
		switch {
		case start == nil:
			lines = append(lines, fmt.Sprintf("-forget %s: there is no carry file yet", name))
		case slices.Contains(namesOf(removed), name) || p.source.Knows(start.Position, name):
		case slices.Contains(known, name):
			lines = append(lines, fmt.Sprintf("-forget %s: nothing of rule %s is forgotten: it goes on, or had no open orders", name, name))
		default:
			lines = append(lines, fmt.Sprintf("-forget %s: nothing of that name in the carry file", name))
		}
	}
	return lines
}

// namesOf returns the names of rules that are no more.
func namesOf(removed []shard.Removed) (names []string) {
	for _, r := range removed {
		names = append(names, r.Rule)
	}
	return names
}

// notAmongRules returns names as rules of which nothing else is known, but for those that there
// is a rule of.
func (p Plan) notAmongRules(names []string) (others []rules.Rule) {
	for _, name := range names {
		if of := func(r rules.Rule) bool { return r.Name == name }; !slices.ContainsFunc(p.Rules, of) && !slices.ContainsFunc(others, of) {
			others = append(others, rules.Rule{Name: name})
		}
	}
	return others
}
