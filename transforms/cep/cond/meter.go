package cond

import (
	"errors"
	"fmt"
	"reflect"
	"time"
)

// MaxElements is how many elements of lists an event may cost in all conditions that it
// is the current event of.
const MaxElements = 1_000_000

// maxWork bounds the other work of an event, in steps of the machine of about 20 ns: the
// nodes of predicates, once an element; an eighth of the bytes that are looked at; the
// bytes and, sixteenfold, the elements that are made.
const maxWork = 50_000_000

// elementCost is what a new element of a list costs, for the memory that it takes.
const elementCost = 16

// meter adds up what the current event costs. What has gone beyond a bound stays there:
// all that costs more fails, too.
type meter struct {
	elements int
	work     int
}

var (
	errElements = fmt.Errorf("the event costs more than %d elements of lists", MaxElements)
	errWork     = errors.New("the event costs too much work")
	errDeep     = errors.New("a value is nested too deeply")
	errAbsent   = errors.New("what is absent is compared")
)

// list charges the elements of a list.
func (m *meter) list(n int) error {
	if m.elements += n; m.elements > MaxElements {
		m.elements = MaxElements + 1
		return errElements
	}
	return nil
}

// charge charges work.
func (m *meter) charge(n int) error {
	if m.work += n; m.work > maxWork || n < 0 {
		m.work = maxWork + 1
		return errWork
	}
	return nil
}

// times charges n times k without overflow.
func (m *meter) times(n, k int) error {
	if n > maxWork || k > maxWork {
		return m.charge(maxWork + 1)
	}
	return m.charge(n * k) // less than 2^52
}

// text charges looking at a text.
func (m *meter) text(s string) error { return m.charge(1 + len(s)/8) }

// look charges looking at a value itself: at a text, or the length of a list.
func (m *meter) look(v any) error {
	if s, ok := v.(string); ok {
		return m.text(s)
	}
	n, _ := listLen(v)
	return m.charge(1 + n)
}

// maxDepth is how deep lists and objects may nest. JSON nests no deeper; expr's own
// functions, which are recursive, are not to see what does.
const maxDepth = 10_000

// weight is what weigh found.
type weight struct {
	size  int // values and eighths of bytes
	depth int // of nesting
}

// weigh charges looking at a value with all that is in it. Functions are refused: as text
// they would have an address.
func (m *meter) weigh(v any) (weight, error) {
	w := weight{}
	err := m.add(&w, v, 0)
	return w, err
}

func (m *meter) add(w *weight, v any, depth int) error {
	n := 1
	if s, ok := v.(string); ok {
		n += len(s) / 8
	}
	w.size += n
	if w.depth = max(w.depth, depth); depth > maxDepth {
		return errDeep
	}
	if err := m.charge(n); err != nil {
		return err
	}
	switch v := v.(type) {
	case nil, string, bool, int, float64, time.Time, time.Duration:
		return nil
	case []any:
		for _, e := range v {
			if err := m.add(w, e, depth+1); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		for name, e := range v {
			if err := m.member(w, name, e, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return m.addOther(w, reflect.ValueOf(v), depth)
}

func (m *meter) member(w *weight, name string, v any, depth int) error {
	w.size += 1 + len(name)/8
	if err := m.text(name); err != nil {
		return err
	}
	return m.add(w, v, depth)
}

// addOther is add for values of the kinds that only expr makes.
func (m *meter) addOther(w *weight, v reflect.Value, depth int) error {
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := m.add(w, v.Index(i).Interface(), depth+1); err != nil {
				return err
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if err := m.add(w, it.Key().Interface(), depth+1); err != nil {
				return err
			}
			if err := m.add(w, it.Value().Interface(), depth+1); err != nil {
				return err
			}
		}
	case reflect.Func:
		return errors.New("got a function: want a value")
	}
	return nil
}

// listLen returns the length of a list; ok is false for what is none.
func listLen(v any) (n int, ok bool) {
	switch v := v.(type) {
	case []any:
		return len(v), true
	case nil, string, bool, int, float64, map[string]any:
		return 0, false
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.Slice || r.Kind() == reflect.Array {
		return r.Len(), true
	}
	return 0, false
}
