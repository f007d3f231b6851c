package cond

import (
	"slices"

	"github.com/expr-lang/expr/ast"
)

// resolver copies a parsed tree: it says of each name what it is, and refuses what a
// condition may not do. It copies, as the parser lets two nodes share a part (the middle
// of a < b < c), which would be changed twice.
type resolver struct {
	*compiler
	count     int      // nodes so far
	predicate string   // the function in whose predicate the node stands, "" in none
	variables []string // of let, where the node stands

	steps   []int
	members []string
	decoded decoded
}

// cond returns what the condition reads.
func (r *resolver) cond() *Cond {
	made := &Cond{members: r.members, decoded: r.decoded}
	slices.Sort(r.steps)
	made.steps = slices.Compact(r.steps)
	for _, i := range made.steps {
		made.names = append(made.names, r.names.Steps[i])
	}
	for _, s := range r.names.Steps {
		made.near = append(made.near, s.Name)
	}
	return made
}

// refuse keeps an error at a node.
func (r *resolver) refuse(n ast.Node, format string, args ...any) {
	r.fail(n.Location().From, format, args...)
}

// resolve returns the copy of a node. After an error it returns what there is.
func (r *resolver) resolve(n ast.Node) ast.Node {
	if r.err != nil || n == nil {
		return n
	}
	if r.count++; r.count > MaxNodes {
		r.failNodes(n.Location().From)
		return n
	}
	made := r.copy(n)
	made.SetLocation(n.Location())
	return made
}

func (r *resolver) copy(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.NilNode:
		return &ast.NilNode{}
	case *ast.BoolNode:
		return &ast.BoolNode{Value: n.Value}
	case *ast.IntegerNode:
		return &ast.IntegerNode{Value: n.Value}
	case *ast.FloatNode:
		return &ast.FloatNode{Value: n.Value}
	case *ast.StringNode:
		return &ast.StringNode{Value: n.Value}
	case *ast.BytesNode:
		return &ast.BytesNode{Value: n.Value}
	case *ast.PointerNode:
		return &ast.PointerNode{Name: n.Name}
	case *ast.IdentifierNode:
		return r.identifier(n)
	case *ast.MemberNode:
		return r.member(n)
	case *ast.CallNode:
		return r.call(n)
	case *ast.BuiltinNode:
		return r.builtin(n)
	case *ast.UnaryNode:
		return r.unary(n)
	case *ast.BinaryNode:
		return r.binary(n)
	case *ast.VariableDeclaratorNode:
		return r.let(n)
	case *ast.ArrayNode:
		return r.array(n)
	}
	return r.compound(n)
}

// compound copies nodes that only hold others.
func (r *resolver) compound(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.ChainNode:
		return &ast.ChainNode{Node: r.resolve(n.Node)}
	case *ast.SliceNode:
		return &ast.SliceNode{Node: r.resolve(n.Node), From: r.resolve(n.From), To: r.resolve(n.To)}
	case *ast.PredicateNode:
		return &ast.PredicateNode{Node: r.resolve(n.Node)}
	case *ast.ConditionalNode:
		return &ast.ConditionalNode{Ternary: n.Ternary, Cond: r.resolve(n.Cond), Exp1: r.resolve(n.Exp1), Exp2: r.resolve(n.Exp2)}
	case *ast.SequenceNode:
		return &ast.SequenceNode{Nodes: r.all(n.Nodes)}
	case *ast.MapNode:
		return &ast.MapNode{Pairs: r.all(n.Pairs)}
	case *ast.PairNode:
		return &ast.PairNode{Key: r.resolve(n.Key), Value: r.resolve(n.Value)}
	}
	r.refuse(n, "got what a condition cannot have: %s", oneLine(n.String()))
	return n
}

func (r *resolver) all(nodes []ast.Node) []ast.Node {
	made := make([]ast.Node, len(nodes))
	for i, n := range nodes {
		made[i] = r.resolve(n)
	}
	return made
}

