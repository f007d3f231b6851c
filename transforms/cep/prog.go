package cep

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"

	"ordertimeout/transforms/cep/cond"
	"ordertimeout/transforms/cep/program"
	"ordertimeout/transforms/cep/syntax"
)

// Prog is a compiled pattern. It is immutable and may be used by many goroutines at once.
//
// There are two ways to run it. The machine runs every pattern. A pattern that leaves no
// choice is run from a table (see linear), which is faster and has smaller states.
type Prog struct {
	pattern     syntax.Pattern
	text        string
	windowless  string // text without the window
	places      []syntax.Place
	within      int64 // milliseconds; zero: none
	remember    int64 // milliseconds
	maxBranches int
	maxEvents   int // and the other bounds, which are constants but for tests
	maxKept     int
	maxGiven    int
	fields      cond.Fields
	timeless    bool

	// What is told of a run beside its end: see Config.
	started, cancelled bool
	remind             []int64 // ages in milliseconds, ascending
	resolve            int64   // milliseconds; zero: no timeout is resolved
	name               func(*Outcome) string
	early              int64 // milliseconds; zero: no event is held
	// window gives each run its own window; nil: within is that of all. rememberOwn is
	// Config's.
	window      *cond.Cond
	maxWindow   int64 // milliseconds
	rememberOwn bool

	every    bool
	skip     syntax.Skip
	skipStep int // the number of skip's step
	// straight says that a key has one branch at most. Then late events may be applied, and
	// the Refs of a run's events are let go of with it.
	straight bool

	// linear is the table; nil for a pattern that needs the machine, and where a setting
	// does. tabled says that the pattern has one, whoever runs it.
	linear  *linear
	tabled  bool
	program *program.Program
	// mark tells the states of the keys of this program from those of one that has other
	// states or ways.
	mark uint32
	// inert says that an event which no step names leaves all branches as they are.
	inert bool
	// relaxed are the steps under followedBy and notFollowedBy.
	relaxed []bool
	// dependent are the tests whose results are not the same for all branches.
	dependent []int

	// positions are where events of a type stand among those of the same moment: at the
	// first step that names the type. foreign is that of a type that no step names.
	positions map[string]int
	foreign   int
	types     []string // the same, for a linear pattern of few steps, where comparing is faster
}

// Compile returns the program of a pattern.
func Compile(pattern syntax.Pattern, c Config) (*Prog, error) { return compile(pattern, c, true) }

// compile is Compile, with or without the table.
func compile(pattern syntax.Pattern, c Config, table bool) (*Prog, error) {
	if err := pattern.Validate(); err != nil {
		return nil, err
	}
	if err := c.validate(pattern); err != nil {
		return nil, err
	}
	code, err := program.Compile(pattern)
	if err != nil {
		return nil, err
	}
	p := &Prog{
		pattern: pattern, text: pattern.String(), windowless: withoutWindow(pattern).String(), places: pattern.Places(),
		within: pattern.Within.Milliseconds(), remember: c.Remember.Milliseconds(), maxBranches: c.MaxBranches, maxEvents: MaxEvents, maxKept: MaxKept, maxGiven: MaxGiven, fields: c.Fields,
		timeless: c.Timeless,
		every:    pattern.Every, skip: pattern.Skip, straight: pattern.Straight(), program: code,
	}
	if p.maxBranches == 0 {
		p.maxBranches = DefaultMaxBranches
	}
	for i, place := range p.places {
		p.relaxed = append(p.relaxed, place.Link == syntax.FollowedBy || place.Link == syntax.NotFollowedBy)
		if place.Name == pattern.Skip.Step {
			p.skipStep = i
		}
	}
	for i := range code.Tests {
		if !code.Tests[i].Alone() {
			p.dependent = append(p.dependent, i)
		}
	}
	p.inert = !slices.ContainsFunc(code.States, func(s program.State) bool { return !s.Inert }) &&
		!slices.ContainsFunc(code.Steps, func(s program.Step) bool { return s.Any })
	p.started, p.cancelled, p.resolve, p.name = c.Started, c.Cancelled, c.Resolve.Milliseconds(), c.Name
	p.early = c.Early.Milliseconds()
	if c.Window != "" {
		if p.window, err = CompileWindow(c.Window, pattern); err != nil {
			return nil, fmt.Errorf("cep: window: %w", err)
		}
		p.maxWindow, p.rememberOwn = cmp.Or(c.MaxWindow, cond.MaxDuration).Milliseconds(), c.RememberOwn
	}
	for _, age := range c.Remind {
		p.remind = append(p.remind, age.Milliseconds())
	}
	p.orderTypes()
	p.mark = uint32(xxhash.Sum64String(p.windowless + "\n" + code.String()))
	linear := compileLinear(p)
	if p.tabled = linear != nil; table && !c.life() {
		p.linear = linear
	}
	return p, nil
}

// withoutWindow returns a pattern without its window, which its open runs outlive.
func withoutWindow(p syntax.Pattern) syntax.Pattern {
	p.Within = 0
	return p
}

// orderTypes finds the positions of types among events of one moment. Types that no step
// names stand at the first step of any type, or else last.
func (p *Prog) orderTypes() {
	p.positions, p.foreign = map[string]int{}, len(p.places)
	for i, place := range slices.Backward(p.places) {
		for _, typ := range place.Step.Types {
			p.positions[typ] = i
		}
		if len(place.Step.Types) == 0 {
			p.foreign = i
		}
	}
	if len(p.places) < manySteps && p.pattern.Linear() {
		for _, place := range p.places {
			if len(place.Step.Types) != 1 {
				p.types = nil
				return
			}
			p.types = append(p.types, place.Step.Types[0])
		}
	}
}

// manySteps is the number of steps from which looking a type up is faster than comparing.
const manySteps = 16

// Pattern returns the pattern that p was compiled from. It is not to be changed.
func (p *Prog) Pattern() syntax.Pattern { return p.pattern }

// Text returns the pattern's canonical text.
func (p *Prog) Text() string { return p.text }

// Steps returns the pattern's steps in its order, by the numbers of Taken.Step and
// Outcome.Waiting. They are not to be changed.
func (p *Prog) Steps() []program.Step { return p.program.Steps }

// Timeless is that of the Config.
func (p *Prog) Timeless() bool { return p.timeless }

// Straight reports whether a key has one run with one branch at most: then the events of
// open runs are all that is needed to go on with them, unless there is a notNext, which may
// have been passed already.
func (p *Prog) Straight() bool { return p.straight }

// position returns where events of a type stand among those of one moment.
func (p *Prog) position(typ string) int {
	if p.types != nil {
		for i := range p.types {
			if p.types[i] == typ {
				return i
			}
		}
		return p.foreign
	}
	if i, ok := p.positions[typ]; ok {
		return i
	}
	return p.foreign
}

// String dumps the program.
func (p *Prog) String() string {
	if p.linear != nil {
		return p.linear.String()
	}
	return p.program.String()
}
