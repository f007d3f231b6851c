package rules

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/cond"
	"ordertimeout/transforms/cep/syntax"
)

// Within is the window of a rule where the pattern's is not all: its zero value leaves that.
type Within struct {
	// Duration is a window in place of the pattern's; zero: none.
	Duration time.Duration
	// Expression gives the window of each run by its first event, as cep.CompileWindow says. The
	// pattern's own holds where it fails. Empty: none.
	Expression string
}

// validate returns what is wrong with the window of a rule with that pattern, or nil. The
// error begins with the setting.
func (w Within) validate(pattern syntax.Pattern) error {
	switch {
	case w.Duration != 0 && w.Duration != pattern.Within:
		return fmt.Errorf("within: got %v and a pattern within %v: want the same", w.Duration, pattern.Within)
	case w.Expression == "":
		return nil
	case w.Duration != 0:
		return fmt.Errorf("within: got %v and an expression: want one of the two", w.Duration)
	case pattern.Within == 0:
		return errors.New("within: got an expression, and the pattern has no window: want one there, for events on which the expression fails")
	}
	if _, err := cep.CompileWindow(w.Expression, pattern); err != nil {
		return fmt.Errorf("within: %w", err)
	}
	return nil
}

// window reads the window of a rule, and reports whether it has one that its pattern can go
// with.
func (p *parser) window(r *ruleNode) bool {
	n := r.at["within"]
	if n == nil {
		if err := r.Pattern.Bounded(); err != nil {
			p.fault(r.at["pattern"], "%s, or within in the rule", plainError(err))
			return false
		}
		return true
	}
	if r.Within = p.within(n, r.Pattern); r.Within == (Within{}) {
		return false
	}
	if r.Within.Expression != "" {
		if r.Pattern.Within == 0 {
			p.fault(n, "got an expression, and the pattern has no window: want one there, for events on which the expression fails")
		}
		return r.Pattern.Within > 0
	}
	for _, place := range r.Pattern.Places() {
		if place.Within > r.Within.Duration {
			p.fault(n, "got %s, and the pattern has %s within %s: want at least that", n.Value, shown(place.Name), syntax.FormatDuration(place.Within))
			return false
		}
	}
	r.Pattern.Within = r.Within.Duration
	return true
}

// beginsDuration reports whether who begins with r means a duration.
func beginsDuration(r rune) bool { return strings.ContainsRune("0123456789+-.", r) }

// within reads the window of a rule with that pattern. It is zero for what is none.
func (p *parser) within(n *yaml.Node, pattern syntax.Pattern) Within {
	const want = "a duration such as 10m or 2d, or an expression that gives one"
	text, ok := p.scalar(n, want)
	if !ok {
		return Within{}
	}
	if d, err := syntax.ParseDuration(text); err == nil {
		if fault := durationFault(text, d); fault != "" {
			p.fault(n, "%s", fault)
			return Within{}
		}
		return Within{Duration: d}
	}
	expression := strings.TrimSpace(text)
	_, err := cep.CompileWindow(text, pattern)
	var fault *cond.Error
	switch {
	case err == nil:
		return Within{Expression: expression}
	case !errors.As(err, &fault) || strings.IndexFunc(expression, beginsDuration) == 0 || expression == "":
		p.fault(n, "got %s: want %s", shown(text), want)
	default:
		p.inText(n, fault.Offset, "%s", fault.Text)
	}
	return Within{}
}
