package syntax

import (
	"fmt"
	"time"
	"unicode/utf8"
)

// The bounds of a pattern.
const (
	MaxText  = 64 << 10 // bytes of its text
	MaxSteps = 1000     // steps in it
	MaxDepth = 100      // groups in each other
)

// Error is a fault of a pattern's text.
type Error struct {
	// Column is where, in characters from 1.
	Column int
	// Text says what is wrong and what was expected.
	Text string
}

// Error gives the column and the fault in one line.
func (e *Error) Error() string { return fmt.Sprintf("cep: column %d: %s", e.Column, e.Text) }

// Parse reads pattern text. Conditions are compiled, and so checked. The error is an
// *Error. The pattern may still lack a window, which may come from elsewhere: set
// Within, and ask Validate or Bounded.
func Parse(text string) (Pattern, error) {
	p := parser{text: text}
	if len(text) > MaxText {
		p.fail(0, "text of %d bytes: want at most %d", len(text), MaxText)
	} else {
		p.advance()
	}
	pattern := p.pattern()
	if p.err == nil {
		p.conditions(pattern)
	}
	if p.err != nil {
		return Pattern{}, p.err
	}
	return pattern, nil
}

// MustParse is Parse for pattern text in a program; it panics on an error.
func MustParse(text string) Pattern {
	p, err := Parse(text)
	if err != nil {
		panic(err)
	}
	return p
}

// parser is a recursive descent parser with one token of lookahead. The first error
// ends it: from there on the text is at its end.
type parser struct {
	text string
	pos  int   // behind tok
	tok  token // the next one
	err  error // an *Error

	depth   int             // groups that are open
	steps   map[string]bool // their names, and whether they are negated
	order   []string        // the names of steps that are not
	wheres  []int           // offsets of the steps' conditions, by step
	untils  []int           // offsets of the until conditions, in their order
	windows []window        // of links and negations, in their order
	loop    int             // offset of the last quantifier that is not {1}
}

// window is a link's window and its offset in the text.
type window struct {
	pos int
	d   time.Duration
}

// fail keeps the first error and ends the text.
func (p *parser) fail(pos int, format string, args ...any) {
	if p.err == nil {
		p.err = &Error{utf8.RuneCountInString(p.text[:pos]) + 1, fmt.Sprintf(format, args...)}
	}
	p.pos = len(p.text)
	p.tok = token{kind: endToken, pos: p.pos}
}

// pattern = [ "every" ] sequence [ "within" DURATION ] [ "skip" skip ] .
func (p *parser) pattern() Pattern {
	var pattern Pattern
	if p.tok.word("every") {
		pattern.Every = true
		p.advance()
		if !p.startsElement() {
			p.fail(p.tok.pos, `unexpected %v behind every: want an event type or "(", or quotes around "every" if it is an event type`, p.tok)
		}
	}
	pattern.Sequence = p.sequence()
	want := wantLink + ", within or the end of the pattern"
	if p.tok.word("within") {
		pattern.Within, want = p.within().d, "skip or the end of the pattern"
		for _, w := range p.windows {
			if w.d > pattern.Within {
				p.fail(w.pos, "window %s in a pattern within %s: want at most that", FormatDuration(w.d), FormatDuration(pattern.Within))
			}
		}
	}
	if fault := endFault(pattern.Sequence); fault != "" && !pattern.Every {
		p.fail(p.loop, "%s", fault)
	}
	if p.tok.word("skip") {
		if !pattern.Every {
			p.fail(p.tok.pos, "skip without every: want every before the first step (without it there is one run at a time)")
		}
		pattern.Skip, want = p.skip(), "the end of the pattern"
	}
	if p.tok.kind != endToken {
		p.unexpected(want)
	}
	return pattern
}

// startsElement reports whether the next token can be the start of an element.
func (p *parser) startsElement() bool {
	return p.tok.kind == quotedToken || p.tok.kind == wordToken && !reserved[p.tok.text] || p.tok.other("(")
}

// sequence = element { link element | negation } .
func (p *parser) sequence() []Element {
	elements := []Element{p.element(Element{})}
	for p.tok.kind == wordToken && links[p.tok.text] != Begin {
		elements = append(elements, p.linked(elements[len(elements)-1]))
	}
	return elements
}

// linked reads a link and an element, or a negation.
//
//	link = ( "next" | "followedBy" | "followedByAny" ) [ "within" DURATION ] .
//	negation = ( "notNext" | "notFollowedBy" ) [ "within" DURATION ] step .
func (p *parser) linked(last Element) Element {
	word := p.tok
	e := Element{Link: links[word.text]}
	switch {
	case last.Link.Negated() && last.Within > 0:
		p.fail(p.windows[len(p.windows)-1].pos, "window of a negation with something behind it: want one on a last notFollowedBy only")
	case e.Link.Negated() && last.Loop.Optional:
		p.fail(word.pos, "%s right behind an optional element: want one between them that is not", e.Link)
	}
	p.advance()
	if p.tok.word("within") {
		if e.Link == NotNext {
			p.fail(p.tok.pos, "window of notNext: want one on a last notFollowedBy only")
		}
		w := p.within()
		p.windows = append(p.windows, w)
		e.Within = w.d
	}
	if e.Link.Negated() {
		e.Step = p.step(true)
		p.noQuantifier(e.Link)
		return e
	}
	e = p.element(e)
	if last.Loop.Greedy && e.Loop.Optional {
		p.fail(p.loop, "optional element right behind a greedy loop: want a step between them, or one of the two without that")
	}
	return e
}

// element = step [ quantifier ] | "(" sequence ")" [ quantifier ] .
func (p *parser) element(e Element) Element {
	if !p.tok.other("(") {
		e.Step = p.step(false)
		e.Loop = p.quantifier(false)
		return e
	}
	if p.depth++; p.depth > MaxDepth {
		p.fail(p.tok.pos, "groups in each other: want at most %d", MaxDepth)
	}
	p.advance()
	e.Group = p.sequence()
	switch last := e.Group[len(e.Group)-1]; {
	case !p.tok.other(")"):
		p.unexpected(wantLink + ` or ")"`)
	case last.Link.Negated():
		p.fail(p.tok.pos, "group that ends in %s: want a step behind that", last.Link)
	}
	p.depth--
	p.advance()
	e.Loop = p.quantifier(true)
	return e
}

// within = "within" DURATION .
func (p *parser) within() window {
	p.advance()
	t := p.tok
	d, err := ParseDuration(t.text)
	switch {
	case t.kind != wordToken || err != nil:
		p.fail(t.pos, "got %v: want a duration such as 10m, 1h30m or 2d", t)
	case !validWindow(d):
		p.fail(t.pos, "within %v: want whole milliseconds, at least one", t.text)
	}
	p.advance()
	return window{t.pos, d}
}
