package syntax

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// once reports whether the element is a step that takes one event and has to come.
func (e Element) once() bool { return e.Group == nil && e.Loop == Quantifier{} }

// thing says what the element takes, and how often.
func thing(e Element) string {
	if e.Group == nil {
		return event(e.Step, "any event") + times(e.Loop)
	}
	var b strings.Builder
	var negations []Element
	for i, inner := range e.Group {
		switch {
		case inner.Link.Negated():
			negations = append(negations, inner)
			continue
		case i == 0:
			b.WriteString(thing(inner))
		default:
			b.WriteString(", then" + linked(inner) + unless(negations))
		}
		negations = nil
	}
	return "(" + b.String() + ")" + times(e.Loop)
}

// linked says how the element follows what is before it, and what it takes.
func linked(e Element) string {
	text := thing(e)
	_, most := e.Loop.Times()
	switch window := "less than " + FormatDuration(e.Within); {
	case e.Within == 0:
	case e.once():
		text += " " + window + " later"
	case most == 1 && e.Group == nil:
		text += ", " + window + " later"
	case most == 1:
		text += ", begun " + window + " later"
	case e.Group == nil:
		text += ", each " + window + " after the event before"
	default:
		text += ", each round begun " + window + " after the event before"
	}
	switch e.Link {
	case Next:
		return ", as the very next event, " + text
	case FollowedByAny:
		return ", though others that fit may be passed over, " + text
	}
	return " " + text
}

// events joins the steps by "or". Of a step of any type it says what is given.
func events(steps []Step, any string) string {
	said := make([]string, len(steps))
	for i, s := range steps {
		said[i] = event(s, any)
	}
	return strings.Join(said, " or ")
}

// event says what a step takes. Of any type it says what is given.
func event(s Step, any string) string {
	types := make([]string, len(s.Types))
	for i, t := range s.Types {
		types[i] = quoteType(t)
	}
	text := strings.Join(types, " or ")
	if len(types) == 0 {
		text = any
	}
	var more []string
	if s.As != "" {
		more = append(more, "called "+s.As)
	}
	if s.Where != "" {
		more = append(more, "where "+line(s.Where))
	}
	if len(more) > 0 {
		text += " (" + strings.Join(more, ", ") + ")"
	}
	return text
}

// times says how often, with a space before it, or nothing for once.
func times(q Quantifier) string {
	least, most := q.Times()
	var text string
	switch {
	case q == Quantifier{}:
		return ""
	case most == 1:
		text = " once"
	case most == Unbounded && least == 1:
		text = " once or more"
	case most == Unbounded:
		text = fmt.Sprintf(" %d times or more", least)
	case most == least:
		text = fmt.Sprintf(" %d times", least)
	default:
		text = fmt.Sprintf(" %d to %d times", least, most)
	}
	if q.Optional {
		text += " or not at all"
	}
	if q.Greedy {
		text += ", and an event that fits is not left to what follows"
	}
	switch q.Inner {
	case Consecutive:
		text += ", with no other event in between"
	case Combinations:
		text += ", in all combinations"
	}
	if q.Until != "" {
		text += ", until an event where " + line(q.Until)
	}
	return text
}

// unless says what must not come, or nothing.
func unless(negations []Element) string {
	said := make([]string, len(negations))
	for i, e := range negations {
		if e.Link == NotNext {
			said[i] = "the very next event is " + event(e.Step, "any")
		} else {
			said[i] = event(e.Step, "any event") + " comes first"
		}
	}
	if len(said) == 0 {
		return ""
	}
	return ", unless " + strings.Join(said, " or ")
}

// ending says what becomes of a run where the element does not come as it has to.
func ending(e Element, negations []Element) string {
	var text string
	if len(negations) > 0 {
		text = "; then it is cancelled"
	}
	if e.Link == Next {
		text += "; any other event breaks it off"
	}
	return text
}

// bound says, for people, which runs a match removes.
func (s Skip) bound() string {
	switch s.To {
	case SkipToNext:
		return "that began with its first event or before"
	case SkipPastLast:
		return "that began with its last event or before"
	case SkipToFirst:
		return "that began before its first " + s.Step
	}
	return "that began before its last " + s.Step
}

// sentence returns text with a capital letter and a full stop.
func sentence(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[n:] + "."
}
