package cond

import (
	"fmt"
	"testing"

	"ordertimeout/transforms/order"
)

func TestIDsAreReadOnlyWhereNamed(t *testing.T) {
	counting, calls := fields, 0
	counting.IDs = func(key string, data []byte) (string, string) {
		calls++
		return "u", ""
	}
	whole := 0
	counting.Whole = func(data []byte) map[string]any {
		whole++
		return order.Whole(data)
	}
	for _, test := range []struct {
		text         string
		calls, whole int
	}{
		{`total > 1 && type == "a" && id == ""`, 0, 0},
		{`event.x == nil && event["y"] == nil`, 0, 0},
		{`userId == "u" && orderId == ""`, 1, 0},
		{`len(event) > 0`, 1, 1},
	} {
		c, err := Compile(test.text, names)
		if err != nil {
			t.Fatal(err)
		}
		m := NewEvaluator(counting, []*Cond{c})
		calls, whole = 0, 0
		m.Start(current)
		m.Eval(c, nil)
		m.Eval(c, nil)
		if calls != test.calls || whole != test.whole {
			t.Errorf("%s: got %d calls for ids and %d for the whole event, want %d, %d", test.text, calls, whole, test.calls, test.whole)
		}
	}
}

func TestOneReadingServesAllConditions(t *testing.T) {
	counting := fields
	var read [][]string
	counting.Members = func(data []byte, names []string, values []any) {
		read = append(read, names)
		order.Members(data, names, values)
	}
	var conds []*Cond
	for _, text := range []string{`total > 1`, `total < 500 && currency == "EUR"`, `half > create.total && total > 1`, `create.total == 100 && paid`} {
		c, err := Compile(text, names)
		if err != nil {
			t.Fatal(err)
		}
		conds = append(conds, c)
	}
	m := NewEvaluator(counting, conds)
	for _, want := range []string{"[[total currency]]", "[[total currency] [half paid]]"} {
		for range 2 {
			read = nil
			m.Start(current)
			for _, c := range conds[:2] {
				if holds, err := m.Eval(c, nil); !holds || err != nil {
					t.Errorf("%s: got %v, %v", c, holds, err)
				}
			}
			if want != "[[total currency]]" {
				m.Eval(conds[2], [][]Event{{create}})
				if holds, err := m.Eval(conds[3], [][]Event{{create}}); !holds || err != nil {
					t.Errorf("%s: got %v, %v", conds[3], holds, err)
				}
			}
			if got := fmt.Sprint(read); got != want {
				t.Errorf("read %s, want %s", got, want)
			}
		}
	}
	other, err := Compile("total > 1", names)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Eval(other, nil); err == nil {
		t.Error("a condition that the evaluator does not know: no error")
	}
}

func TestAnEventIsForgotten(t *testing.T) {
	c, err := Compile(`total == 1 && event["userId"] == "u" && type == "a"`, names)
	if err != nil {
		t.Fatal(err)
	}
	m := NewEvaluator(fields, []*Cond{c})
	for _, test := range []struct {
		e    Event
		want bool
	}{
		{Event{Key: order.Key("u", "o"), Type: "a", Data: []byte(`{"total":1}`)}, true},
		{Event{Key: order.Key("v", "o"), Type: "a", Data: []byte(`{"total":1}`)}, false},
		{Event{Key: order.Key("u", "o"), Type: "b", Data: []byte(`{"total":1}`)}, false},
		{Event{Key: order.Key("u", "o"), Type: "a", Data: []byte(`{}`)}, false},
		{Event{Key: order.Key("u", "o"), Type: "a", Data: []byte(`{"total":1}`)}, true},
	} {
		if m.Start(test.e); true {
			if got, _ := m.Eval(c, nil); got != test.want {
				t.Errorf("%+v: got %v, want %v", test.e, got, test.want)
			}
		}
	}
}
