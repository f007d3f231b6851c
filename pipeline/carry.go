package pipeline

import (
	"fmt"
	"slices"

	"ordertimeout/transforms"
	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/cep/syntax"
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
	if start.Key != p.carry.Key || !samePattern(start.Pattern, p.match.Pattern) {
		of := p.match
		of.Pattern, of.ByOrder = start.Pattern, start.Key == KeyOrder
		switch has, err := transforms.LookAt(start.Shards, of); {
		case err != nil:
			return err
		case has.Open > 0 || has.Waiting > 0:
			return fmt.Errorf("its %d open orders and %d undecided events are of -pattern %q -key %s: want the same, but for the window, or another file", has.Open, has.Waiting, start.Pattern, start.Key)
		}
		k.GoOn(make([][]byte, p.carry.Shards))
		return nil
	}
	if len(start.Shards) == p.carry.Shards {
		return nil
	}
	shards, err := transforms.Reshard(start.Shards, p.match)
	if err == nil {
		k.GoOn(shards)
	}
	return err
}

// samePattern reports whether two texts are of one pattern, but for its window.
func samePattern(a, b string) bool {
	var patterns [2]syntax.Pattern
	for i, text := range []string{a, b} {
		p, err := syntax.Parse(text)
		if err != nil {
			return false
		}
		p.Within = 0
		patterns[i] = p
	}
	return patterns[0].String() == patterns[1].String()
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
