package syntax

import (
	"slices"
	"strings"
)

// step = ( TYPE { "|" TYPE } | "any" ) [ "[" CONDITION "]" ] [ "as" NAME ] .
func (p *parser) step(negated bool) Step {
	var s Step
	at := p.tok.pos
	if p.tok.word("any") {
		p.advance()
		if p.tok.other("|") {
			p.fail(p.tok.pos, `"|" behind any: want any alone, or "any" in quotes if it is an event type`)
		}
	} else {
		s.Types = p.types()
	}
	where := -1
	if p.tok.other("[") {
		s.Where, where = p.condition()
	}
	if p.tok.word("as") {
		p.advance()
		at = p.tok.pos
		s.As = p.as(s.Name())
	}
	p.wheres = append(p.wheres, where)
	p.called(s.Name(), at, negated)
	return s
}

// types = TYPE { "|" TYPE } .
func (p *parser) types() []string {
	types := []string{p.eventType()}
	for p.tok.other("|") {
		p.advance()
		t := p.tok
		types = append(types, p.eventType())
		if i := len(types) - 1; slices.Contains(types[:i], types[i]) {
			p.fail(t.pos, "event type %q twice in one step: want each type once", t.text)
		}
	}
	return types
}

// eventType = word | quoted .
func (p *parser) eventType() string {
	t := p.tok
	switch {
	case t.kind == endToken:
		p.fail(t.pos, "unexpected end of pattern: want an event type")
	case t.other("("):
		p.fail(t.pos, `unexpected "(": want an event type: a negation is of one step`)
	case t.kind == otherToken:
		p.fail(t.pos, "unexpected %v: want an event type, quoted where it has other characters than letters, digits and _-.:/", t)
	case t.kind == wordToken && reserved[t.text]:
		p.fail(t.pos, "unexpected keyword %v: want an event type (in quotes if it is one)", t)
	case t.word("any"):
		p.fail(t.pos, `unexpected "any": want an event type (in quotes if it is one)`)
	case t.text == "":
		p.fail(t.pos, "empty event type")
	}
	p.advance()
	return t.text
}

// as reads the name of a step that without it is called name. It returns "" where the
// two are the same.
func (p *parser) as(name string) string {
	t := p.tok
	switch {
	case t.kind != wordToken:
		p.fail(t.pos, "unexpected %v behind as: want a name", t)
	case taken[t.text]:
		p.fail(t.pos, "step named %v: want another name, in conditions that is the current event's", t)
	case !nameable(t.text):
		p.fail(t.pos, "step named %v: want letters, digits and _, no digit first", t)
	}
	p.advance()
	if t.text == name {
		return ""
	}
	return t.text
}

// called keeps the name of a step.
func (p *parser) called(name string, at int, negated bool) {
	if _, ok := p.steps[name]; ok {
		p.fail(at, "a second step called %q: want another name, by as", name)
	}
	if len(p.steps) == MaxSteps {
		p.fail(at, "steps in the pattern: want at most %d", MaxSteps)
	}
	if p.steps == nil {
		p.steps = map[string]bool{}
	}
	p.steps[name] = negated
	if !negated && nameable(name) {
		p.order = append(p.order, name)
	}
}

// skip = "skip" ( "to" "next" | "past" "last" | "to" "first" NAME | "to" "last" NAME ) .
func (p *parser) skip() Skip {
	p.advance()
	first := p.tok
	p.advance()
	second := p.tok
	var s Skip
	switch {
	case first.word("past") && second.word("last"):
		s.To = SkipPastLast
	case first.word("past"):
		p.fail(second.pos, "unexpected %v behind skip past: %s", second, didYouMean(second.text, []string{"last"}, "want last"))
	case !first.word("to"):
		p.fail(first.pos, "unexpected %v behind skip: %s", first,
			didYouMean(first.text, []string{"past"}, "want to next, past last, to first STEP or to last STEP"))
	case second.word("next"):
		s.To = SkipToNext
	case second.word("first"):
		s.To = SkipToFirst
	case second.word("last"):
		s.To = SkipToLast
	default:
		p.fail(second.pos, "unexpected %v behind skip to: %s", second,
			didYouMean(second.text, []string{"next", "first", "last"}, "want next, first STEP or last STEP"))
	}
	p.advance()
	if s.To == SkipToFirst || s.To == SkipToLast {
		s.Step = p.skipStep()
	}
	return s
}

// skipStep reads the name of a step that was read before.
func (p *parser) skipStep() string {
	t := p.tok
	negated, known := p.steps[t.text]
	switch {
	case t.kind != wordToken:
		p.fail(t.pos, "unexpected %v: want the name of a step", t)
	case known && negated:
		p.fail(t.pos, "skip to step %v, which is negated: want one that takes events", t)
	case known && !nameable(t.text):
		p.fail(t.pos, "skip to step %v, which is no name of letters, digits and _, or one of the current event's: want a name by as", t)
	case !known:
		p.fail(t.pos, "skip to an unknown step %v: %s", t, didYouMean(t.text, p.order, "want "+strings.Join(p.order, " or ")))
	}
	p.advance()
	return t.text
}
