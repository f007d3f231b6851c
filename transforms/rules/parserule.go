package rules

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
)

// members of a rule.
var ruleMembers = []string{"name", "pattern", "key", "within", "remind", "resolve", "early", "outcomes", "labels"}

// ruleName is what a rule may be called.
var ruleName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// ruleNode is a rule, and where its settings stand.
type ruleNode struct {
	Rule
	at   map[string]*yaml.Node
	ages []age
}

// rule reads a rule. lines are those of the rules before it, by name.
func (p *parser) rule(n *yaml.Node, lines map[string]int) Rule {
	r := ruleNode{Rule: Rule{Key: KeyUser}, at: map[string]*yaml.Node{}}
	object := p.members(n, "an object with name and pattern", ruleMembers, func(name string, value *yaml.Node) {
		r.at[name] = value
		switch name {
		case "name":
			r.Name = p.name(value, lines)
		case "key":
			if key, ok := p.string(value, "user or order"); ok && key != KeyUser && key != KeyOrder {
				p.fault(value, "key %s: want user or order", shown(key))
			} else if ok {
				r.Key = key
			}
		case "remind":
			r.ages = p.ages(value)
		case "resolve":
			r.Resolve = p.duration(value, "a duration such as 24h or 2d")
		case "early":
			r.Early = p.duration(value, "a duration such as 5s")
		case "outcomes":
			r.Outcomes = p.outcomes(value)
		case "labels":
			r.Labels = p.labels(value)
		}
	})
	if !object {
		return r.Rule
	}
	for _, name := range []string{"name", "pattern"} {
		if r.at[name] == nil {
			p.fault(n, "got a rule without a %s: want one", name)
		}
	}
	for _, a := range r.ages {
		r.Remind = append(r.Remind, a.age)
	}
	switch within := r.at["within"]; {
	case p.pattern(&r):
		if p.window(&r) {
			p.together(&r)
		}
	case within != nil: // its own faults are told all the same
		p.within(within, syntax.Pattern{})
	}
	return r.Rule
}

// name reads the name of a rule.
func (p *parser) name(n *yaml.Node, lines map[string]int) string {
	name, ok := p.string(n, "a name")
	switch line := lines[name]; {
	case !ok:
		return ""
	case !ruleName.MatchString(name):
		p.fault(n, "name %s: want 1 to 64 letters, digits, _ and -", shown(name))
		return ""
	case line > 0:
		p.fault(n, "name %s, as in line %d: want another", shown(name), line)
	}
	lines[name] = n.Line
	return name
}

// pattern reads the pattern of a rule, and reports whether there is one.
func (p *parser) pattern(r *ruleNode) bool {
	n := r.at["pattern"]
	if n == nil {
		return false
	}
	text, ok := p.string(n, "a pattern")
	if !ok {
		return false
	}
	pattern, err := syntax.Parse(text)
	var fault *syntax.Error
	if errors.As(err, &fault) {
		p.inText(n, fault.Column-1, "%s", fault.Text)
		return false
	}
	r.Pattern = pattern
	return p.windows(n, pattern)
}

// windows notes the windows of a pattern that are too long.
func (p *parser) windows(n *yaml.Node, pattern syntax.Pattern) bool {
	long := pattern.Within
	for _, place := range pattern.Places() {
		long = max(long, place.Within)
	}
	if long > maxDuration {
		p.fault(n, "got the window %s: want at most 100 years", syntax.FormatDuration(long))
	}
	return long <= maxDuration
}

// together notes what is wrong with settings that stand together.
func (p *parser) together(r *ruleNode) {
	sound := true
	for _, a := range r.ages {
		if w := r.Pattern.Within; w > 0 && a.age >= w {
			p.fault(a.at, "got %s in a window of %s: want less than that", strconv.Quote(a.at.Value), syntax.FormatDuration(w))
			sound = false
		}
	}
	if sound && r.Validate() == nil {
		return
	}
	for _, of := range r.settings() {
		if of.name == "remind" && !sound {
			continue
		}
		if _, err := cep.Compile(r.Pattern, of.config); err != nil {
			p.fault(r.at[of.name], "%s", plainError(err))
			if of.name == "pattern" {
				return // which all of them have
			}
		}
	}
}

// plainError returns an error of the engine without its package.
func plainError(err error) string { return strings.TrimPrefix(err.Error(), "cep: ") }
