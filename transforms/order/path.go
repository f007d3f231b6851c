package order

import (
	"fmt"
	"strconv"
	"strings"
)

// segment is a part of a path: the name of a member, the number of an element, or what may
// be either.
type segment struct {
	name    string
	index   int  // of an element; -1: it is a name alone
	element bool // it was in brackets: no name
}

// maxIndex bounds the numbers of elements: a line has fewer.
const maxIndex = MaxLine

// parsePath reads a path: see Names.Fields.
func parsePath(text string) (path []segment, err error) {
	fault := func(what string) ([]segment, error) {
		return nil, fmt.Errorf("path %q: %s", text, what)
	}
	var name strings.Builder
	escaped, open := false, true // open: a name is to come or has begun
	end := func() bool {
		if !open {
			return true
		}
		if name.Len() == 0 {
			return false
		}
		path = append(path, named(name.String(), escaped))
		name.Reset()
		escaped, open = false, false
		return true
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '.':
			if !end() {
				return fault("got an empty name")
			}
			open = true
		case '[':
			if !end() {
				return fault("got an empty name")
			}
			digits, _, closed := strings.Cut(text[i+1:], "]")
			index := indexOf(digits)
			if !closed || index < 0 {
				return fault("got a bad index, want a number from 0 on, as in items[0].id")
			}
			path = append(path, segment{index: index, element: true})
			i += len(digits) + 1
		case '\\':
			if i++; i == len(text) || strings.IndexByte(`.,[]=\`, text[i]) < 0 {
				return fault(`got a backslash, want one only before a dot, comma, bracket, = or \`)
			}
			escaped = true
			c = text[i]
			fallthrough
		default:
			if !open {
				return fault("got a name behind a bracket, want a dot between them")
			}
			name.WriteByte(c)
		}
	}
	if !end() {
		return fault("got an empty name")
	}
	return path, nil
}

// named returns the segment of a name, which may be a number, too.
func named(name string, escaped bool) segment {
	if escaped {
		return segment{name: name, index: -1}
	}
	return segment{name: name, index: indexOf(name)}
}

// indexOf returns the number of an element that a text is, or -1.
func indexOf(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > maxIndex || strconv.Itoa(n) != text {
		return -1
	}
	return n
}

// paths returns the path of each field, nil where it is the usual name. Where all is usual
// it returns nil for each.
func (n Names) paths() (paths [numFields][]segment, err error) {
	for _, name := range sortedKeys(n.Fields) {
		field := fieldOf(name)
		if field < 0 {
			return paths, fmt.Errorf("-fields: got %q, want orderId, userId, type, time or id before the =", name)
		}
		if n.Format == FormatCloudEvents && isEnvelope(field) {
			return paths, fmt.Errorf("-fields %s: a CloudEvent has it in its envelope: want orderId and userId alone", name)
		}
		if paths[field], err = parsePath(n.Fields[name]); err != nil {
			return paths, fmt.Errorf("-fields %s: %w", name, err)
		}
	}
	return paths, nil
}

// isEnvelope reports whether a CloudEvent has a field outside of its data.
func isEnvelope(field int) bool { return field == typeField || field == timeField || field == idField }
