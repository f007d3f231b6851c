package rules

import (
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"ordertimeout/transforms/cep/syntax"
)

// errorLine finds the line in an error of the library.
var errorLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// broken notes that a text is no YAML.
func (p *parser) broken(err error) {
	if errors.Is(err, io.EOF) {
		p.faultAt(1, 1, "nothing: want rules")
		return
	}
	found := errorLine.FindStringSubmatch(err.Error())
	line := 1
	if len(found) > 1 && found[1] != "" {
		line, _ = strconv.Atoi(found[1])
	}
	text, _, _ := strings.Cut(errorLine.ReplaceAllString(err.Error(), ""), "\n")
	p.faultAt(line, 1, "no YAML: %s", text)
}

// plain notes what is more than JSON has.
func (p *parser) plain(n *yaml.Node) {
	switch {
	case n.Kind == yaml.AliasNode:
		p.fault(n, "an alias: want the value itself")
		return
	case n.Anchor != "":
		p.fault(n, "an anchor, &%s: want none", n.Anchor)
	case n.Style&yaml.TaggedStyle != 0:
		p.fault(n, "a tag, %s: want none", n.Tag)
	}
	for _, child := range n.Content {
		p.plain(child)
	}
}

// members calls f with each member of an object.
func (p *parser) members(n *yaml.Node, want string, f func(key string, at, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		p.fault(n, "got %s: want %s", kindOf(n), want)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			p.fault(key, "got %s as a key: want %s", kindOf(key), want)
			continue
		}
		if seen[key.Value] {
			p.fault(key, "%s stands twice", key.Value)
			continue
		}
		seen[key.Value] = true
		f(key.Value, key, n.Content[i+1])
	}
}

// items returns the items of a list, which is not empty.
func (p *parser) items(n *yaml.Node, want string) []*yaml.Node {
	switch {
	case n.Kind != yaml.SequenceNode:
		p.fault(n, "got %s: want %s", kindOf(n), want)
	case len(n.Content) == 0:
		p.fault(n, "an empty list: want %s", want)
	}
	if n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// text returns a scalar; ok is false for all else, and for what stands for nothing.
func (p *parser) text(n *yaml.Node, want string) (text string, ok bool) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		p.fault(n, "got %s: want %s", kindOf(n), want)
		return "", false
	}
	return n.Value, true
}

func (p *parser) duration(n *yaml.Node, want string) time.Duration {
	text, ok := p.text(n, want)
	if !ok {
		return 0
	}
	d, err := syntax.ParseDuration(text)
	switch {
	case err != nil:
		p.fault(n, "got %q: want %s", text, want)
	case d < time.Millisecond || d > maxAge || d%time.Millisecond != 0:
		p.fault(n, "got %s: want whole milliseconds, at least one, and no more than 100 years", text)
	default:
		return d
	}
	return 0
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
	return strconv.Quote(n.Value)
}
