package rules

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
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

// name is what a rule may be called.
var ruleName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// rule reads a rule.
func (p *parser) rule(n *yaml.Node) Rule {
	r := Rule{Key: KeyUser}
	var pattern, within, remind, resolve, early *yaml.Node
	p.members(n, "an object with name and pattern", func(key string, at, value *yaml.Node) {
		switch key {
		case "name":
			if name, ok := p.text(value, "a name"); ok && !ruleName.MatchString(name) {
				p.fault(value, "name %q: want 1 to 64 letters, digits, _ and -", name)
			} else {
				r.Name = name
			}
		case "pattern":
			pattern = value
		case "key":
			if key, ok := p.text(value, "user or order"); ok && key != KeyUser && key != KeyOrder {
				p.fault(value, "key %q: want user or order", key)
			} else if ok {
				r.Key = key
			}
		case "within":
			within = value
		case "remind":
			remind = value
			r.Remind = p.ages(value)
		case "resolve":
			resolve = value
			r.Resolve = p.duration(value, "a duration such as 24h or 2d")
		case "early":
			early = value
			r.Early = p.duration(value, "a duration such as 5s")
		case "outcomes":
			r.Outcomes = p.outcomes(value)
		case "labels":
			r.Labels = p.labels(value)
		default:
			p.fault(at, "%s: want name, pattern, key, within, remind, resolve, early, outcomes or labels", key)
		}
	})
	if n.Kind != yaml.MappingNode {
		return r
	}
	if r.Name == "" && !hasMember(n, "name") {
		p.fault(n, "a rule without a name: want one")
	}
	if pattern == nil {
		p.fault(n, "a rule without a pattern: want one")
		return r
	}
	if p.pattern(&r, pattern, within) {
		p.together(&r, map[string]*yaml.Node{"pattern": pattern, "remind": remind, "resolve": resolve, "early": early})
	}
	return r
}

func hasMember(n *yaml.Node, key string) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return true
		}
	}
	return false
}

// pattern reads the pattern of a rule, and the window in place of its own.
func (p *parser) pattern(r *Rule, n, within *yaml.Node) (ok bool) {
	text, ok := p.text(n, "a pattern")
	if !ok {
		return false
	}
	pattern, err := syntax.Parse(text)
	if err != nil {
		p.inText(n, err)
		return false
	}
	if within != nil {
		if pattern.Within = p.duration(within, "a duration such as 10m or 2d"); pattern.Within == 0 {
			return false
		}
		if err := pattern.Validate(); err != nil {
			p.fault(within, "with the pattern: %s", strings.TrimPrefix(err.Error(), "cep: "))
			return false
		}
	}
	if err := pattern.Bounded(); err != nil {
		p.fault(n, "%s; or within", strings.TrimPrefix(err.Error(), "cep: "))
		return false
	}
	r.Pattern = pattern
	return true
}

// column finds the place in an error about a pattern.
var column = regexp.MustCompile(`column (\d+): `)

// inText notes a fault of a text at its place in the file: where the text stands as it is,
// in a line, the column is in the file; else it is that of the text.
func (p *parser) inText(n *yaml.Node, err error) {
	text := err.Error()
	found := column.FindStringSubmatchIndex(text)
	oneLine := n.Style == 0 && !strings.Contains(n.Value, "\n")
	if found == nil || !oneLine {
		p.fault(n, "%s", strings.TrimPrefix(text, "cep: "))
		return
	}
	at, _ := strconv.Atoi(text[found[2]:found[3]])
	p.faultAt(n.Line, n.Column+at-1, "%s", text[found[1]:])
}

// together notes what is wrong with settings that stand together.
func (p *parser) together(r *Rule, at map[string]*yaml.Node) {
	for _, of := range r.settings() {
		if _, err := cep.Compile(r.Pattern, of.config); err != nil {
			n := at[of.name]
			p.fault(cmp.Or(n, at["pattern"]), "%s", strings.TrimPrefix(err.Error(), "cep: "))
			if of.name == "pattern" {
				return
			}
		}
	}
}

// ages reads a list of different ages.
func (p *parser) ages(n *yaml.Node) (ages []time.Duration) {
	for _, item := range p.items(n, "a list of ages such as 5m") {
		age := p.duration(item, "an age such as 5m or 2d")
		switch {
		case age == 0:
		case slices.Contains(ages, age):
			p.fault(item, "%s stands twice", item.Value)
		default:
			ages = append(ages, age)
		}
	}
	slices.Sort(ages)
	return ages
}

// kinds are the kinds of outcome that a rule may give.
var kinds = []order.Kind{order.Success, order.Timeout, order.Reminder, order.Resolved, order.Cancelled, order.Started}

func (p *parser) outcomes(n *yaml.Node) (outcomes []order.Kind) {
	for _, item := range p.items(n, "a list of kinds of outcome") {
		text, ok := p.text(item, "a kind of outcome")
		switch kind := order.Kind(text); {
		case !ok:
		case !slices.Contains(kinds, kind):
			p.fault(item, "outcome %q: want success, timeout, reminder, resolved, cancelled or started", text)
		case slices.Contains(outcomes, kind):
			p.fault(item, "%s stands twice", text)
		default:
			outcomes = append(outcomes, kind)
		}
	}
	return outcomes
}

func (p *parser) labels(n *yaml.Node) (labels []order.Label) {
	p.members(n, "names and texts", func(key string, at, value *yaml.Node) {
		if value.Kind != yaml.ScalarNode || value.Tag != "!!str" {
			p.fault(value, "label %s: got %s: want a text, in quotes where it could be something else", key, kindOf(value))
			return
		}
		labels = append(labels, order.Label{Name: key, Text: value.Value})
	})
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		p.fault(n, "no labels: want at least one")
	}
	return labels
}
