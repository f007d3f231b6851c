package rules

import (
	"cmp"
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
