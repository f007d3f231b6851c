package syntax

import (
	"strings"
	"time"
)

// Pattern is a pattern as plain data. Equal patterns have the same canonical text
// (String), and Parse reads that back to an equal Pattern.
type Pattern struct {
	// Every says that each event that fits the first step opens a run of its own.
	// Without it a key has one run at a time.
	Every bool
	// Sequence are the elements, one or more. The Link of the first is Begin.
	Sequence []Element
	// Within is the window of the whole pattern, from the first event to before the
	// deadline, in whole milliseconds. Zero: the links' windows bound it.
	Within time.Duration
	// Skip says where the search goes on after a match; only with Every.
	Skip Skip
}

// Element is a step or a group of a sequence, or a negation.
type Element struct {
	// Link says how the element follows what is before it: Begin for the first of the
	// pattern or of a group.
	Link Link
	// Within is the link's window, in whole milliseconds: from the event taken last to
	// before the deadline. Zero: none.
	Within time.Duration
	// Step is the step, where Group is nil.
	Step Step
	// Group is the sequence of a group.
	Group []Element
	// Loop says how often the element is taken. The zero value: once.
	Loop Quantifier
}

// Step is what an event has to be.
type Step struct {
	// Types are the event types, one of which the event has. None: any type.
	Types []string
	// Where is the condition, in the language of package cond, without spaces around it.
	// Empty: none.
	Where string
	// As is the name that the pattern gives the step. Empty: see Name.
	As string
}

// Name returns what the step is called: As, or else its types joined by "|", or "any".
func (s Step) Name() string {
	switch {
	case s.As != "":
		return s.As
	case len(s.Types) == 0:
		return "any"
	}
	return strings.Join(s.Types, "|")
}

// Link is how an element follows what is before it. Package cep says what each means.
type Link uint8

// The links. The last two are negations.
const (
	Begin Link = iota
	Next
	FollowedBy
	FollowedByAny
	NotNext
	NotFollowedBy
)

// Negated reports whether the element is one that must not come.
func (l Link) Negated() bool { return l == NotNext || l == NotFollowedBy }

// Quantifier says how often an element is taken, and how the events of its loop follow
// each other. In its canonical form, which Parse gives, an element that is taken once
// has zero Min and Max.
type Quantifier struct {
	// Min and Max bound how often: 1 <= Min <= Max <= MaxTimes, or Max is Unbounded.
	// Zero and zero: once.
	Min, Max int
	// Optional says that the element may be left out.
	Optional bool
	// Greedy says that an event which the loop can take is not left to what follows.
	Greedy bool
	// Inner is how the events of the loop follow each other.
	Inner Inner
	// Until is a condition that ends the loop. Empty: none.
	Until string
}

// The bounds of a Quantifier.
const (
	Unbounded = -1
	MaxTimes  = 1000
)

// Times returns the bounds with the zero value made explicit: once is 1, 1.
func (q Quantifier) Times() (least, most int) {
	if q.Min == 0 && q.Max == 0 {
		return 1, 1
	}
	return q.Min, q.Max
}

// Inner is how the events of a loop follow each other.
type Inner uint8

// The inner contiguities.
const (
	Relaxed      Inner = iota // as by followedBy
	Consecutive               // as by next
	Combinations              // as by followedByAny
)

// Skip says which runs and matches a match removes.
type Skip struct {
	// To is NoSkip, or by which event of the match.
	To SkipTo
	// Step is the name of a step, of SkipToFirst and SkipToLast.
	Step string
}

// SkipTo is a rule of Skip. A match removes the runs, and the matches held back, that
// begin before a bound.
type SkipTo uint8

// The rules.
const (
	NoSkip       SkipTo = iota // removes nothing
	SkipToNext                 // what begins with or before the match's first event
	SkipPastLast               // what begins with or before the match's last event
	SkipToFirst                // what begins before the first event of Step
	SkipToLast                 // what begins before the last event of Step
)
