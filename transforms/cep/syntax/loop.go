package syntax

import (
	"fmt"
	"strconv"
)

// quantifier = ( "?" | "+" | "*" | "{" N "}" | "{" N "," [ M ] "}" ) { modifier } .
// It returns the canonical form.
func (p *parser) quantifier(group bool) Quantifier {
	t := p.tok
	var q Quantifier
	switch {
	case t.other("?"):
		q = Quantifier{1, 1, true, false, Relaxed, ""}
	case t.other("+"):
		q = Quantifier{1, Unbounded, false, false, Relaxed, ""}
	case t.other("*"):
		q = Quantifier{1, Unbounded, true, false, Relaxed, ""}
	case t.other("{"):
		q = p.times()
	case t.kind == wordToken && modifiers[t.text]:
		p.fail(t.pos, "%s without a quantifier: want ?, +, *, {n}, {n,} or {n,m} before it", t.text)
		return q
	default:
		return q
	}
	p.advance()
	q = p.modified(q, group)
	if q.Max == 1 {
		q.Min, q.Max = 0, 0
	}
	if q != (Quantifier{}) {
		p.loop = t.pos
	}
	if p.tok.other("?+*{") {
		p.fail(p.tok.pos, "a second quantifier %v: want one", p.tok)
	}
	return q
}

// times reads the bounds of a loop, up to its "}".
func (p *parser) times() Quantifier {
	var q Quantifier
	p.advance()
	from := p.tok
	q.Min = p.number(0)
	q.Max = q.Min
	want := `"," or "}"`
	if p.advance(); p.tok.other(",") {
		p.advance()
		want = `"}"`
		if q.Max = Unbounded; !p.tok.other("}") {
			q.Max = p.number(max(q.Min, 1))
			p.advance()
		}
	} else if q.Min == 0 {
		p.fail(from.pos, "0 times: want 1 to %d", MaxTimes)
	}
	if !p.tok.other("}") {
		p.fail(p.tok.pos, "unexpected %v: want %s", p.tok, want)
	}
	if q.Min == 0 {
		q.Min, q.Optional = 1, true
	}
	return q
}

// number reads how often, at the least that given.
func (p *parser) number(least int) int {
	n, err := strconv.Atoi(p.tok.text)
	if p.tok.kind != wordToken || err != nil || n < least || n > MaxTimes {
		p.fail(p.tok.pos, "got %v: want a number from %d to %d", p.tok, max(least, 1), MaxTimes)
	}
	return n
}

// modifiers are the words that change a quantifier.
var modifiers = words("optional greedy consecutive combinations until")

// modified reads the modifiers of q.
//
//	modifier = "optional" | "greedy" | "consecutive" | "combinations" | "until" "[" CONDITION "]" .
func (p *parser) modified(q Quantifier, group bool) Quantifier {
	for seen := map[string]bool{}; p.tok.kind == wordToken && modifiers[p.tok.text]; {
		t := p.tok
		if seen[t.text] {
			p.fail(t.pos, "%s twice: want it once", t.text)
		} else if fault := q.refuses(t.text, group); fault != "" {
			p.fail(t.pos, "%s", fault)
		}
		seen[t.text] = true
		p.advance()
		switch t.text {
		case "optional":
			q.Optional = true
		case "greedy":
			q.Greedy = true
		case "consecutive":
			q.Inner = Consecutive
		case "combinations":
			q.Inner = Combinations
		case "until":
			q.Until = p.until()
		}
	}
	return q
}

// refuses says why the modifier cannot be added to q, or "".
func (q Quantifier) refuses(modifier string, group bool) string {
	switch {
	case modifier == "optional":
		if q.Optional {
			return "optional behind what may be left out as it is: want one of the two"
		}
	case q.Max == 1:
		return modifier + " without a loop: want a quantifier that can take more than one event"
	case modifier == "greedy" && group:
		return "greedy on a group: want it on a step's loop"
	case modifier == "greedy" && q.Inner == Combinations, modifier == "combinations" && q.Greedy:
		return "greedy and combinations: want one of the two"
	case modifier == "consecutive" && q.Inner == Combinations, modifier == "combinations" && q.Inner == Consecutive:
		return "consecutive and combinations: want one of the two"
	case modifier == "until" && q.Max != Unbounded:
		return fmt.Sprintf("until on a loop that ends at %d: want a loop without an upper bound", q.Max)
	}
	return ""
}

// until = "[" CONDITION "]" .
func (p *parser) until() string {
	if !p.tok.other("[") {
		p.fail(p.tok.pos, `unexpected %v behind until: want "[" and a condition`, p.tok)
		return ""
	}
	until, at := p.condition()
	p.untils = append(p.untils, at)
	return until
}

// noQuantifier refuses a quantifier on a negation.
func (p *parser) noQuantifier(link Link) {
	if p.tok.other("?+*{") || p.tok.kind == wordToken && modifiers[p.tok.text] {
		p.fail(p.tok.pos, "quantifier %v on a negation: want %s of one step, once", p.tok, link)
	}
}

// endFault says what the last element of a pattern without every may not be, or "". Such
// a run ends with its first match, so more than that takes could never come.
func endFault(elements []Element) string {
	last := elements[len(elements)-1]
	_, most := last.Loop.Times()
	switch {
	case last.Link.Negated():
		return ""
	case last.Loop == Quantifier{} && last.Group != nil && !last.mayBeEmpty():
		return endFault(last.Group)
	case last.mayBeEmpty():
		return "last element may be left out, in a pattern without every: want every, or a last element that has to come"
	case most != Unbounded && most != max(last.Loop.Min, 1):
		return "last element from n to m times, in a pattern without every, where the first match ends the run: want every, {n} or {n,}"
	case last.Loop.Until != "":
		return "until at the end of a pattern without every, where the first match ends the run: want every, or no until"
	}
	return ""
}

// mayBeEmpty reports whether the element, or each of its group, may be left out.
func (e Element) mayBeEmpty() bool {
	if e.Loop.Optional {
		return true
	}
	for _, inner := range e.Group {
		if !inner.Link.Negated() && !inner.mayBeEmpty() {
			return false
		}
	}
	return e.Group != nil
}
