package order

import (
	"slices"

	"github.com/tidwall/gjson"
)

// flatObject reads the members of a plain JSON object, which is what nearly all
// events are: one line, no nested values, no escapes, nothing but printable ASCII
// in strings. names are those of the fields, nil the usual ones. It reports false for all else and says nothing about it: the line
// may be a good one, and is to be read by the parser that knows all of JSON.
//
// It checks and reads in one pass what the parser does in three: validate, UTF-8,
// members.
func flatObject(text string, names *[numFields]string, members *members) bool {
	if len(text) < len("{}") || text[0] != '{' || text[len(text)-1] != '}' {
		return false
	}
	for i := 1; ; i++ { // behind the brace or a comma
		i = skipSpaces(text, i)
		key := i
		if i = plainString(text, i); i < 0 {
			return false
		}
		var field int
		if name := text[key+1 : i-1]; names == nil {
			field = fieldOf(name)
		} else {
			field = slices.Index(names[:], name)
		}
		if i = skipSpaces(text, i); text[i] != ':' {
			return false
		}
		i = skipSpaces(text, i+1)
		start := i
		value := gjson.Result{Type: gjson.String}
		if text[i] == '"' {
			if i = plainString(text, i); i < 0 {
				return false
			}
			value.Str = text[start+1 : i-1]
		} else if value.Type, i = plainValue(text, i); i < 0 {
			return false
		}
		if field >= 0 {
			value.Raw = text[start:i]
			members[field] = value
		}
		if i = skipSpaces(text, i); text[i] != ',' {
			return text[i] == '}' && i == len(text)-1
		}
	}
}

// The functions below start at an index before the closing brace of text or at
// it, and none moves beyond it: no string or value has a brace at its end.

func skipSpaces(text string, i int) int {
	for text[i] == ' ' {
		i++
	}
	return i
}

// isPlainByte are the bytes that stand for themselves in a string of JSON.
var isPlainByte = func() (is [256]bool) {
	for c := ' '; c <= '~'; c++ {
		is[c] = c != '"' && c != '\\'
	}
	return is
}()

// plainString returns the index behind a string, or -1.
func plainString(text string, i int) int {
	if text[i] != '"' {
		return -1
	}
	for i++; i < len(text); i++ {
		if !isPlainByte[text[i]] {
			if text[i] == '"' && i+1 < len(text) {
				return i + 1
			}
			return -1
		}
	}
	return -1
}

// plainValue returns the type of a number without exponent, or of a literal, and
// the index behind it, or -1.
func plainValue(text string, i int) (gjson.Type, int) {
	switch text[i] {
	case 't':
		return gjson.True, literal(text, i, "true")
	case 'f':
		return gjson.False, literal(text, i, "false")
	case 'n':
		return gjson.Null, literal(text, i, "null")
	}
	if text[i] == '-' {
		i++
	}
	first := i
	i = digits(text, i)
	if i == first || text[first] == '0' && i > first+1 {
		return gjson.Number, -1
	}
	if text[i] == '.' {
		first = i + 1
		if i = digits(text, first); i == first {
			return gjson.Number, -1
		}
	}
	if c := text[i]; c != ',' && c != '}' && c != ' ' {
		return gjson.Number, -1
	}
	return gjson.Number, i
}

func literal(text string, i int, want string) int {
	if end := i + len(want); end < len(text) && text[i:end] == want {
		return end
	}
	return -1
}

func digits(text string, i int) int {
	for text[i]-'0' < 10 {
		i++
	}
	return i
}
