package rules

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"ordertimeout/transforms/cep/syntax"
)

// reader reads the nodes of a file, and keeps what is wrong with them.
type reader struct {
	text   string
	lines  [][]rune // of the text, once there is a fault
	faults Faults
}

func (p *reader) fault(at *yaml.Node, format string, args ...any) {
	p.faultAt(place{at.Line, at.Column}, format, args...)
}

func (p *reader) faultAt(at place, format string, args ...any) {
	text := strings.Join(strings.FieldsFunc(fmt.Sprintf(format, args...), func(r rune) bool { return r == '\n' || r == '\r' }), " ")
	if at.line > 1 || at.column > 1 {
		at = p.inFile(at)
	}
	p.faults.List = append(p.faults.List, Fault{max(at.line, 1), max(at.column, 1), text})
}

// inFile returns a place in the file: the end, as the library sees it, is
// that of the text.
func (p *reader) inFile(at place) place {
	if lines := p.split(); at.line > len(lines) {
		return place{len(lines), len(lines[len(lines)-1]) + 1}
	}
	return at
}

// split returns the lines of the text.
func (p *reader) split() [][]rune {
	if p.lines == nil {
		p.lines = splitLines(p.text)
	}
	return p.lines
}

// inText notes a fault at a character, from zero, of a value.
func (p *reader) inText(n *yaml.Node, offset int, format string, args ...any) {
	p.faultAt(placeIn(p.split(), n, offset), format, args...)
}

// document returns what the file holds, or nil.
func (p *reader) document() *yaml.Node {
	if !p.readable() {
		return nil
	}
	loader, err := yaml.NewLoader(strings.NewReader(p.text))
	var first, second yaml.Node
	if err == nil {
		err = loader.Load(&first)
	}
	if err != nil {
		p.broken(err)
		return nil
	}
	switch err := loader.Load(&second); {
	case err == nil:
		p.fault(&second, "got a second document: want one")
	case !errors.Is(err, io.EOF):
		p.broken(err)
	}
	p.plain(&first)
	return first.Content[0]
}

// readable notes what YAML cannot read, and says no place of.
func (p *reader) readable() bool {
	if len(p.text) > MaxText {
		p.faultAt(place{1, 1}, "got %d bytes: want at most %d", len(p.text), MaxText)
		return false
	}
	for i, r := range p.text {
		what := ""
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(p.text[i:], string(utf8.RuneError)):
			what = fmt.Sprintf("got the byte 0x%02x, which is no UTF-8", p.text[i])
		case unicode.IsControl(r) && !strings.ContainsRune("\t\n\r\u0085", r):
			what = fmt.Sprintf("got the control character %U", r)
		default:
			continue
		}
		before := splitLines(p.text[:i])
		p.faultAt(place{len(before), len(before[len(before)-1]) + 1}, "%s: want text", what)
		return false
	}
	return true
}

// broken notes why a text is no YAML.
func (p *reader) broken(err error) {
	var load *yaml.LoadError
	switch {
	case errors.Is(err, io.EOF):
		p.faultAt(place{1, 1}, "got nothing: want rules")
	case !errors.As(err, &load):
		p.faultAt(place{1, 1}, "no YAML: %v", err)
	default:
		hint := ""
		if strings.HasPrefix(load.Message, "mapping values are not allowed") {
			hint = ": want quotes around a text that has a colon and a space"
		}
		p.faultAt(place{load.Mark.Line, load.Mark.Column}, "no YAML: %s%s", load.Message, hint)
	}
}

// plain notes what is more than JSON has.
func (p *reader) plain(n *yaml.Node) {
	switch {
	case n.Kind == yaml.AliasNode:
		p.fault(n, "got an alias, *%s: want the value itself", n.Value)
		return
	case n.Anchor != "":
		p.fault(n, "got an anchor, &%s: want none", n.Anchor)
	case n.Style&yaml.TaggedStyle != 0 || n.Tag == "!":
		p.fault(n, "got a tag, %s: want none", n.Tag)
	case n.Tag == "!!merge":
		p.fault(n, "got a merge key, <<: want the members themselves")
	}
	for _, child := range n.Content {
		p.plain(child)
	}
}

// members calls f with each member of an object, which it has one of the names for, where
// there are names. It returns whether n is an object.
func (p *reader) members(n *yaml.Node, want string, names []string, f func(name string, value *yaml.Node)) bool {
	if n.Kind == yaml.AliasNode { // told of
		return false
	}
	if n.Kind != yaml.MappingNode {
		p.fault(n, "got %s: want %s", kindOf(n), want)
		return false
	}
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch before := first[key.Value]; {
		case key.Kind == yaml.AliasNode, key.Tag == "!!merge": // told of
		case key.Kind != yaml.ScalarNode:
			p.fault(key, "got %s as a name: want a text", kindOf(key))
		case before != nil:
			p.fault(key, "%s stands in line %d, too: want it once", shown(key.Value), before.Line)
		case names != nil && !slices.Contains(names, key.Value):
			p.fault(key, "got %s: want %s", shown(key.Value), anyOf(names))
		default:
			first[key.Value] = key
			f(key.Value, value)
		}
	}
	return true
}

// items returns the items of a list, which is not empty.
func (p *reader) items(n *yaml.Node, want string) []*yaml.Node {
	switch {
	case n.Kind == yaml.AliasNode: // told of
	case n.Kind != yaml.SequenceNode:
		p.fault(n, "got %s: want %s", kindOf(n), want)
	case len(n.Content) == 0:
		p.fault(n, "got an empty list: want %s", want)
	default:
		return n.Content
	}
	return nil
}

// scalar returns a value that is no object and no list, as it is written; ok is false for
// those, and for what stands for nothing.
func (p *reader) scalar(n *yaml.Node, want string) (text string, ok bool) {
	switch {
	case n.Kind == yaml.AliasNode: // told of
	case n.Kind != yaml.ScalarNode || n.Tag == "!!null":
		p.fault(n, "got %s: want %s", kindOf(n), want)
	default:
		return n.Value, true
	}
	return "", false
}

// notText are the tags of what YAML takes for something else than a text.
var notText = []string{"!!int", "!!float", "!!bool", "!!timestamp", "!!null", "!!binary"}

// string returns a text; ok is false for all else. A number, a date, true and false are no
// texts, as which of them YAML sees in what is not quoted is hard to say.
func (p *reader) string(n *yaml.Node, want string) (text string, ok bool) {
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" && slices.Contains(notText, n.Tag) {
		p.fault(n, "got %s, which is no text: want %s, in quotes", n.Value, want)
		return "", false
	}
	return p.scalar(n, want)
}

// duration returns a duration, or zero for what is none.
func (p *reader) duration(n *yaml.Node, want string) time.Duration {
	text, ok := p.scalar(n, want)
	if !ok {
		return 0
	}
	d, err := syntax.ParseDuration(text)
	if err != nil {
		p.fault(n, "got %s: want %s", strconv.Quote(text), want)
		return 0
	}
	if fault := durationFault(text, d); fault != "" {
		p.fault(n, "%s", fault)
		return 0
	}
	return d
}

// kindOf says what a value is.
func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "an object"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "nothing"
	}
	return shown(n.Value)
}

// shown returns a text as a fault shows it: in quotes, and cut where it is long.
func shown(text string) string {
	const long = 100
	if runes := []rune(text); len(runes) > long {
		text = string(runes[:long]) + "…"
	}
	return strconv.Quote(text)
}

// anyOf joins names by commas, and the last by "or".
func anyOf(names []string) string { return list(names, "or") }
