package cep

import (
	"fmt"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"
)

// keyword says what a reserved word is for.
type keyword uint8

const (
	known keyword = iota + 1 // part of today's language
	later                    // part of Flink CEP's language, not of ours yet
)

// keywords are the words that are event types in quotes only.
var keywords = map[string]keyword{
	"next": known, "followedBy": known, "within": known,
	"begin": later, "followedByAny": later, "notNext": later, "notFollowedBy": later,
	"times": later, "timesOrMore": later, "oneOrMore": later, "optional": later, "greedy": later,
	"consecutive": later, "allowCombinations": later, "until": later, "where": later, "or": later, "and": later,
	"skip": later,
}

// Parse reads pattern text. An error names the column, counted in characters
// from 1, and what was expected there.
func Parse(text string) (Pattern, error) {
	p := parser{text: text}
	pattern := p.pattern()
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

// token is a word, a quoted string, any other single character, or the end.
type token struct {
	kind tokenKind
	text string // as it stands; of a quoted string its value
	pos  int    // byte offset in the text
}

type tokenKind uint8

const (
	endToken tokenKind = iota
	wordToken
	quotedToken
	otherToken
)

// String names the token in an error.
func (t token) String() string {
	if t.kind == endToken {
		return "end of pattern"
	}
	return strconv.Quote(t.text)
}

// parser is a recursive descent parser with one token of lookahead; the first
// error ends it.
type parser struct {
	text string
	pos  int
	err  error
}

func (p *parser) fail(pos int, format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("cep: column %d: %s", utf8.RuneCountInString(p.text[:pos])+1, fmt.Sprintf(format, args...))
	}
}

// pattern = step { contiguity step } "within" duration .
func (p *parser) pattern() Pattern {
	pattern := Pattern{Steps: []Step{{Begin, p.step(nil)}}}
	for p.err == nil {
		t := p.next()
		c := Begin
		switch {
		case t.kind == wordToken && t.text == "next":
			c = Next
		case t.kind == wordToken && t.text == "followedBy":
			c = FollowedBy
		case t.kind == wordToken && t.text == "within":
			if len(pattern.Steps) < 2 {
				p.fail(t.pos, "got %v after one step: want next or followedBy and a second step", t)
			}
			pattern.Within = p.duration()
			if t := p.next(); t.kind != endToken {
				p.fail(t.pos, "unexpected %v after the duration: want the end of the pattern", t)
			}
			return pattern
		default:
			p.noContiguity(t, len(pattern.Steps))
			return pattern
		}
		pattern.Steps = append(pattern.Steps, Step{c, p.step(pattern.Steps)})
	}
	return pattern
}

// noContiguity reports a token that stands where a contiguity must be.
func (p *parser) noContiguity(t token, steps int) {
	want := "next or followedBy"
	if steps > 1 {
		want = "next, followedBy or within"
	}
	switch {
	case t.kind == endToken:
		p.fail(t.pos, "unexpected end of pattern: want %s", want)
	case t.kind == otherToken, t.kind == wordToken && keywords[t.text] == later:
		p.fail(t.pos, "%v is not supported: want %s", t, want)
	default:
		p.fail(t.pos, "unknown contiguity %v: want %s", t, want)
	}
}

// step = word | quoted .
func (p *parser) step(before []Step) string {
	t := p.next()
	switch {
	case p.err != nil:
	case t.kind == endToken:
		p.fail(t.pos, "unexpected end of pattern: want an event type")
	case t.kind == otherToken:
		p.fail(t.pos, "unexpected %v: want an event type, quoted where it has other characters than letters, digits and _-.:/", t)
	case t.kind == wordToken && keywords[t.text] == later:
		p.fail(t.pos, "%v is not supported: want an event type (in quotes if it is one)", t)
	case t.kind == wordToken && keywords[t.text] != 0:
		p.fail(t.pos, "unexpected keyword %v: want an event type (in quotes if it is one)", t)
	case t.text == "":
		p.fail(t.pos, "empty event type")
	}
	for _, s := range before {
		if s.Type == t.text {
			p.fail(t.pos, "event type %q appears twice: want each type once", t.text)
		}
	}
	return t.text
}

// duration = a Go duration .
func (p *parser) duration() time.Duration {
	t := p.next()
	if p.err != nil {
		return 0
	}
	d, err := time.ParseDuration(t.text)
	if t.kind != wordToken || err != nil {
		p.fail(t.pos, "got %v: want a duration such as 10m or 1h30m", t)
	} else if validWithin(d) != nil {
		p.fail(t.pos, "within %v: want whole milliseconds, at least one", t.text)
	}
	return d
}

// next reads a token.
func (p *parser) next() token {
	for p.pos < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.pos:])
		if !unicode.IsSpace(r) {
			break
		}
		p.pos += n
	}
	start := p.pos
	if start == len(p.text) {
		return token{kind: endToken, pos: start}
	}
	if c := p.text[start]; c == '"' || c == '`' {
		return p.quoted(start)
	}
	for p.pos < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.pos:])
		if !isBare(r) {
			if p.pos == start {
				p.pos += n
				return token{otherToken, p.text[start:p.pos], start}
			}
			break
		}
		p.pos += n
	}
	return token{wordToken, p.text[start:p.pos], start}
}

func (p *parser) quoted(start int) token {
	q, err := strconv.QuotedPrefix(p.text[start:])
	if err != nil {
		p.fail(start, "quoted event type does not end or has a wrong escape: want a Go string")
		p.pos = len(p.text)
		return token{kind: endToken, pos: start}
	}
	p.pos += len(q)
	s, _ := strconv.Unquote(q) // a QuotedPrefix is valid
	return token{quotedToken, s, start}
}
