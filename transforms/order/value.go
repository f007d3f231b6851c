package order

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxNesting is how deep the objects and lists of an event nest at most: that is as deep
// as a Decoder accepts them.
const maxNesting = maxPlain

// valueReader reads values of JSON from a text that is known to be JSON. Of other text it
// reads what it can: it does not panic, and takes time in proportion to the text.
type valueReader struct {
	text  string
	pos   int
	plain bool // no string has escapes or is to be repaired: each stands as it is, to the next quote
}

func newValueReader(text string) valueReader {
	return valueReader{text: text, plain: strings.IndexByte(text, '\\') < 0 && utf8.ValidString(text)}
}

// space skips white space and returns the byte behind it, 0 at the end.
func (r *valueReader) space() byte {
	for ; r.pos < len(r.text); r.pos++ {
		switch c := r.text[r.pos]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// enter skips the opening bracket of an object or list.
func (r *valueReader) enter(bracket byte) bool {
	if r.space() != bracket {
		return false
	}
	r.pos++
	return true
}

// name reads the name of an object's next member and stops at its value. It reports false
// behind the last one.
func (r *valueReader) name() (string, bool) {
	c := r.space()
	if c == ',' {
		r.pos++
		c = r.space()
	}
	if c != '"' {
		if c == '}' {
			r.pos++
		}
		return "", false
	}
	name, ok := r.quoted()
	if !ok || r.space() != ':' {
		return "", false
	}
	r.pos++
	return name, r.space() != 0
}

// quoted reads the string at the position.
func (r *valueReader) quoted() (string, bool) {
	start := r.pos
	if r.pos++; !r.endOfString() {
		return "", false
	}
	if r.plain {
		return r.text[start+1 : r.pos-1], true
	}
	return unquoted(r.text[start:r.pos]), true
}

// endOfString goes on behind the closing quote of the string that the position is in.
func (r *valueReader) endOfString() bool {
	if r.plain {
		n := strings.IndexByte(r.text[r.pos:], '"')
		r.pos += n + 1
		return n >= 0
	}
	for i := r.pos; i < len(r.text); i++ {
		switch r.text[i] {
		case '"':
			r.pos = i + 1
			return true
		case '\\':
			i++
		}
	}
	return false
}

// unquoted returns the text of a string in its quotes.
func unquoted(raw string) string {
	inner := raw[1 : len(raw)-1]
	if strings.IndexByte(inner, '\\') < 0 && utf8.ValidString(inner) {
		return inner
	}
	var text string
	if json.Unmarshal([]byte(raw), &text) != nil {
		return inner
	}
	return text
}

// skip goes on behind the value at the position.
func (r *valueReader) skip() bool {
	depth := 0
	for r.pos < len(r.text) {
		switch c := r.text[r.pos]; c {
		case '"':
			if r.pos++; !r.endOfString() {
				return false
			}
		case '{', '[':
			depth++
			r.pos++
			continue
		case '}', ']':
			depth--
			r.pos++
		case ',', ':', ' ', '\t', '\r', '\n':
			r.pos++
			continue
		default:
			r.word()
		}
		if depth <= 0 {
			return depth == 0
		}
	}
	return false
}

// word goes on behind a number or literal.
func (r *valueReader) word() string {
	start := r.pos
	for r.pos++; r.pos < len(r.text); r.pos++ {
		switch r.text[r.pos] {
		case ',', '}', ']', ' ', '\t', '\r', '\n', ':', '"', '{', '[':
			return r.text[start:r.pos]
		}
	}
	return r.text[start:]
}

// value reads the value at the position.
func (r *valueReader) value(depth int) (any, bool) {
	if depth > maxNesting {
		return nil, false
	}
	switch r.space() {
	case 0:
		return nil, false
	case '"':
		return r.quotedValue()
	case '{':
		return r.object(depth)
	case '[':
		return r.list(depth)
	case 't', 'f', 'n':
		switch r.word() {
		case "true":
			return true, true
		case "false":
			return false, true
		case "null":
			return nil, true
		}
		return nil, false
	}
	return r.number()
}

// quotedValue is quoted; a missing string is no value.
func (r *valueReader) quotedValue() (any, bool) {
	text, ok := r.quoted()
	if !ok {
		return nil, false
	}
	return text, true
}

func (r *valueReader) object(depth int) (map[string]any, bool) {
	members := make(map[string]any)
	if !r.enter('{') {
		return members, false
	}
	for {
		name, ok := r.name()
		if !ok {
			return members, r.text[r.pos-1] == '}'
		}
		if members[name], ok = r.value(depth + 1); !ok {
			return members, false
		}
	}
}

func (r *valueReader) list(depth int) ([]any, bool) {
	values := []any{}
	for r.enter('['); ; {
		c := r.space()
		if c == ',' {
			r.pos++
		} else if c == ']' {
			r.pos++
			return values, true
		}
		value, ok := r.value(depth + 1)
		if !ok {
			return values, false
		}
		values = append(values, value)
	}
}

// number reads the number at the position.
func (r *valueReader) number() (any, bool) {
	word := r.word()
	n, i := 0, 0
	if word[0] == '-' {
		i++
	}
	for ; i < min(len(word), 18) && word[i]-'0' < 10; i++ {
		n = 10*n + int(word[i]-'0')
	}
	if i == len(word) && word[i-1] != '-' {
		if word[0] == '-' {
			n = -n
		}
		return n, true
	}
	if i == 18 && len(word) <= len("-9223372036854775808") {
		if n, err := strconv.Atoi(word); err == nil {
			return n, true
		}
	}
	f, err := strconv.ParseFloat(word, 64)
	if err != nil && f == 0 {
		return nil, false
	}
	return f, true
}
