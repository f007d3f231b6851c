package cond

import (
	"regexp"
	"regexp/syntax"

	"github.com/expr-lang/expr/ast"
)

// checkRegexp refuses what is no regular expression, or one that would take long.
func (r *resolver) checkRegexp(text *ast.StringNode) {
	if len(text.Value) > maxRegexp {
		r.refuse(text, "got a regular expression of %d bytes: want at most %d", len(text.Value), maxRegexp)
		return
	}
	if _, err := regexp.Compile(text.Value); err != nil {
		r.refuse(text, "%s", oneLine(err.Error()))
	} else if n := instructions(text.Value); n > maxInsts {
		r.refuse(text, "got a regular expression of %d instructions: want at most %d", n, maxInsts)
	}
}

// instructions returns how many instructions a regular expression has, which is what a
// character may cost at most.
func instructions(text string) int {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0
	}
	return len(prog.Inst)
}
