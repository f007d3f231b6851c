package cep

import (
	"testing"

	"ordertimeout/transforms/cep/syntax"
)

// Without ids events are the same one by their bytes, and where these need not have the
// time, by both.
func TestTimelessEventsAreKnownByTheirTimes(t *testing.T) {
	for _, test := range []struct {
		reason   string
		timeless bool
		second   Event
		want     Class
	}{
		{"the same bytes", false, Event{Type: "b", Time: 2}, Duplicate},
		{"the same bytes at another time", true, Event{Type: "b", Time: 2}, Advanced},
		{"the same bytes at the same time", true, Event{Type: "b", Time: 1}, Duplicate},
		{"other bytes at the same time", true, Event{Type: "b", Time: 1, Data: []byte("x")}, Advanced},
		{"an id", true, Event{Type: "b", Time: 1, ID: "1"}, Advanced},
	} {
		for _, table := range []bool{true, false} {
			prog, err := compile(syntax.MustParse("a followedBy b as b1 followedBy b as b2 followedBy c within 1s"), Config{Timeless: test.timeless}, table)
			if err != nil {
				t.Fatal(err)
			}
			var s State
			var out Output
			var r Result
			m := prog.Matcher()
			for _, e := range []Event{{Type: "a"}, {Type: "b", Time: 1}, test.second} {
				e.At = e.Time
				r = m.Step("k", &s, &e, &out)
			}
			if r.Class != test.want {
				t.Errorf("%s, table %v: %v, want %v", test.reason, table, r.Class, test.want)
			}
		}
	}
}

// Two late events of a moment that differ in their times alone have an order.
func TestCompareOrdersByTimeLast(t *testing.T) {
	prog, err := Compile(syntax.MustParse("a followedBy b within 1s"), Config{})
	if err != nil {
		t.Fatal(err)
	}
	early, late := Event{Type: "b", Time: 1, At: 5}, Event{Type: "b", Time: 2, At: 5}
	if prog.Compare(&early, &late) >= 0 || prog.Compare(&late, &early) <= 0 {
		t.Error("want the earlier event first")
	}
}
