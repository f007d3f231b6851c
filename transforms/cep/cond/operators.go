package cond

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/expr-lang/expr/vm/runtime"
)

// The operators that take the place of expr's: they charge what they look at, and fail
// where a value is absent. lenient says that an operand is written with ?. and may be
// absent; then it equals nil alone, is in no list, and contains nothing.

type operator func(m *meter, a, b any) (any, error)

func equal(lenient bool) operator {
	return func(m *meter, a, b any) (any, error) {
		if a == nil || b == nil {
			if !lenient {
				return nil, errAbsent
			}
			return a == nil && b == nil, nil
		}
		return equals(m, a, b)
	}
}

// equals compares two values, neither of which is nil.
func equals(m *meter, a, b any) (any, error) {
	switch x := a.(type) {
	case string:
		y, ok := b.(string)
		if !ok || len(x) != len(y) {
			return false, nil
		}
		if err := m.text(x); err != nil {
			return nil, err
		}
		return x == y, nil
	case bool:
		y, ok := b.(bool)
		return ok && x == y, nil
	case int:
		if y, ok := b.(int); ok {
			return x == y, nil
		}
	case float64:
		if y, ok := b.(float64); ok {
			return x == y, nil
		}
	}
	if _, err := m.weigh(a); err != nil {
		return nil, err
	}
	if _, err := m.weigh(b); err != nil {
		return nil, err
	}
	return runtime.Equal(a, b), nil
}

// ordered is one of < > <= >=.
func ordered(compare func(a, b any) bool) operator {
	return func(m *meter, a, b any) (any, error) {
		if a == nil || b == nil {
			return nil, errAbsent
		}
		if x, ok := a.(string); ok {
			if y, ok := b.(string); ok {
				if err := m.charge(1 + min(len(x), len(y))/8); err != nil {
					return nil, err
				}
			}
		}
		return compare(a, b), nil
	}
}

func add(m *meter, a, b any) (any, error) {
	if a == nil || b == nil {
		return nil, errAbsent
	}
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok {
			if err := m.charge(1 + len(x) + len(y)); err != nil {
				return nil, err
			}
			return x + y, nil
		}
	}
	return runtime.Add(a, b), nil
}

func in(lenient bool) operator {
	return func(m *meter, a, b any) (any, error) {
		if a == nil || b == nil {
			if !lenient {
				return nil, errAbsent
			}
			return false, nil
		}
		switch b := b.(type) {
		case []any:
			for _, e := range b {
				if err := m.charge(1); err != nil {
					return nil, err
				}
				if e == nil {
					continue
				}
				if found, err := equals(m, a, e); err != nil || found == true {
					return found, err
				}
			}
			return false, nil
		case map[string]any:
			name, ok := a.(string)
			if !ok {
				return nil, fmt.Errorf("got %s in an object: want text", valueName(a))
			}
			_, found := b[name]
			return found, m.text(name)
		}
		for _, v := range []any{a, b} {
			if _, err := m.weigh(v); err != nil {
				return nil, err
			}
		}
		return runtime.In(a, b), nil
	}
}

// textual is one of contains, startsWith, endsWith.
func textual(lenient bool, test func(s, part string) bool) operator {
	return func(m *meter, a, b any) (any, error) {
		if a == nil || b == nil {
			if !lenient {
				return nil, errAbsent
			}
			return false, nil
		}
		x, ok := a.(string)
		y, ok2 := b.(string)
		if !ok || !ok2 {
			return nil, fmt.Errorf("got %s and %s: want texts", valueName(a), valueName(b))
		}
		if err := m.charge(1 + (len(x)+len(y))/8); err != nil {
			return nil, err
		}
		return test(x, y), nil
	}
}

// expression is a regular expression with what a character costs.
type expression struct {
	compiled     *regexp.Regexp
	instructions int
}

func matches(lenient bool) operator {
	return func(m *meter, a, b any) (any, error) {
		if a == nil {
			if !lenient {
				return nil, errAbsent
			}
			return false, nil
		}
		s, ok := a.(string)
		if !ok {
			return nil, fmt.Errorf("got %s: want text", valueName(a))
		}
		e := b.(*expression)
		if err := m.times(1+len(s)/4, e.instructions); err != nil {
			return nil, err
		}
		return e.compiled.MatchString(s), nil
	}
}

// operators are the operators by the names under which expr has them as functions: with a
// question mark the lenient ones.
var operators = map[string]operator{
	"==": equal(false), "==?": equal(true), "in": in(false), "in?": in(true), "+": add,
	"<": ordered(runtime.Less), ">": ordered(runtime.More), "<=": ordered(runtime.LessOrEqual), ">=": ordered(runtime.MoreOrEqual),
	"contains": textual(false, strings.Contains), "contains?": textual(true, strings.Contains),
	"startsWith": textual(false, strings.HasPrefix), "startsWith?": textual(true, strings.HasPrefix),
	"endsWith": textual(false, strings.HasSuffix), "endsWith?": textual(true, strings.HasSuffix),
	"matches": matches(false), "matches?": matches(true),
}

// valueName is what an error calls a value.
func valueName(v any) string {
	if v == nil {
		return "nothing"
	}
	return typeName(reflect.TypeOf(v))
}
