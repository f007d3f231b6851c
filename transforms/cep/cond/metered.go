package cond

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
)

// metered are the operators and functions as expr calls them: their first argument is the
// meter.
var metered = func() (made []*builtin.Function) {
	for name, o := range operators {
		made = append(made, &builtin.Function{Name: functionName(name), Func: func(args ...any) (any, error) {
			return o(args[0].(*meter), args[1], args[2])
		}})
	}
	for name, f := range functions {
		made = append(made, &builtin.Function{Name: functionName(name), Func: func(args ...any) (any, error) {
			if err := f.cost(args[0].(*meter), args[1:]); err != nil {
				return nil, err
			}
			return f.run(args[1:]...)
		}})
	}
	return append(made, &builtin.Function{Name: functionName("loop"), Func: loop}, &builtin.Function{Name: functionName("pay"), Func: pay})
}()

// functionName is what the tree calls a metered function: a name that no condition can.
func functionName(name string) string { return "#" + name }

// loop charges a predicate for each element of a list, and returns the list: the meter,
// the list, what an element costs, whether the list is charged as such, too.
func loop(args ...any) (any, error) {
	m, list := args[0].(*meter), args[1]
	n, ok := listLen(list)
	if !ok {
		return nil, fmt.Errorf("got %s: want a list", valueName(list))
	}
	if args[3].(bool) {
		if err := m.list(n); err != nil {
			return nil, err
		}
	}
	return list, m.times(1+n, args[2].(int))
}

// pay charges looking at a value, a number of times, and returns it.
func pay(args ...any) (any, error) {
	w, err := args[0].(*meter).weigh(args[1])
	if err != nil {
		return nil, err
	}
	return args[1], args[0].(*meter).times(w.size, args[2].(int))
}

// meterNode returns a resolved tree in which all that can take long is charged. It
// changes the tree.
func meterNode(n ast.Node) ast.Node {
	if n == nil {
		return nil
	}
	made := meterParts(n)
	if made.Location() != n.Location() {
		made.SetLocation(n.Location())
	}
	return made
}

func meterParts(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.UnaryNode:
		n.Node = meterNode(n.Node)
	case *ast.ChainNode:
		n.Node = meterNode(n.Node)
	case *ast.SliceNode:
		n.Node, n.From, n.To = meterNode(n.Node), meterNode(n.From), meterNode(n.To)
	case *ast.PredicateNode:
		n.Node = meterNode(n.Node)
	case *ast.ConditionalNode:
		n.Cond, n.Exp1, n.Exp2 = meterNode(n.Cond), meterNode(n.Exp1), meterNode(n.Exp2)
	case *ast.SequenceNode:
		meterAll(n.Nodes)
	case *ast.ArrayNode:
		meterAll(n.Nodes)
	case *ast.MapNode:
		meterAll(n.Pairs)
	case *ast.VariableDeclaratorNode:
		n.Value, n.Expr = meterNode(n.Value), meterNode(n.Expr)
	case *ast.PairNode:
		n.Key, n.Value = payFor(meterNode(n.Key), 1), meterNode(n.Value)
	case *ast.MemberNode:
		n.Node, n.Property = meterNode(n.Node), payFor(meterNode(n.Property), 1)
	case *ast.CallNode: // of a method
		n.Callee = meterNode(n.Callee)
		for i, a := range n.Arguments {
			n.Arguments[i] = payFor(meterNode(a), 8)
		}
	case *ast.BuiltinNode:
		return meterBuiltin(n)
	case *ast.BinaryNode:
		return meterBinary(n)
	}
	return n
}

func meterAll(nodes []ast.Node) {
	for i, n := range nodes {
		nodes[i] = meterNode(n)
	}
}

// payFor charges for looking at what a node gives, where that is not written down.
func payFor(n ast.Node, times int) ast.Node {
	if isLiteral(n) {
		return n
	}
	return charged(n, "pay", n, &ast.IntegerNode{Value: times})
}

