package whole

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"ordertimeout/transforms/cep/ceptest"
)

// Pattern is a pattern, for how long its events are remembered, and its bounds.
type Pattern struct {
	// Every says that each event that fits the first step opens a run.
	Every bool
	// Sequence are the elements, one or more.
	Sequence []Element
	// Within is the window of the pattern, 0 without one.
	Within int64
	// Skip is what a match removes.
	Skip Skip
	// Remember is for how long the events of a run are known after its end. It is no
	// part of the text.
	Remember int64
	// MaxBranches and MaxTaken bound the branches of a key and the events of a branch;
	// 0 is 10,000 and 100,000. They are no part of the text.
	MaxBranches, MaxTaken int
	Life
}

// Element is a step, a group or a negation, with what stands around it.
type Element struct {
	Link Link
	// Within is the link's window, 0 without one.
	Within int64
	// Step is the step, where Group is nil.
	Step  Step
	Group []Element
	// Min and Max say how often: Max is Unbounded for no bound. Both are 1 for once.
	Min, Max                  int
	Optional, Greedy          bool
	Consecutive, Combinations bool
	// Until is the condition that ends the loop; the zero Condition without one.
	Until Condition
}

// Unbounded is the Max of a loop without an upper bound.
const Unbounded = -1

// Link is how an element follows what is before it.
type Link string

// The links. Begin is that of the first element of a pattern or group.
const (
	Begin         Link = "begin"
	Next          Link = "next"
	FollowedBy    Link = "followedBy"
	FollowedByAny Link = "followedByAny"
	NotNext       Link = "notNext"
	NotFollowedBy Link = "notFollowedBy"
)

// Negated reports whether the element must not come.
func (l Link) Negated() bool { return l == NotNext || l == NotFollowedBy }

// Step is what an event has to be. Name is what it is called, in a pattern always set.
type Step struct {
	// Types are the types, none for any.
	Types []string
	Where Condition
	Name  string
}

// names reports whether the step names a type.
func (s Step) names(typ string) bool { return slices.Contains(s.Types, typ) }

// Skip says what a match removes.
type Skip struct {
	To SkipTo
	// Step is the name of a step, of ToFirst and ToLast.
	Step string
}

// SkipTo is a rule of Skip, "" for none.
type SkipTo string

// The rules.
const (
	ToNext   SkipTo = "to next"
	PastLast SkipTo = "past last"
	ToFirst  SkipTo = "to first"
	ToLast   SkipTo = "to last"
)

// loop reports whether the element can be taken more than once.
func (el *Element) loop() bool { return el.Max != 1 }

// canBeEmpty reports whether a sequence can take nothing.
func canBeEmpty(seq []Element) bool {
	for _, el := range seq {
		if !el.Link.Negated() && !el.Optional && (el.Group == nil || !canBeEmpty(el.Group)) {
			return false
		}
	}
	return true
}

// place is a step of the pattern in its order, groups flattened.
type place struct {
	step    *Step
	link    Link
	negated bool
}

// places returns the steps of a sequence in their order.
func places(seq []Element) []place {
	var all []place
	for i := range seq {
		if seq[i].Group != nil {
			all = append(all, places(seq[i].Group)...)
			continue
		}
		all = append(all, place{&seq[i].Step, seq[i].Link, seq[i].Link.Negated()})
	}
	return all
}

// Linear reports whether the pattern is a sequence of steps under next and followedBy.
func (p Pattern) Linear() bool { return p.linearButNegations() && !p.negates() }

func (p Pattern) negates() bool {
	return slices.ContainsFunc(p.Sequence, func(el Element) bool { return el.Link.Negated() })
}

func (p Pattern) linearButNegations() bool {
	for _, el := range p.Sequence {
		if el.Group != nil || el.Link == FollowedByAny || el.Optional || el.loop() {
			return false
		}
	}
	return !p.Every
}

// Compare orders the events of a key, as they are to be given to a Key.
func (p Pattern) Compare(a, b ceptest.Event) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(p.position(a.Type), p.position(b.Type)),
		cmp.Compare(a.ID, b.ID), cmp.Compare(a.Data, b.Data))
}

// position is that of the first step that names the type, or else of the first any.
func (p Pattern) position(typ string) int {
	all := places(p.Sequence)
	for i, pl := range all {
		if pl.step.names(typ) {
			return i
		}
	}
	for i, pl := range all {
		if len(pl.step.Types) == 0 {
			return i
		}
	}
	return len(all)
}

// String returns the pattern in the words of the pattern language.
func (p Pattern) String() string {
	var b strings.Builder
	if p.Every {
		b.WriteString("every ")
	}
	writeSequence(&b, p.Sequence)
	if p.Within > 0 {
		b.WriteString(" within " + duration(p.Within))
	}
	if p.Skip.To != "" {
		b.WriteString(" skip " + string(p.Skip.To))
		if p.Skip.Step != "" {
			b.WriteString(" " + p.Skip.Step)
		}
	}
	return b.String()
}

func writeSequence(b *strings.Builder, seq []Element) {
	for i, el := range seq {
		if i > 0 {
			b.WriteString(" " + string(el.Link) + " ")
			if el.Within > 0 {
				b.WriteString("within " + duration(el.Within) + " ")
			}
		}
		if el.Group != nil {
			b.WriteString("(")
			writeSequence(b, el.Group)
			b.WriteString(")")
		} else {
			writeStep(b, el.Step)
		}
		writeQuantifier(b, el)
	}
}

func writeStep(b *strings.Builder, s Step) {
	name := defaultName(s.Types)
	b.WriteString(name)
	if s.Where.Text != "" {
		b.WriteString("[" + s.Where.Text + "]")
	}
	if s.Name != name {
		b.WriteString(" as " + s.Name)
	}
}

func defaultName(types []string) string {
	if len(types) == 0 {
		return "any"
	}
	return strings.Join(types, "|")
}

func writeQuantifier(b *strings.Builder, el Element) {
	optional := el.Optional
	switch {
	case el.Max == Unbounded && el.Min == 1 && optional:
		b.WriteString("*")
		optional = false
	case el.Max == Unbounded && el.Min == 1:
		b.WriteString("+")
	case el.Max == Unbounded:
		fmt.Fprintf(b, "{%d,}", el.Min)
	case el.Max == 1 && optional:
		b.WriteString("?")
		optional = false
	case el.Max > 1 && el.Min == el.Max:
		fmt.Fprintf(b, "{%d}", el.Max)
	case el.Max > 1:
		fmt.Fprintf(b, "{%d,%d}", el.Min, el.Max)
	}
	for _, m := range []struct {
		is   bool
		word string
	}{{optional, "optional"}, {el.Greedy, "greedy"}, {el.Consecutive, "consecutive"}, {el.Combinations, "combinations"}} {
		if m.is {
			b.WriteString(" " + m.word)
		}
	}
	if el.Until.Text != "" {
		b.WriteString(" until[" + el.Until.Text + "]")
	}
}

func duration(ms int64) string { return (time.Duration(ms) * time.Millisecond).String() }
