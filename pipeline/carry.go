package pipeline

import (
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
// before all else that is opened. The file must be of the same kind of input, and what it has
// of rules that are no more is to be forgotten; the plan that is returned has Warnings about
// that, also beside an error.
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
		p.Warnings = p.unforgotten(nil, nil)
		return p, k, nil
	}
	removed, err := p.goOn(k, start)
	if err == nil {
		p.Warnings, p.Forgotten = p.unforgotten(start, removed), p.notAmongRules(namesOf(removed))
		if err := p.lose(start, removed); err != nil {
			return p, nil, err
		}
		p.source, err = p.source.GoOn(start.Position, start.Watermark)
	}
	if err != nil {
		return p, nil, fmt.Errorf("-carry %s: %w", p.carry.Path, err)
	}
	return p, k, nil
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
