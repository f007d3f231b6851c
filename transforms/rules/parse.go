package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"ordertimeout/transforms/order"
)

// File is what a file of rules says.
type File struct {
	// Input says what the events call their members and types, as flags may, too.
	Input order.Names
	// Rules are in the order of the file.
	Rules []Rule
}

// maxRules bounds the rules of a file: each event is looked at by each of them.
const maxRules = 10_000

// maxAge bounds durations.
const maxAge = 100 * 365 * 24 * time.Hour

// Parse reads a file of rules, whose name is for its faults. The error is a *Faults.
//
// The library is go.yaml.in/yaml, which the YAML organization keeps: it tells the place of
// each value, which faults need. What is read of its tree is no more than JSON has.
func Parse(name string, text []byte) (File, error) {
	p := &parser{faults: Faults{File: name}}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	if err := decoder.Decode(&document); err != nil {
		p.broken(err)
		return File{}, p.faults.sorted()
	}
	p.plain(&document)
	if err := decoder.Decode(&second); err == nil {
		p.fault(&second, "a second document: want one")
	} else if !errors.Is(err, io.EOF) {
		p.broken(err)
	}
	if len(p.faults.List) == 0 {
		p.file(document.Content[0])
	}
	return p.read, p.faults.sorted()
}

type parser struct {
	faults Faults
	read   File
}

func (p *parser) fault(at *yaml.Node, format string, args ...any) {
	p.faultAt(at.Line, at.Column, format, args...)
}

func (p *parser) faultAt(line, column int, format string, args ...any) {
	p.faults.List = append(p.faults.List, Fault{max(line, 1), max(column, 1), fmt.Sprintf(format, args...)})
}

func (p *parser) file(n *yaml.Node) {
	given := false
	p.members(n, "an object with rules", func(key string, at, value *yaml.Node) {
		switch key {
		case "input":
			p.input(value)
		case "rules":
			given = true
			p.rules(value)
		default:
			p.fault(at, "%s: want input or rules", key)
		}
	})
	if n.Kind == yaml.MappingNode && !given {
		p.fault(n, "no rules: want at least one")
	}
}

func (p *parser) input(n *yaml.Node) {
	in := &p.read.Input
	before := len(p.faults.List)
	p.members(n, "an object with types, fields or format", func(key string, at, value *yaml.Node) {
		switch key {
		case "types":
			in.Types = p.texts(value, "types and what the patterns call them")
		case "fields":
			in.Fields = p.texts(value, "names of members and their paths")
		case "format":
			in.Format, _ = p.text(value, "jsonl, csv or cloudevents")
		default:
			p.fault(at, "%s: want types, fields or format", key)
		}
	})
	if err := in.Validate(); err != nil && len(p.faults.List) == before {
		p.fault(n, "%s", strings.TrimPrefix(err.Error(), "-"))
	}
}

// texts reads an object of texts.
func (p *parser) texts(n *yaml.Node, want string) map[string]string {
	texts := map[string]string{}
	p.members(n, want, func(key string, _, value *yaml.Node) {
		if text, ok := p.text(value, "a name"); ok {
			texts[key] = text
		}
	})
	return texts
}

func (p *parser) rules(n *yaml.Node) {
	items := p.items(n, "a list of rules")
	if len(items) > maxRules {
		p.fault(n, "%d rules: want no more than %d", len(items), maxRules)
		return
	}
	lines := map[string]int{}
	for _, item := range items {
		r := p.rule(item)
		if line, ok := lines[r.Name]; ok && r.Name != "" {
			p.fault(item, "rule %s stands in line %d, too: want another name", r.Name, line)
		}
		lines[r.Name] = item.Line
		p.read.Rules = append(p.read.Rules, r)
	}
}
