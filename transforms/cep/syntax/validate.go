package syntax

import (
	"errors"
	"fmt"
	"strings"
)

// Validate returns what keeps p from being compiled, or nil: a fault of the data, else
// what Parse says of the canonical text, with its column there, else what Bounded says.
func (p Pattern) Validate() error {
	steps := 0
	if err := validSequence(p.Sequence, "", 0, &steps); err != nil {
		return fmt.Errorf("cep: %w", err)
	}
	switch {
	case p.Within != 0 && !validWindow(p.Within):
		return fmt.Errorf("cep: within %v: want whole milliseconds, at least one", p.Within)
	case int(p.Skip.To) >= len(skips):
		return fmt.Errorf("cep: skip: got %v: want NoSkip to SkipToLast", p.Skip.To)
	case p.Skip.Step != "" && p.Skip.To != SkipToFirst && p.Skip.To != SkipToLast:
		return fmt.Errorf("cep: skip names step %q: want that with SkipToFirst and SkipToLast only", p.Skip.Step)
	}
	text := p.String()
	read, err := Parse(text)
	if err != nil {
		return fmt.Errorf("%w (in the text %s)", err, excerpt(line(text)))
	}
	if p.Every != read.Every || p.Within != read.Within || p.Skip != read.Skip || !equal(p.Sequence, read.Sequence) {
		return fmt.Errorf("cep: pattern reads back from its text as another, %s: want names of letters, digits and _, and the canonical form", excerpt(line(text)))
	}
	return p.Bounded()
}

// line returns text as one line.
func line(text string) string { return strings.Join(strings.Fields(text), " ") }

// excerpt returns text, cut where it is long for an error.
func excerpt(text string) string {
	const long = 200
	if len(text) <= long {
		return text
	}
	return text[:runes(text, long)] + "…"
}

// validSequence returns a fault of the elements that the text could not show. Prefix
// numbers the group, as "2.".
func validSequence(elements []Element, prefix string, depth int, steps *int) error {
	if len(elements) == 0 {
		return fmt.Errorf("%s without elements: want one or more", sequenceName(prefix))
	}
	if depth > MaxDepth {
		return fmt.Errorf("groups in each other: want at most %d", MaxDepth)
	}
	for i, e := range elements {
		at := fmt.Sprintf("%s%d", prefix, i+1)
		if err := e.validate(i == 0); err != nil {
			return fmt.Errorf("element %s: %w", at, err)
		}
		if e.Group != nil {
			if err := validSequence(e.Group, at+".", depth+1, steps); err != nil {
				return err
			}
		} else if *steps++; *steps > MaxSteps {
			return fmt.Errorf("steps in the pattern: want at most %d", MaxSteps)
		}
	}
	return nil
}

// sequenceName names the sequence whose elements have that prefix.
func sequenceName(prefix string) string {
	if prefix == "" {
		return "pattern"
	}
	return "group " + strings.TrimSuffix(prefix, ".")
}

// validate returns a fault of the element itself. First says that it is the first of
// its sequence.
func (e Element) validate(first bool) error {
	isStep := len(e.Step.Types) > 0 || e.Step.Where != "" || e.Step.As != ""
	switch {
	case first && e.Link != Begin:
		return fmt.Errorf("got link %v: want Begin for the first", e.Link)
	case !first && e.Link == Begin, e.Link > NotFollowedBy:
		return fmt.Errorf("got link %v: want Next to NotFollowedBy behind the first", e.Link)
	case first && e.Within != 0:
		return fmt.Errorf("within %v on the first: want none, it has no link", e.Within)
	case e.Within != 0 && !validWindow(e.Within):
		return fmt.Errorf("within %v: want whole milliseconds, at least one", e.Within)
	case e.Group != nil && isStep:
		return errors.New("a step and a group: want one of the two")
	case e.Link.Negated() && (e.Group != nil || e.Loop != Quantifier{}):
		return fmt.Errorf("%v with a group or a quantifier: want one step, once", e.Link)
	}
	if err := e.Step.validate(); err != nil {
		return err
	}
	return e.Loop.validate()
}

func (s Step) validate() error {
	for _, t := range s.Types {
		if t == "" {
			return errors.New("empty event type")
		}
	}
	switch {
	case s.As != "" && !nameable(s.As):
		return fmt.Errorf("name %q: want letters, digits and _, no digit first, and none of the current event's names", s.As)
	case s.As != "" && s.As == (Step{Types: s.Types}).Name():
		return fmt.Errorf("name %q, which the step has without As: want none", s.As)
	}
	return validCondition(s.Where)
}

func (q Quantifier) validate() error {
	switch {
	case q.Min == 0 && q.Max == 0:
	case q.Min == 1 && q.Max == 1:
		return errors.New("loop with Min 1 and Max 1: want 0 and 0 for once")
	case q.Min < 1 || q.Max != Unbounded && q.Max < q.Min || max(q.Min, q.Max) > MaxTimes:
		return fmt.Errorf("loop with Min %d and Max %d: want 1 <= Min <= Max <= %d, or Max Unbounded", q.Min, q.Max, MaxTimes)
	}
	if q.Inner > Combinations {
		return fmt.Errorf("loop with Inner %d: want Relaxed, Consecutive or Combinations", q.Inner)
	}
	return validCondition(q.Until)
}

// validCondition returns what keeps a condition from standing in brackets as it is.
func validCondition(where string) error {
	switch {
	case strings.TrimSpace(where) != where:
		return fmt.Errorf("condition %q: want no spaces around it", excerpt(where))
	case conditionLen(where+"]") != len(where):
		return fmt.Errorf("condition %q: want its strings to end, and each bracket to have its other", excerpt(where))
	}
	return nil
}
