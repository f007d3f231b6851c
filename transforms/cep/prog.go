package cep

import (
	"fmt"
	"strings"
	"time"
)

// Prog is a compiled pattern: for every situation of a key and every kind of
// event, what to do. It is immutable and may be used by many goroutines at once.
type Prog struct {
	pattern  Pattern
	text     string
	within   int64 // milliseconds
	remember int64 // milliseconds

	// onTime and late are the decisions: [waiting][position]. waiting is the
	// index of the step that the open run waits for, 0 without an open run;
	// position is the index of the event's type in the pattern, or the number
	// of steps for a type that the pattern does not name.
	onTime, late [][]decision

	// positions are the indexes of the types of a pattern with many steps; nil for
	// one with few, where comparing is faster.
	positions map[string]int
}

// manySteps is the number of steps from which a pattern has Prog.positions.
const manySteps = 16

// decision is what to do with an event, and what has become of it then.
type decision struct {
	action action
	class  Class
}

// action is what an event does to the open run of its key.
type action uint8

const (
	ignore  action = iota // nothing
	open                  // opens a run
	take                  // is the step that the run waits for
	breaks                // ends the run without an outcome
	restart               // breaks the run and opens the next one
)

func (a action) String() string {
	return [...]string{"ignore", "open", "take", "break", "restart"}[a]
}

// Class is what has become of an event. Every event has one.
type Class uint8

const (
	// Other: a type that the pattern does not name, or a later step out of turn.
	Other Class = iota
	// Started: a first step that opened a run.
	Started
	// Advanced: a later step that its run has taken.
	Advanced
	// Duplicate: a redelivery, or a step that the open run has taken already.
	Duplicate
	// Orphan: a later step without an open run.
	Orphan
	// Late: a late event that could not be applied any more.
	Late
	// Classes is the number of classes.
	Classes
)

// String returns the class's name in counters and rejects.
func (c Class) String() string {
	return [...]string{"other", "started", "advanced", "duplicate", "orphan", "late"}[c]
}

// Compile returns the program of a pattern. remember is for how long a run's
// events are known after its end, so that a redelivery is seen as one; not
// negative, in whole milliseconds.
func Compile(p Pattern, remember time.Duration) (*Prog, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if remember < 0 || remember%time.Millisecond != 0 {
		return nil, fmt.Errorf("cep: remember %v: want whole milliseconds, not negative", remember)
	}
	prog := &Prog{pattern: p, text: p.String(), within: p.Within.Milliseconds(), remember: remember.Milliseconds()}
	if len(p.Steps) >= manySteps {
		prog.positions = make(map[string]int, len(p.Steps))
		for i, s := range p.Steps {
			prog.positions[s.Type] = i
		}
	}
	for waiting := range p.Steps {
		var onTime, late []decision
		for pos := 0; pos <= len(p.Steps); pos++ {
			onTime = append(onTime, decideOnTime(p, waiting, pos))
			late = append(late, decideLate(p, waiting, pos))
		}
		prog.onTime = append(prog.onTime, onTime)
		prog.late = append(prog.late, late)
	}
	return prog, nil
}

// decideOnTime is the meaning of next and followedBy.
func decideOnTime(p Pattern, waiting, pos int) decision {
	foreign := pos == len(p.Steps)
	if waiting == 0 {
		switch {
		case pos == 0:
			return decision{open, Started}
		case foreign:
			return decision{ignore, Other}
		}
		return decision{ignore, Orphan}
	}
	strict := p.Steps[waiting].Contiguity == Next
	switch {
	case pos == waiting:
		return decision{take, Advanced}
	case strict && pos == 0:
		return decision{restart, Started}
	case strict:
		return decision{breaks, Other}
	case pos < waiting:
		return decision{ignore, Duplicate}
	}
	return decision{ignore, Other}
}

// decideLate is what an event that came behind the watermark may still do. open
// and take have further conditions, which depend on times: see Step.
func decideLate(p Pattern, waiting, pos int) decision {
	switch {
	case pos == len(p.Steps):
		return decision{ignore, Other}
	case waiting == 0 && pos == 0:
		return decision{open, Started}
	case pos == 0:
		return decision{ignore, Duplicate}
	case waiting > 0 && pos == waiting && p.Steps[waiting].Contiguity == FollowedBy:
		return decision{take, Advanced}
	}
	return decision{ignore, Late}
}

// Pattern returns the pattern that p was compiled from. Its steps are not to be
// changed.
func (p *Prog) Pattern() Pattern { return p.pattern }

// Text returns the pattern's canonical text.
func (p *Prog) Text() string { return p.text }

// position returns the index of an event type in the pattern, or the number of
// steps for one that it does not name.
func (p *Prog) position(typ string) int {
	if p.positions != nil {
		if i, ok := p.positions[typ]; ok {
			return i
		}
		return len(p.pattern.Steps)
	}
	for i := range p.pattern.Steps {
		if p.pattern.Steps[i].Type == typ {
			return i
		}
	}
	return len(p.pattern.Steps)
}

// String dumps the program: a line for each step waited for ("-" is no open run)
// and kind of event ("*" is any other type), with what it does on time and late.
func (p *Prog) String() string {
	var b strings.Builder
	name := func(i int, none string, at int) string {
		if i == at {
			return none
		}
		return p.pattern.Steps[i].Type
	}
	for waiting := range p.onTime {
		for pos := range p.onTime[waiting] {
			on, late := p.onTime[waiting][pos], p.late[waiting][pos]
			fmt.Fprintf(&b, "%s %s: %s %s, late %s %s\n", name(waiting, "-", 0), name(pos, "*", len(p.pattern.Steps)), on.action, on.class, late.action, late.class)
		}
	}
	return b.String()
}
