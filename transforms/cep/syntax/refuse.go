package syntax

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ordertimeout/transforms/cep/cond"
)

// wantLink is what may stand behind an element.
const wantLink = "next, followedBy, followedByAny, notNext, notFollowedBy"

// unexpected fails at the next token, which stands where a link or what is wanted must
// be.
func (p *parser) unexpected(want string) {
	t := p.tok
	word, evry := p.evry()
	switch {
	case t.kind == endToken:
		p.fail(t.pos, "unexpected %v: want %s", t, want)
	case evry:
		p.fail(word.pos, "unexpected %v at the start: did you mean every?", word)
	case t.other("["):
		p.fail(t.pos, "unexpected condition: want it right behind an event type")
	case t.word("as"):
		p.fail(t.pos, "unexpected as: want a name behind an event type or its condition")
	case t.word("within"):
		p.fail(t.pos, "unexpected within: want %s", want)
	case t.kind == wordToken && insteads[t.text] != "":
		p.fail(t.pos, "unexpected %v: want %s, or in its place %s", t, want, insteads[t.text])
	case t.kind == wordToken:
		known := append(slices.Sorted(maps.Keys(links)), "within", "skip", "as")
		known = append(known, slices.Sorted(maps.Keys(modifiers))...)
		p.fail(t.pos, "unexpected %v: %s", t, didYouMean(t.text, known, "want "+want))
	default:
		p.fail(t.pos, "unexpected %v: want %s", t, want)
	}
}

// evry reports whether the next token stands behind a first word that is nearly every,
// and returns that.
func (p *parser) evry() (token, bool) {
	before := strings.TrimRightFunc(p.text[:p.tok.pos], unicode.IsSpace)
	word := strings.TrimLeftFunc(before, unicode.IsSpace)
	return token{wordToken, word, len(before) - len(word)}, bareLen(word) == len(word) && nearest(word, []string{"every"}) != ""
}

// didYouMean asks whether one of the words was meant, or else is the text instead.
func didYouMean(text string, words []string, instead string) string {
	if w := nearest(text, words); w != "" {
		return fmt.Sprintf("did you mean %s?", w)
	}
	return instead
}

// conditions compiles the conditions of the pattern that was read.
func (p *parser) conditions(pattern Pattern) {
	for i, place := range pattern.Places() {
		if place.Step.Where != "" {
			p.compile(place.Step.Where, place.Names, p.wheres[i])
		}
	}
	for i, until := range pattern.Untils() {
		p.compile(until.Where, until.Names, p.untils[i])
	}
}

// compile fails where a condition, which stands at that offset, has a fault.
func (p *parser) compile(where string, names cond.Names, at int) {
	_, err := cond.Compile(where, names)
	var fault *cond.Error
	if errors.As(err, &fault) {
		p.fail(at+runes(where, fault.Offset), "%s", fault.Text)
	} else if err != nil {
		p.fail(at, "%v", err)
	}
}

// runes returns the byte offset of the character n of text, at most its length.
func runes(text string, n int) int {
	at := 0
	for ; n > 0 && at < len(text); n-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}
