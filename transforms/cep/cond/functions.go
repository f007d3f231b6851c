package cond

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/builtin"
)

// function is a function of conditions that is charged for: cost charges what a call
// costs, and run makes it. Their arguments are right in number, but not in type.
type function struct {
	cost func(m *meter, args []any) error
	run  func(args ...any) (any, error)
}

// functions are the functions that are charged for. Those of expr that are not among
// them and have no predicate cost the same whatever they are given.
var functions = map[string]function{
	"len": {looks, expr("len")}, "int": {looks, expr("int")}, "float": {looks, expr("float")},
	"trimPrefix": {looks, expr("trimPrefix")}, "trimSuffix": {looks, expr("trimSuffix")}, "trim": {trims, expr("trim")},
	"hasPrefix": {looks, expr("hasPrefix")}, "hasSuffix": {looks, expr("hasSuffix")},
	"indexOf": {looks, expr("indexOf")}, "lastIndexOf": {looks, expr("lastIndexOf")}, "get": {looks, expr("get")},
	"upper": {makes, expr("upper")}, "lower": {makes, expr("lower")}, "toBase64": {makes, expr("toBase64")},
	"fromBase64": {makes, expr("fromBase64")}, "fromJSON": {parses, expr("fromJSON")},
	"split": {splits, expr("split")}, "splitAfter": {splits, expr("splitAfter")},
	"reverse": {makes, expr("reverse")}, "concat": {makes, expr("concat")}, "fromPairs": {makes, expr("fromPairs")},
	"min": {weighs(1), expr("min")}, "max": {weighs(1), expr("max")}, "mean": {weighs(1), expr("mean")},
	"median": {weighs(elementCost), expr("median")}, "sort": {weighs(elementCost), expr("sort")},
	"uniq": {pairs, expr("uniq")}, "flatten": {nests, expr("flatten")}, "toJSON": {nests, expr("toJSON")},
	"string": {weighs(elementCost), expr("string")},
	"keys":   {entries, keys}, "values": {entries, values}, "toPairs": {entries, toPairs},
	"replace": {replaces, expr("replace")}, "join": {joins, expr("join")},
	"duration": {looks, duration}, "date": {parses, date},
}

// expr returns a function of expr.
func expr(name string) func(args ...any) (any, error) {
	f := builtin.Builtins[builtin.Index[name]]
	switch {
	case f.Fast != nil:
		return func(args ...any) (any, error) { return f.Fast(args[0]), nil }
	case f.Safe != nil:
		return func(args ...any) (any, error) {
			made, _, err := f.Safe(args...)
			return made, err
		}
	}
	return f.Func
}

// looks is the cost of functions that look at their arguments.
func looks(m *meter, args []any) error {
	for _, a := range args {
		if err := m.look(a); err != nil {
			return err
		}
	}
	return nil
}

// makes is the cost of functions that make something about as long as their arguments.
func makes(m *meter, args []any) error {
	for _, a := range args {
		if s, ok := a.(string); ok {
			if err := m.times(1+len(s), 2); err != nil {
				return err
			}
		}
		n, _ := listLen(a)
		if err := m.times(n, elementCost); err != nil {
			return err
		}
	}
	return nil
}

// parses is the cost of functions that read a text.
func parses(m *meter, args []any) error {
	for _, a := range args {
		s, _ := a.(string)
		if err := m.times(1+len(s), 4); err != nil {
			return err
		}
	}
	return nil
}

// weighs is the cost of functions that go through all of their arguments, k times.
func weighs(k int) func(m *meter, args []any) error {
	return func(m *meter, args []any) error {
		w, err := m.weigh(args)
		if err != nil {
			return err
		}
		return m.times(w.size, k)
	}
}

// pairs is the cost of comparing each element of a list with each other.
func pairs(m *meter, args []any) error {
	w, err := m.weigh(args)
	if err != nil {
		return err
	}
	n, _ := listLen(args[0])
	return m.times(w.size, n)
}

// nests is the cost of copying an element once a level.
func nests(m *meter, args []any) error {
	w, err := m.weigh(args)
	if err != nil {
		return err
	}
	return m.times(w.size*elementCost, w.depth)
}

