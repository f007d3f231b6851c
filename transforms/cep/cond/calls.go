package cond

import (
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
)

// call copies the call of a method. All functions that there are the parser knows as
// builtin ones.
func (r *resolver) call(n *ast.CallNode) ast.Node {
	if callee, ok := n.Callee.(*ast.MemberNode); ok {
		name, ok := callee.Property.(*ast.StringNode)
		if !ok || !slices.Contains(methods, name.Value) {
			shown := "a method"
			if ok {
				shown = "." + name.Value + "()"
			}
			r.refuse(n, "got %s: want a method of a time or a duration%s", shown, didYouMean(name.Value, methods))
			return n
		}
		made := &ast.MemberNode{Node: r.resolve(callee.Node), Property: r.resolve(callee.Property), Optional: callee.Optional, Method: true}
		made.SetLocation(callee.Location())
		return &ast.CallNode{Callee: made, Arguments: r.all(n.Arguments)}
	}
	r.refuse(n, "got a call of what is no function")
	return n
}

// builtin copies the call of a function.
func (r *resolver) builtin(n *ast.BuiltinNode) ast.Node {
	if why, ok := refusedFunctions[n.Name]; ok {
		r.refuse(n, "got %s(): %s", n.Name, why)
		return n
	}
	if r.predicate != "" && overList(n) {
		r.refuse(n, "got %s inside the condition of %s: want no function over a list inside another's", n.Name, r.predicate)
		return n
	}
	if n.Name == "date" && len(n.Arguments) > 2 {
		r.refuse(n.Arguments[2], "got a zone: want a date in UTC, as zones depend on the machine")
		return n
	}
	if folded := r.literalTime(n); folded != nil || r.err != nil {
		return folded
	}
	made := &ast.BuiltinNode{Name: n.Name, Arguments: make([]ast.Node, len(n.Arguments))}
	for i, a := range n.Arguments {
		outer := r.predicate
		if _, ok := a.(*ast.PredicateNode); ok {
			r.predicate = n.Name
		}
		made.Arguments[i] = r.resolve(a)
		r.predicate = outer
	}
	return made
}

// literalTime returns the duration or date of a text that is written down, or nil.
func (r *resolver) literalTime(n *ast.BuiltinNode) ast.Node {
	if len(n.Arguments) != 1 {
		return nil
	}
	text, ok := n.Arguments[0].(*ast.StringNode)
	if !ok {
		return nil
	}
	var value any
	var err error
	switch n.Name {
	case "duration":
		value, err = parseDuration(text.Value)
	case "date":
		value, err = parseDate(text.Value, "")
	default:
		return nil
	}
	if err != nil {
		r.refuse(text, "%s", oneLine(err.Error()))
		return n
	}
	return &ast.ConstantNode{Value: value}
}

// methods are the methods of times and durations that give the same everywhere. Local
// and In do not: they depend on the machine.
var methods = []string{
	"Abs", "Add", "AddDate", "After", "Before", "Compare", "Day", "Equal", "Format", "Hour", "Hours", "IsZero", "Microseconds",
	"Milliseconds", "Minute", "Minutes", "Month", "Nanosecond", "Nanoseconds", "Round", "Second", "Seconds", "String", "Sub",
	"Truncate", "UTC", "Unix", "UnixMicro", "UnixMilli", "UnixNano", "Weekday", "Year", "YearDay",
}

// refusedFunctions are those of expr that a condition may not use, and why.
var refusedFunctions = map[string]string{
	"now":      "want the events alone, such as time, which is the current event's",
	"repeat":   "want a text that is written out",
	"timezone": "want UTC, such as time + duration(\"1h\"): zones depend on the machine",
}

// functionNames are the names of the functions that a condition may use.
func functionNames() []string {
	return slices.DeleteFunc(slices.Clone(builtin.Names), func(name string) bool { return refusedFunctions[name] != "" })
}

// overList reports whether a call goes through a list.
func overList(n *ast.BuiltinNode) bool {
	switch n.Name {
	case "all", "none", "any", "one", "filter", "map", "find", "findIndex", "findLast", "findLastIndex", "count", "sum",
		"groupBy", "sortBy", "reduce", "keys", "values", "toPairs", "fromPairs", "reverse", "concat", "flatten", "uniq", "sort", "join":
		return true
	case "min", "max", "mean", "median":
		return len(n.Arguments) < 2
	}
	return false
}
