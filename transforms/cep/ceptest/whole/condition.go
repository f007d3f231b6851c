package whole

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ordertimeout/transforms/cep/ceptest"
)

// Condition is a condition of the part of the language that the model knows:
// comparisons of integers, joined by && and ||. An integer is written out, or is n (a
// member of the event), m (one that no event has), STEP.n, first(STEP).n, last(STEP).n, len(STEP) or
// sum(STEP, .n). STEP == nil asks whether the branch has taken none.
type Condition struct {
	// Text is the condition, "" for none.
	Text string
	any  [][]comparison // of which one holds wholly
}

// Taken gives the events that a branch has taken for a step, by its name.
type Taken func(step string) []ceptest.Event

// Holds reports whether the condition holds for an event. What cannot be evaluated does
// not hold.
func (c Condition) Holds(e ceptest.Event, taken Taken) bool {
	holds, err := c.evaluate(e, taken)
	return holds && err == nil
}

func (c Condition) evaluate(e ceptest.Event, taken Taken) (bool, error) {
	if c.Text == "" {
		return true, nil
	}
	for _, all := range c.any {
		holds := true
		for _, one := range all {
			var err error
			if holds, err = one.holds(e, taken); err != nil {
				return false, err
			}
			if !holds {
				break
			}
		}
		if holds {
			return true, nil
		}
	}
	return false, nil
}

// Steps returns the names of the steps that the condition looks at.
func (c Condition) Steps() []string {
	var names []string
	for _, all := range c.any {
		for _, one := range all {
			for _, o := range []operand{one.left, one.right} {
				if o.step != "" && !slices.Contains(names, o.step) {
					names = append(names, o.step)
				}
			}
		}
	}
	return names
}

// comparison compares two integers, or asks whether there is a first one.
type comparison struct {
	left, right operand
	sign        string
}

// operand is an integer of a step, of the event (kind "n"), or written out ("").
type operand struct {
	kind, step string
	value      int
}

var (
	signs    = regexp.MustCompile(`^(.*?) (==|!=|<=|>=|<|>) (.*)$`)
	operands = regexp.MustCompile(`^(?:(-?\d+)|(n|m)|(\w+)(\.n)|(first|last|len)\((\w+)\)(\.n)?|(sum)\((\w+), \.n\))$`)
)

// ParseCondition reads a condition.
func ParseCondition(text string) (Condition, error) {
	c := Condition{Text: text}
	for _, part := range strings.Split(text, " || ") {
		var all []comparison
		for _, one := range strings.Split(part, " && ") {
			parsed, err := parseComparison(one)
			if err != nil {
				return Condition{}, err
			}
			all = append(all, parsed)
		}
		c.any = append(c.any, all)
	}
	return c, nil
}

func parseComparison(text string) (comparison, error) {
	m := signs.FindStringSubmatch(text)
	if m == nil {
		return comparison{}, fmt.Errorf("whole: condition %q: want a comparison", text)
	}
	if m[3] == "nil" && m[2] == "==" {
		return comparison{left: operand{kind: "len", step: m[1]}, sign: "=="}, nil
	}
	left, err := parseOperand(m[1])
	right, err2 := parseOperand(m[3])
	return comparison{left, right, m[2]}, errors.Join(err, err2)
}

func parseOperand(text string) (operand, error) {
	m := operands.FindStringSubmatch(text)
	switch {
	case m == nil:
	case m[1] != "":
		n, err := strconv.Atoi(m[1])
		return operand{value: n}, err
	case m[2] != "":
		return operand{kind: m[2]}, nil
	case m[3] != "":
		return operand{kind: "last", step: m[3]}, nil
	case m[5] != "" && (m[5] == "len") == (m[7] == ""):
		return operand{kind: m[5], step: m[6]}, nil
	case m[8] != "":
		return operand{kind: "sum", step: m[9]}, nil
	}
	return operand{}, fmt.Errorf("whole: condition: got %q: want an integer", text)
}

func (c comparison) holds(e ceptest.Event, taken Taken) (bool, error) {
	a, err := c.left.of(e, taken)
	if err != nil {
		return false, err
	}
	b, err := c.right.of(e, taken)
	switch c.sign {
	case "==":
		return a == b, err
	case "!=":
		return a != b, err
	case "<=":
		return a <= b, err
	case ">=":
		return a >= b, err
	case "<":
		return a < b, err
	}
	return a > b, err
}

func (o operand) of(e ceptest.Event, taken Taken) (int, error) {
	if o.kind == "" {
		return o.value, nil
	}
	switch o.kind {
	case "n":
		return N(e)
	case "m":
		return 0, errors.New("no m: a member that no event has")
	}
	events := taken(o.step)
	switch {
	case o.kind == "len":
		return len(events), nil
	case o.kind == "sum":
		sum := 0
		for _, t := range events {
			n, err := N(t)
			if err != nil {
				return 0, err
			}
			sum += n
		}
		return sum, nil
	case len(events) == 0:
		return 0, errors.New("no such event")
	case o.kind == "first":
		return N(events[0])
	}
	return N(events[len(events)-1])
}

// N returns the member n of an event's data.
func N(e ceptest.Event) (int, error) {
	var members struct{ N *int }
	if err := json.Unmarshal([]byte(e.Data), &members); err != nil {
		return 0, err
	}
	if members.N == nil {
		return 0, errors.New("no n")
	}
	return *members.N, nil
}
