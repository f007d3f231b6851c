package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"ordertimeout/transforms/cep/cond"
	"ordertimeout/transforms/order"
)

// The bounds of a file.
const (
	MaxText  = 16 << 20 // bytes
	MaxRules = 10_000   // an event is looked up for each of them
)

// maxDuration bounds what a file says of time: 100 years.
const maxDuration = cond.MaxDuration

// File is what a file of rules says.
type File struct {
	// Input says how the input writes its events; the flags of the command that say it, too,
	// win.
	Input order.Names
	// Rules are in the order of the file.
	Rules []Rule
}

// Parse reads a file of rules, whose name stands in what is wrong with it. The error is a
// *Faults, with all faults in the order of the file; there is no File then. Of a file that is
// no YAML the first fault is told alone, and so is that of a pattern or an expression.
//
// It uses go.yaml.in/yaml/v4, the library of the YAML organization that is worked on: v3 and
// gopkg.in/yaml.v3 get no more than mends, and tell of broken YAML in a line that may be
// wrong, without a column. What Parse takes of its tree is no more than JSON has.
func Parse(name string, text []byte) (File, error) {
	p := &parser{reader: reader{text: string(text), faults: Faults{File: name}}}
	if document := p.document(); document != nil {
		p.file(document)
	}
	if err := p.faults.sorted(); err != nil {
		return File{}, err
	}
	return p.read, nil
}

// parser makes a File of nodes.
type parser struct {
	reader
	read File
}

func (p *parser) file(n *yaml.Node) {
	var rules *yaml.Node
	object := p.members(n, "an object with rules", []string{"input", "rules"}, func(name string, value *yaml.Node) {
		if name == "input" {
			p.input(value)
			return
		}
		rules = value
		p.rules(value)
	})
	if object && rules == nil {
		p.fault(n, "got no rules: want at least one")
	}
}

func (p *parser) input(n *yaml.Node) {
	in := &p.read.Input
	before := len(p.faults.List)
	p.members(n, "an object with types, fields or format", []string{"types", "fields", "format"}, func(name string, value *yaml.Node) {
		switch name {
		case "types":
			in.Types = p.pairs(value, "types of the input, and what patterns call them", func(pair map[string]string) order.Names { return order.Names{Types: pair} })
		case "fields":
			in.Fields = p.pairs(value, "names of members, and their paths", func(pair map[string]string) order.Names { return order.Names{Fields: pair} })
		case "format":
			text, ok := p.string(value, "jsonl, csv or cloudevents")
			if in.Format = text; ok && text == "" {
				p.fault(value, `got "": want jsonl, csv or cloudevents`)
			} else if ok {
				p.names(value, order.Names{Format: text})
			}
		}
	})
	if before == len(p.faults.List) {
		p.names(n, *in)
	}
}

// pairs reads an object of texts, each of which is checked by itself as the names of.
func (p *parser) pairs(n *yaml.Node, want string, of func(pair map[string]string) order.Names) map[string]string {
	pairs := map[string]string{}
	object := p.members(n, "an object of "+want, nil, func(name string, value *yaml.Node) {
		if text, ok := p.string(value, "a name"); ok {
			pairs[name] = text
			p.names(value, of(map[string]string{name: text}))
		}
	})
	if object && len(n.Content) == 0 {
		p.fault(n, "got an empty object: want %s", want)
	}
	return pairs
}

// names notes what is wrong with the names of the input.
func (p *parser) names(n *yaml.Node, names order.Names) {
	if err := names.Validate(); err != nil {
		p.fault(n, "%s", strings.TrimPrefix(err.Error(), "-"))
	}
}

func (p *parser) rules(n *yaml.Node) {
	items := p.items(n, "a list of rules")
	if len(items) > MaxRules {
		p.fault(n, "got %d rules: want at most %d", len(items), MaxRules)
		return
	}
	lines := map[string]int{} // of the rules, by name
	for _, item := range items {
		p.read.Rules = append(p.read.Rules, p.rule(item, lines))
	}
}

// durationFault says why a duration, which is written so, cannot be one of a rule, or "".
func durationFault(text string, d time.Duration) string {
	switch {
	case d <= 0:
		return fmt.Sprintf("got %s: want more than zero", text)
	case d > maxDuration:
		return fmt.Sprintf("got %s: want at most 100 years", text)
	case d%time.Millisecond != 0:
		return fmt.Sprintf("got %s: want whole milliseconds", text)
	}
	return ""
}

// ages reads a list of different ages. They are returned in their order.
func (p *parser) ages(n *yaml.Node) []age {
	var ages []age
	for _, item := range p.items(n, "a list of ages such as 5m") {
		d := p.duration(item, "an age such as 5m or 2d")
		i := slices.IndexFunc(ages, func(a age) bool { return a.age == d })
		switch {
		case d == 0:
		case i >= 0:
			p.fault(item, "got %s, as in line %d: want different ages", shown(item.Value), ages[i].at.Line)
		default:
			ages = append(ages, age{d, item})
		}
	}
	slices.SortFunc(ages, func(a, b age) int { return int(min(max(a.age-b.age, -1), 1)) })
	return ages
}

// age is an age of a reminder, and where it stands.
type age struct {
	age time.Duration
	at  *yaml.Node
}

func (p *parser) outcomes(n *yaml.Node) []order.Kind {
	var outcomes []order.Kind
	for _, item := range p.items(n, "a list of "+anyOf(kindNames())) {
		text, ok := p.string(item, "a kind of outcome")
		switch kind := order.Kind(text); {
		case !ok:
		case !slices.Contains(kinds, kind):
			p.fault(item, "got %s: want %s", shown(text), anyOf(kindNames()))
		case slices.Contains(outcomes, kind):
			p.fault(item, "got %s twice: want it once", text)
		default:
			outcomes = append(outcomes, kind)
		}
	}
	return outcomes
}

func (p *parser) labels(n *yaml.Node) []order.Label {
	var labels []order.Label
	object := p.members(n, "an object of texts", nil, func(name string, value *yaml.Node) {
		if text, ok := p.string(value, "a text"); ok {
			labels = append(labels, order.Label{Name: name, Text: text})
		}
	})
	if object && len(n.Content) == 0 {
		p.fault(n, "got an empty object: want a label such as team: customer-care")
	}
	return labels
}
