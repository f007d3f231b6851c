package cond

import (
	"fmt"
	"slices"

	"github.com/expr-lang/expr/vm"
)

// Step is a step of the pattern that a condition may name.
type Step struct {
	// Name is what the condition calls it: an identifier.
	Name string
	// List says that the step can take several events: the name is a list. Otherwise it
	// is the event that the step took, or nil.
	List bool
}

// Names are the names that a condition finds beside the members of the current event.
type Names struct {
	// Steps are the steps that it may name.
	Steps []Step
	// Refused are names that it may not use, each with the reason, which becomes the
	// text of the error.
	Refused map[string]string
}

// Error is what is wrong with the text of a condition.
type Error struct {
	// Offset is where, in characters from 0.
	Offset int
	// Text says what, in one line.
	Text string
}

// Error returns the text with its place, in characters from 1.
func (e *Error) Error() string { return fmt.Sprintf("cond: character %d: %s", e.Offset+1, e.Text) }

// Cond is a compiled condition. It is immutable: goroutines may share it.
type Cond struct {
	text    string
	program *vm.Program
	steps   []int    // indexes into names.Steps, ascending
	names   []Step   // the steps of these indexes
	members []string // of the current event that it reads
	decoded decoded  // what else of the current event
	near    []string // the steps' names, which that of an absent member may be a slip of
}

// Alone reports whether the condition looks at the current event only.
func (c *Cond) Alone() bool { return len(c.steps) == 0 }

// Steps returns the steps that the condition looks at: indexes into Names.Steps,
// ascending.
func (c *Cond) Steps() []int { return slices.Clone(c.steps) }

// String returns the condition's text, without white space around it.
func (c *Cond) String() string { return c.text }

// decoded is a set of what an event has beside its members.
type decoded uint8

const (
	hasType decoded = 1 << iota
	hasTime
	hasID
	hasUserID
	hasOrderID
	hasEvent // the whole of it
)

// decodedNames are the names of the set's elements.
var decodedNames = map[string]decoded{
	"type": hasType, "time": hasTime, "id": hasID, "userId": hasUserID, "orderId": hasOrderID, "event": hasEvent,
}

// The limits of a condition's text.
const (
	// MaxText is the most characters.
	MaxText = 20_000
	// MaxNodes is the most nodes of the syntax tree: names, literals, operators, calls.
	MaxNodes = 200

	maxTokens = 4 * MaxNodes // which bounds how deep brackets nest, too
	maxRegexp = 1000         // bytes of a regular expression
	maxInsts  = 5000         // instructions of one
)

// Compile returns the condition with a text. Its error is an *Error.
func Compile(text string, names Names) (*Cond, error) {
	c := compiler{text: text, names: names}
	made := c.compile()
	if c.err != nil {
		return nil, c.err
	}
	return made, nil
}