// identifier says what a bare name is.
func (r *resolver) identifier(n *ast.IdentifierNode) ast.Node {
	name := n.Value
	if slices.Contains(r.variables, name) {
		return &ast.IdentifierNode{Value: name}
	}
	if name == "$env" {
		r.refuse(n, "got $env: want event, or names")
		return n
	}
	if d, ok := decodedNames[name]; ok {
		r.decoded |= d
		return &ast.IdentifierNode{Value: keyOf(name)}
	}
	if i := r.step(name); i >= 0 {
		r.steps = append(r.steps, i)
		return &ast.IdentifierNode{Value: stepKey(name)}
	}
	if why, ok := r.names.Refused[name]; ok {
		r.refuse(n, "%s", why)
		return n
	}
	return r.read(name)
}

// step returns the index of the step with a name, or -1.
func (r *resolver) step(name string) int {
	return slices.IndexFunc(r.names.Steps, func(s Step) bool { return s.Name == name })
}

// read returns the node of a member of the current event.
func (r *resolver) read(name string) ast.Node {
	if !slices.Contains(r.members, name) {
		r.members = append(r.members, name)
	}
	return &ast.IdentifierNode{Value: memberKey(name)}
}

// member copies what is behind a dot or in brackets. A member of event with a name that
// is written down is read alone, without the rest of the event.
func (r *resolver) member(n *ast.MemberNode) ast.Node {
	owner, bare := n.Node.(*ast.IdentifierNode)
	bare = bare && !slices.Contains(r.variables, owner.Value)
	name, written := n.Property.(*ast.StringNode)
	if bare && written && !n.Method && owner.Value == "event" {
		if d, ok := decodedNames[name.Value]; ok && d != hasEvent {
			r.decoded |= d
			return &ast.IdentifierNode{Value: keyOf(name.Value)}
		}
		return r.read(name.Value)
	}
	if bare && written {
		if i := r.step(owner.Value); i >= 0 && r.names.Steps[i].List {
			r.refuse(n, "got %s.%s, but %[1]s is a list of events: want a function such as last(%[1]s).%[2]s or sum(%[1]s, .%[2]s)", owner.Value, name.Value)
			return n
		}
	}
	return &ast.MemberNode{Node: r.resolve(n.Node), Property: r.resolve(n.Property), Optional: n.Optional, Method: n.Method}
}

func (r *resolver) unary(n *ast.UnaryNode) ast.Node {
	made := r.resolve(n.Node)
	switch number := made.(type) {
	case *ast.IntegerNode:
		if n.Operator == "-" {
			return &ast.IntegerNode{Value: -number.Value}
		}
	case *ast.FloatNode:
		if n.Operator == "-" {
			return &ast.FloatNode{Value: -number.Value}
		}
	}
	return &ast.UnaryNode{Operator: n.Operator, Node: made}
}

func (r *resolver) binary(n *ast.BinaryNode) ast.Node {
	switch n.Operator {
	case "..":
		r.refuse(n, "got a range (..): want a comparison, or a list that is written out")
		return n
	case "matches":
		text, ok := n.Right.(*ast.StringNode)
		if !ok {
			r.refuse(n.Right, "got a regular expression that is not written down: want one in quotes behind matches")
			return n
		}
		r.checkRegexp(text)
	}
	return &ast.BinaryNode{Operator: n.Operator, Left: r.resolve(n.Left), Right: r.resolve(n.Right)}
}

func (r *resolver) let(n *ast.VariableDeclaratorNode) ast.Node {
	_, isDecoded := decodedNames[n.Name]
	_, isRefused := r.names.Refused[n.Name]
	if isDecoded || isRefused || r.step(n.Name) >= 0 {
		r.refuse(n, "got let %s: want a name that is free", n.Name)
		return n
	}
	value := r.resolve(n.Value)
	r.variables = append(r.variables, n.Name)
	made := &ast.VariableDeclaratorNode{Name: n.Name, Value: value, Expr: r.resolve(n.Expr)}
	r.variables = r.variables[:len(r.variables)-1]
	return made
}

// array copies a list. One of literals is made once.
func (r *resolver) array(n *ast.ArrayNode) ast.Node {
	nodes := r.all(n.Nodes)
	values := make([]any, len(nodes))
	for i, n := range nodes {
		switch n := n.(type) {
		case *ast.BoolNode:
			values[i] = n.Value
		case *ast.IntegerNode:
			values[i] = n.Value
		case *ast.FloatNode:
			values[i] = n.Value
		case *ast.StringNode:
			values[i] = n.Value
		default:
			return &ast.ArrayNode{Nodes: nodes}
		}
	}
	return &ast.ConstantNode{Value: values}
}