// charged returns a call of a metered function at a node's place.
func charged(at ast.Node, name string, args ...ast.Node) ast.Node {
	callee, m := &ast.IdentifierNode{Value: functionName(name)}, &ast.IdentifierNode{Value: meterKey}
	made := &ast.CallNode{Callee: callee, Arguments: append([]ast.Node{m}, args...)}
	for _, n := range []ast.Node{made, callee, m} {
		n.SetLocation(at.Location())
	}
	return made
}

func isLiteral(n ast.Node) bool {
	switch n.(type) {
	case *ast.NilNode, *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.StringNode, *ast.ConstantNode:
		return true
	}
	return false
}

func meterBuiltin(n *ast.BuiltinNode) ast.Node {
	if len(n.Arguments) > 0 && predicateOf(n) != 0 {
		list := n.Arguments[0]
		step, isName := list.(*ast.IdentifierNode)
		isStep := isName && step.Value[0] == stepKey("")[0]
		cost := predicateOf(n)
		meterAll(n.Arguments)
		n.Arguments[0] = charged(list, "loop", n.Arguments[0], &ast.IntegerNode{Value: cost}, &ast.BoolNode{Value: !isStep})
		if p, ok := n.Arguments[len(n.Arguments)-1].(*ast.PredicateNode); ok && n.Name == "sortBy" || ok && n.Name == "groupBy" {
			p.Node = payFor(p.Node, elementCost)
		}
		return n
	}
	meterAll(n.Arguments)
	if _, ok := functions[n.Name]; !ok {
		return n
	}
	return charged(n, n.Name, n.Arguments...)
}

// predicateOf returns what an element costs in the predicate of a function, or 0 for a
// function that takes none.
func predicateOf(n *ast.BuiltinNode) int {
	f := builtin.Builtins[builtin.Index[n.Name]]
	if !f.Predicate {
		return 0
	}
	cost := 1
	switch n.Name {
	case "filter", "map", "sortBy", "groupBy":
		cost = elementCost
	}
	for _, a := range n.Arguments[1:] {
		cost += nodes(a)
	}
	return cost
}

// nodes returns the number of nodes of a tree.
func nodes(n ast.Node) int {
	var c counter
	ast.Walk(&n, &c)
	return int(c)
}

type counter int

func (c *counter) Visit(*ast.Node) { *c++ }

// meterBinary leaves an operator to expr where one side is written down, so that it looks
// at no more than that.
func meterBinary(n *ast.BinaryNode) ast.Node {
	lenient := ""
	if isChain(n.Left) || isChain(n.Right) {
		lenient = "?"
	}
	n.Left, n.Right = meterNode(n.Left), meterNode(n.Right)
	switch n.Operator {
	case "==", "!=":
		if isNil(n.Left) || isNil(n.Right) {
			return n
		}
		equal := charged(n, "=="+lenient, n.Left, n.Right)
		if n.Operator == "==" {
			return equal
		}
		return &ast.UnaryNode{Operator: "!", Node: equal}
	case "in", "contains", "startsWith", "endsWith":
		return charged(n, n.Operator+lenient, n.Left, n.Right)
	case "matches":
		text := n.Right.(*ast.StringNode).Value
		return charged(n, n.Operator+lenient, n.Left, &ast.ConstantNode{Value: &expression{regexp.MustCompile(text), instructions(text)}})
	case "<", ">", "<=", ">=", "+":
		if slices.ContainsFunc([]ast.Node{n.Left, n.Right}, isScalar(n.Operator)) {
			return n
		}
		return charged(n, n.Operator, n.Left, n.Right)
	}
	return n
}

// isScalar says whether an operand bounds what the operator looks at.
func isScalar(operator string) func(n ast.Node) bool {
	return func(n ast.Node) bool {
		_, text := n.(*ast.StringNode)
		return isLiteral(n) && !(operator == "+" && text)
	}
}

func isNil(n ast.Node) bool {
	_, is := n.(*ast.NilNode)
	return is
}

func isChain(n ast.Node) bool {
	_, is := n.(*ast.ChainNode)
	return is
}
