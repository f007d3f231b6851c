package order

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tidwall/gjson"
)

// layout is Names, made ready to read events by. Nil: the usual names.
type layout struct {
	root        node
	flat        *[numFields]string // the names of the fields, where all are members of the object itself
	labels      [numFields]string  // how errors name the fields
	columns     [numFields]string  // the names of the columns of CSV
	noRows      error              // why rows of CSV cannot have the fields
	types       map[string]string
	cloudEvents bool
	err         error // of settings that nobody has validated: every line has it
}

// node is a value on the way to the fields.
type node struct {
	fields   []int // that the value is
	children []child
}

type child struct {
	segment
	node
}

// newLayout returns the layout of what Names.Text has written.
func newLayout(text string) *layout {
	if text == "" {
		return nil
	}
	names, err := ParseNames(text)
	if err != nil {
		return &layout{err: err, noRows: err, columns: fieldNames}
	}
	paths, _ := names.paths() // it is valid
	l := &layout{types: names.Types, labels: fieldNames, cloudEvents: names.Format == FormatCloudEvents}
	flat := fieldNames
	l.flat = &flat
	for field, path := range paths {
		switch {
		case path == nil:
			path = []segment{{name: fieldNames[field], index: -1}}
		case len(path) > 1 || path[0].element:
			l.flat = nil
			l.noRows = fmt.Errorf(`-fields %s=%s: rows of CSV are not nested: a dot or bracket of a column's name wants a backslash`, fieldNames[field], names.Fields[fieldNames[field]])
		default:
			flat[field] = path[0].name
		}
		if text := names.Fields[fieldNames[field]]; text != "" && text != fieldNames[field] {
			l.labels[field] = fieldNames[field] + " at " + text
		}
		if !l.cloudEvents || !isEnvelope(field) {
			l.root.add(path, field)
		}
	}
	l.columns = flat
	if l.cloudEvents {
		l.noRows = errors.New("rows of CSV with -format cloudevents: want JSON")
	}
	if l.flat != nil && twice(flat[:]) || l.cloudEvents {
		l.flat = nil // a member is two fields, or not in the object itself
	}
	return l
}

// typeOf returns what a type of the input is called.
func (l *layout) typeOf(text string) string {
	if name, ok := l.types[text]; ok {
		return name
	}
	return text
}

func twice(names []string) bool {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return true
		}
	}
	return false
}

// add adds a field at a path.
func (n *node) add(path []segment, field int) {
	if len(path) == 0 {
		n.fields = append(n.fields, field)
		return
	}
	i := slices.IndexFunc(n.children, func(c child) bool { return c.segment == path[0] })
	if i < 0 {
		i = len(n.children)
		n.children = append(n.children, child{segment: path[0]})
	}
	n.children[i].add(path[1:], field)
}

// wrongKind is the index of a member which is not there as what should hold it is of another
// kind; see node.fault.
const wrongKind = -1

// read reads the value at the reader's position, and of it the fields. Of members with the
// same name the last counts, with all that is in it.
func (n *node) read(r *valueReader, members *members) bool {
	first := r.space()
	start := r.pos
	ok := true
	switch {
	case len(n.children) == 0:
		ok = r.skip()
	case first == '{':
		n.lacks('{', members)
		ok = n.object(r, members)
	case first == '[':
		n.lacks('[', members)
		ok = n.list(r, members)
	default:
		ok = r.skip()
		if ok && first != 'n' {
			n.fault(r.text[start:r.pos], members)
		}
	}
	if ok {
		for _, field := range n.fields {
			members[field] = gjson.Parse(r.text[start:r.pos])
		}
	}
	return ok
}

func (n *node) object(r *valueReader, members *members) bool {
	for r.enter('{'); ; {
		name, ok := r.name()
		if !ok {
			return r.text[r.pos-1] == '}'
		}
		found := false
		for i := range n.children {
			c := &n.children[i]
			if c.element || c.name != name {
				continue
			}
			c.clear(members)
			found, ok = true, c.read(r, members)
		}
		if !found {
			ok = r.skip()
		}
		if !ok {
			return false
		}
	}
}

func (n *node) list(r *valueReader, members *members) bool {
	r.enter('[')
	for i := 0; ; i++ {
		switch r.space() {
		case ',':
			r.pos++
			r.space()
		case ']':
			r.pos++
			return true
		}
		start, found, ok := r.pos, false, true
		for j := range n.children {
			c := &n.children[j]
			if c.index != i {
				continue
			}
			r.pos = start // items.0 and items[0] may both be there
			c.clear(members)
			found, ok = true, c.read(r, members)
		}
		if !found {
			ok = r.skip()
		}
		if !ok {
			return false
		}
	}
}

// lacks notes the children that a value with such a bracket cannot have.
func (n *node) lacks(bracket byte, members *members) {
	for i := range n.children {
		c := &n.children[i]
		switch {
		case bracket == '{' && c.element:
			c.miss("{…}", members)
		case bracket == '[' && c.index < 0:
			c.miss("[…]", members)
		}
	}
}

// fault notes that a value on the way to the fields below it is of another kind.
func (n *node) fault(got string, members *members) {
	for i := range n.children {
		n.children[i].miss(got, members)
	}
}

func (n *node) miss(got string, members *members) {
	for _, field := range n.fields {
		members[field] = gjson.Result{Type: gjson.JSON, Raw: got, Index: wrongKind}
	}
	n.fault(got, members)
}

// clear forgets the fields at a value and below it.
func (n *node) clear(members *members) {
	for _, field := range n.fields {
		members[field] = gjson.Result{}
	}
	for i := range n.children {
		n.children[i].clear(members)
	}
}
