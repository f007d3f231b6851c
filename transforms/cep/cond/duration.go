package cond

import (
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/expr-lang/expr/ast"
)

// MaxDuration is the longest duration that an expression may give: 100 years.
const MaxDuration = 100 * 365 * 24 * time.Hour

// CompileDuration returns the expression with a text that gives a duration, or the text of
// one as in "48h" and "2d", for [Evaluator.Duration]. One that can give none is refused: by
// its type, by a text in it that is its result and no duration, or, where it looks at no
// event, by its value. Its error is an *Error.
func CompileDuration(text string, names Names) (*Cond, error) {
	c := compiler{text: text, names: names, duration: true}
	made := c.compile()
	if c.err == nil && len(made.members)+len(made.steps) == 0 && made.decoded == 0 {
		m := NewEvaluator(Fields{}, []*Cond{made})
		if _, err := m.Duration(made); err != nil {
			c.fail(c.start(), "%s", reason(err))
		}
	}
	if c.err != nil {
		return nil, c.err
	}
	return made, nil
}

// Duration returns what an expression of CompileDuration gives for the current event, which
// is all that it may look at: more than zero, at most MaxDuration, rounded up to whole
// milliseconds. An error, one line, is an expression that fails on the event.
func (m *Evaluator) Duration(c *Cond) (time.Duration, error) {
	got, err := m.value(c, nil)
	if err != nil {
		return 0, err
	}
	d, err := durationOf(got)
	if err != nil {
		return 0, m.failed(c, err)
	}
	return d, nil
}

// durationOf returns the duration that a value is, or is the text of.
func durationOf(v any) (time.Duration, error) {
	d, isDuration := v.(time.Duration)
	if text, ok := v.(string); ok {
		var err error
		if d, err = parseDuration(text); err != nil {
			return 0, err
		}
	} else if !isDuration {
		return 0, fmt.Errorf("got %s: want a duration, or the text of one such as \"48h\"", valueName(v))
	}
	switch {
	case d <= 0:
		return 0, fmt.Errorf("got the duration %v: want more than zero", d)
	case d > MaxDuration:
		return 0, fmt.Errorf("got the duration %v: want at most 100 years", d)
	}
	return (d + time.Millisecond - 1).Truncate(time.Millisecond), nil
}

// checkDuration refuses a tree whose result is no duration, at the part that gives it. Its
// types have been checked.
func (c *compiler) checkDuration(n ast.Node) {
	if c.err != nil {
		return
	}
	switch n := n.(type) {
	case *ast.ConditionalNode:
		c.checkDuration(n.Exp1)
		c.checkDuration(n.Exp2)
		return
	case *ast.VariableDeclaratorNode:
		c.checkDuration(n.Expr)
		return
	case *ast.SequenceNode:
		c.checkDuration(n.Nodes[len(n.Nodes)-1])
		return
	case *ast.BinaryNode:
		if n.Operator == "??" { // what stands first may be absent
			c.checkDuration(n.Right)
			return
		}
	case *ast.StringNode:
		c.checkValue(n, n.Value)
		return
	case *ast.ConstantNode:
		c.checkValue(n, n.Value)
		return
	case *ast.NilNode:
		c.checkValue(n, nil)
		return
	}
	if t := n.Type(); t != nil && t.Kind() != reflect.Interface && t.Kind() != reflect.String && t != reflect.TypeFor[time.Duration]() {
		c.fail(n.Location().From, "got %s: want a duration, or the text of one such as \"48h\"", typeName(t))
	}
}

// checkValue refuses a literal that is the result and no duration.
func (c *compiler) checkValue(n ast.Node, value any) {
	if _, err := durationOf(value); err != nil {
		c.fail(n.Location().From, "%s", oneLine(err.Error()))
	}
}

// reason returns why an expression fails, without its text, which stands beside it.
func reason(err error) string {
	if f, ok := err.(*failure); ok {
		return oneLine(plain(f.cause.Error()))
	}
	return strconv.Quote(oneLine(err.Error()))
}
