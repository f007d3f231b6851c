package cep

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// Which events of a run are rows is known after any number of encodings, by the table and
// by the machine.
func TestStatesKnowTheirRows(t *testing.T) {
	for _, pattern := range []string{
		"a followedBy b followedBy c within 1h",
		"every a+ followedBy b within 1h",
		"a+ followedBy b within 1h",
	} {
		for n := range 1 << 2 { // which of two events are rows
			prog := mustCompile(t, pattern, time.Hour)
			m := prog.Matcher()
			var s State
			for i, typ := range []string{"a", "b"}[:2] {
				if prog.linear == nil {
					typ = "a"
				}
				m.Step("k", &s, &Event{Type: typ, ID: fmt.Sprint(i), Time: int64(i), At: int64(i), Row: n>>i&1 != 0}, new(Output))
			}
			b, _ := s.AppendBinary(nil)
			if hasRows := b[0] == rowsVersion; hasRows != (n > 0) {
				t.Errorf("%s, rows %b: version %d", pattern, n, b[0])
			}
			s, rest, err := prog.DecodeState(append(b, "rest"...))
			if err != nil || string(rest) != "rest" {
				t.Fatalf("%s, rows %b: %v, rest %q", pattern, n, err, rest)
			}
			if again, _ := s.AppendBinary(nil); !slices.Equal(again, b) {
				t.Errorf("%s, rows %b: encoded as %x, then %x", pattern, n, b, again)
			}
			_, run := m.Close(&s, new(Output))
			for i, e := range run {
				if e.Row != (n>>i&1 != 0) {
					t.Errorf("%s, rows %b: event %d has Row %t", pattern, n, i, e.Row)
				}
			}
			if len(run) != 2 {
				t.Errorf("%s: run of %d events, want 2", pattern, len(run))
			}
		}
	}
}

// The bits take the bytes that the last row needs.
func TestBitsOfManyRows(t *testing.T) {
	for _, rows := range [][]int{{0}, {7}, {8}, {0, 15}, {16}, {3, 4, 200}} {
		b := appendBits(nil, 300, func(i int) bool { return slices.Contains(rows, i) })
		if last := rows[len(rows)-1]; int(b[1]) != last/8+1 || len(b) != 2+last/8+1 {
			t.Errorf("%v: %d bytes", rows, len(b))
		}
		r := reader{b: b[1:]}
		r.readRows()
		var got []int
		for i := range 300 {
			if r.nextIsRow() {
				got = append(got, i)
			}
		}
		if r.err != nil || r.rows != nil || !slices.Equal(got, rows) {
			t.Errorf("%v: got %v, %v", rows, got, r.err)
		}
	}
}
