package syntax

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

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

// word reports whether the token is that word, without quotes.
func (t token) word(text string) bool { return t.kind == wordToken && t.text == text }

// other reports whether the token is one of those characters.
func (t token) other(chars string) bool {
	return t.kind == otherToken && strings.Contains(chars, t.text)
}

// advance reads the next token into p.tok. After an error that is the end.
func (p *parser) advance() {
	for p.pos < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.pos:])
		if !unicode.IsSpace(r) {
			break
		}
		p.pos += n
	}
	start := p.pos
	switch {
	case start == len(p.text):
		p.tok = token{kind: endToken, pos: start}
		return
	case p.text[start] == '"' || p.text[start] == '`':
		p.quoted(start)
		return
	}
	kind := wordToken
	p.pos += bareLen(p.text[start:])
	if p.pos == start {
		_, n := utf8.DecodeRuneInString(p.text[start:])
		kind, p.pos = otherToken, start+n
	}
	p.tok = token{kind, p.text[start:p.pos], start}
}

// bareLen returns how many bytes at the start of text may stand in a word.
func bareLen(text string) int {
	if n := strings.IndexFunc(text, func(r rune) bool { return !isBare(r) }); n >= 0 {
		return n
	}
	return len(text)
}

func (p *parser) quoted(start int) {
	q, err := strconv.QuotedPrefix(p.text[start:])
	if err != nil {
		p.fail(start, "quoted event type does not end or has a wrong escape: want a Go string")
		return
	}
	p.pos = start + len(q)
	s, _ := strconv.Unquote(q) // a QuotedPrefix is valid
	p.tok = token{quotedToken, s, start}
}

// condition reads a condition. Its "[" is the token that was read last; the token
// behind its "]" is read. It returns the text, trimmed, and the offset of that.
func (p *parser) condition() (string, int) {
	open := p.tok.pos
	n := conditionLen(p.text[p.pos:])
	if n < 0 {
		p.fail(open, `condition without an end: want a "]" outside of its strings, and each "[" in it closed`)
		return "", 0
	}
	raw := p.text[p.pos : p.pos+n]
	where := strings.TrimSpace(raw)
	at := p.pos + strings.Index(raw, where)
	switch {
	case where == "":
		p.fail(open, "empty condition: want an expression between the brackets")
		return "", 0
	case !utf8.ValidString(where):
		p.fail(at, "condition is no valid UTF-8")
		return "", 0
	}
	p.pos += n + 1
	p.advance()
	return where, at
}

// conditionLen returns the offset of the "]" that closes a condition which begins at
// the start of text, or -1. Brackets nest, and those in strings are text.
func conditionLen(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '[':
			depth++
		case ']':
			if depth == 0 {
				return i
			}
			depth--
		case '"', '\'', '`':
			n := stringLen(text[i+1:], c)
			if n < 0 {
				return -1
			}
			i += n + 1
		}
	}
	return -1
}

// stringLen returns the offset of the quote that closes a string of a condition, or -1.
// A quote in a raw string is doubled there, which here are two strings side by side.
func stringLen(text string, quote byte) int {
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == quote:
			return i
		case text[i] == '\\' && quote != '`':
			i++
		}
	}
	return -1
}

// isBare reports whether r may stand in an event type without quotes. All other
// characters are kept free for the language.
func isBare(r rune) bool {
	return r != unicode.ReplacementChar && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-.:/", r))
}
