package cond

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/checker"
	exprcompiler "github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/lexer"
	"github.com/expr-lang/expr/types"
)

// compiler makes a condition of its text: it parses, resolves the names, checks the
// types, meters what can be long, and hands the tree to expr's compiler.
type compiler struct {
	text     string
	names    Names
	duration bool   // the text is to give a duration, and not what is true or false
	err      *Error // the first
}

// fail keeps the first error.
func (c *compiler) fail(offset int, format string, args ...any) {
	if c.err == nil {
		c.err = &Error{Offset: offset, Text: fmt.Sprintf(format, args...)}
	}
}

func (c *compiler) compile() *Cond {
	if c.checkText(); c.err != nil {
		return nil
	}
	config := newConfig(c.names)
	tree, err := parser.ParseWithConfig(c.text, config)
	if err != nil {
		c.foreign(err)
		return nil
	}
	r := resolver{compiler: c}
	tree.Node = r.resolve(tree.Node)
	if c.err != nil {
		return nil
	}
	kind, err := checker.Check(tree, config)
	if err != nil {
		c.foreign(err)
		return nil
	}
	c.checkResult(tree.Node, kind)
	if c.err != nil {
		return nil
	}
	tree.Node = meterNode(tree.Node)
	tree.Source = file.Source{} // an error shows the condition itself
	if _, err := checker.Check(tree, config); err != nil {
		c.foreign(err)
		return nil
	}
	program, err := exprcompiler.Compile(tree, config)
	if err != nil {
		c.foreign(err)
		return nil
	}
	made := r.cond()
	made.text, made.program = strings.TrimSpace(c.text), program
	return made
}

// checkResult refuses a tree whose result cannot be of the kind that is wanted.
func (c *compiler) checkResult(n ast.Node, kind reflect.Type) {
	switch {
	case c.duration:
		c.checkDuration(n)
	case kind.Kind() != reflect.Bool && kind.Kind() != reflect.Interface || n.Nature().Nil:
		c.fail(c.start(), "got %s: want what is true or false", typeName(kind))
	}
}

// checkText refuses text that the parser must not see. The parser is recursive; as every
// level takes a token, a limit of tokens is one of levels.
func (c *compiler) checkText() {
	switch n := utf8.RuneCountInString(c.text); {
	case !utf8.ValidString(c.text):
		c.fail(0, "got bytes that are not UTF-8: want text")
	case strings.TrimSpace(c.text) == "":
		c.fail(0, "got nothing: want a condition")
	case n > MaxText:
		c.fail(MaxText, "got %d characters: want at most %d", n, MaxText)
	}
	if c.err != nil {
		return
	}
	c.checkTokens()
}

// checkTokens refuses calls of functions that there are not: the parser would complain of
// what is in their brackets.
func (c *compiler) checkTokens() {
	l := lexer.New()
	l.Reset(file.NewSource(c.text))
	var dot, name lexer.Token // the two before
	for n := 0; ; n++ {
		token, err := l.Next()
		if err != nil {
			c.foreign(err)
			return
		}
		if token.Kind == lexer.EOF {
			return
		}
		if n == maxTokens {
			c.fail(token.From, "got more than %d words and signs: want a shorter condition", maxTokens)
			return
		}
		isCall := name.Kind == lexer.Identifier && token.Is(lexer.Bracket, "(") && !dot.Is(lexer.Operator, ".", "?.")
		if _, refused := refusedFunctions[name.Value]; isCall && !refused && !slices.Contains(builtin.Names, name.Value) {
			c.fail(name.From, "got %s(): want a function that there is%s", name.Value, didYouMean(name.Value, functionNames()))
			return
		}
		dot, name = name, token
	}
}

// start returns the offset of the first character that is not white space.
func (c *compiler) start() int {
	trimmed := strings.TrimLeft(c.text, " \t\r\n")
	return utf8.RuneCountInString(c.text) - utf8.RuneCountInString(trimmed)
}

// foreign takes over an error of expr.
func (c *compiler) foreign(err error) {
	var e *file.Error
	if !errors.As(err, &e) {
		c.fail(c.start(), "%s", oneLine(err.Error()))
		return
	}
	switch {
	case strings.Contains(e.Message, "token EOF") || strings.Contains(e.Message, "end of expression"):
		c.fail(utf8.RuneCountInString(c.text), "got the end: want the rest of the condition")
	case strings.Contains(e.Message, "maximum allowed nodes"):
		c.failNodes(e.From)
	default:
		c.fail(max(e.From, 0), "%s", oneLine(e.Message))
	}
}

func (c *compiler) failNodes(offset int) {
	c.fail(offset, "got more than %d names, literals and operators: want a shorter condition", MaxNodes)
}

// newConfig returns expr's settings. The environment has the names as the resolver
// writes them.
func newConfig(names Names) *conf.Config {
	config := conf.CreateNew()
	config.MaxNodes = MaxNodes
	config.Optimize = false // it undoes what is metered
	env := types.Map{
		keyOf("type"): types.String, keyOf("id"): types.String, keyOf("userId"): types.String, keyOf("orderId"): types.String,
		keyOf("time"): types.TypeOf(time.Time{}), keyOf("event"): types.TypeOf(map[string]any{}),
		types.Extra: types.Any,
	}
	for _, s := range names.Steps {
		if s.List {
			env[stepKey(s.Name)] = types.Array(types.Any)
		}
	}
	config.WithEnv(env)
	for _, f := range metered {
		config.Functions[f.Name] = f
	}
	return config
}

// The keys of the environment. No name of a condition can be one by accident.
func memberKey(name string) string { return "." + name }
func stepKey(name string) string   { return "@" + name }
func keyOf(decoded string) string  { return "=" + decoded }

// meterKey is where the environment has the meter.
const meterKey = "#"

// typeName is what an error calls a type.
func typeName(t reflect.Type) string {
	switch {
	case t == nil:
		return "nil"
	case t == reflect.TypeFor[time.Time]():
		return "a time"
	case t == reflect.TypeFor[time.Duration]():
		return "a duration"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "text"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "an object"
	case reflect.Func:
		return "a function"
	case reflect.Interface:
		return "nothing"
	}
	return "a number"
}

// maxShown is how much of a text an error shows, in bytes.
const maxShown = 200

// oneLine returns a message in one line of bounded length.
func oneLine(s string) string {
	if len(s) > maxShown {
		s = strings.ToValidUTF8(s[:maxShown], "") + "…"
	}
	return strings.Join(strings.Fields(s), " ")
}