func trims(m *meter, args []any) error {
	if len(args) < 2 {
		return looks(m, args)
	}
	s, _ := args[0].(string)
	letters, _ := args[1].(string)
	return m.times(1+len(s)/8, 1+len(letters))
}

func splits(m *meter, args []any) error {
	s, _ := args[0].(string)
	sep, _ := args[1].(string)
	if err := m.text(s); err != nil {
		return err
	}
	return m.times(1+strings.Count(s, sep), elementCost)
}

func replaces(m *meter, args []any) error {
	s, _ := args[0].(string)
	from, _ := args[1].(string)
	to, _ := args[2].(string)
	if err := m.charge(1 + len(s) + len(from)); err != nil {
		return err
	}
	return m.times(strings.Count(s, from), len(to))
}

func joins(m *meter, args []any) error {
	w, err := m.weigh(args[0])
	if err != nil {
		return err
	}
	if err := m.times(w.size, 8); err != nil || len(args) < 2 {
		return err
	}
	n, _ := listLen(args[0])
	glue, _ := args[1].(string)
	return m.times(n, len(glue))
}

// entries is the cost of what makes a list of the members of an object.
func entries(m *meter, args []any) error {
	if args[0] == nil || reflect.TypeOf(args[0]).Kind() != reflect.Map {
		return fmt.Errorf("got %s: want an object", valueName(args[0]))
	}
	return m.times(reflect.ValueOf(args[0]).Len(), 2*elementCost)
}

// sortedKeys returns the names of an object's members, sorted: expr has them in an order
// that changes from call to call.
func sortedKeys(object any) []reflect.Value {
	names := reflect.ValueOf(object).MapKeys()
	slices.SortFunc(names, func(a, b reflect.Value) int { return strings.Compare(sortText(a), sortText(b)) })
	return names
}

func sortText(v reflect.Value) string {
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if v.Kind() == reflect.String {
		return v.String()
	}
	return fmt.Sprint(v)
}

func keys(args ...any) (any, error) {
	made := []any{}
	for _, name := range sortedKeys(args[0]) {
		made = append(made, name.Interface())
	}
	return made, nil
}

func values(args ...any) (any, error) {
	made := []any{}
	for _, name := range sortedKeys(args[0]) {
		made = append(made, reflect.ValueOf(args[0]).MapIndex(name).Interface())
	}
	return made, nil
}

func toPairs(args ...any) (any, error) {
	made := []any{}
	for _, name := range sortedKeys(args[0]) {
		made = append(made, []any{name.Interface(), reflect.ValueOf(args[0]).MapIndex(name).Interface()})
	}
	return made, nil
}

func duration(args ...any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return nil, fmt.Errorf("got %s: want the text of a duration", valueName(args[0]))
	}
	return parseDuration(text)
}

// parseDuration reads a duration as Go writes it, or whole days as in 2d.
func parseDuration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok && days != "" && len(days) <= 5 && strings.Trim(days, "0123456789") == "" {
		hours, err := time.ParseDuration(days + "h")
		return 24 * hours, err
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("got the duration %q: want one such as 10m or 2d", oneLine(text))
	}
	return d, nil
}

func date(args ...any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return nil, fmt.Errorf("got %s: want the text of a date", valueName(args[0]))
	}
	layout := ""
	if len(args) > 1 {
		if layout, ok = args[1].(string); !ok || layout == "" {
			return nil, errors.New("got no layout: want one such as 2006-01-02")
		}
	}
	return parseDate(text, layout)
}

// parseDate reads a time by a layout of Go, or by one of those that expr knows. It looks
// at no zone of the machine.
func parseDate(text, layout string) (time.Time, error) {
	layouts := []string{"2006-01-02", "15:04:05", time.DateTime, time.RFC3339, time.RFC822, time.RFC850, time.RFC1123}
	if layout != "" {
		layouts = []string{layout}
	}
	for _, l := range layouts {
		if t, err := time.ParseInLocation(l, text, time.UTC); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("got the date %q: want one such as 2006-01-02 or 2006-01-02T15:04:05Z", oneLine(text))
}
