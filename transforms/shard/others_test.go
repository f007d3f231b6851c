package shard

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
)

// fed returns what comes of events, given as key and type, a second apart.
func fed(t *testing.T, events [][2]string) *Output {
	t.Helper()
	pattern, err := syntax.Parse("create followedBy pay within 10s")
	if err != nil {
		t.Fatal(err)
	}
	prog, err := cep.Compile(pattern, cep.Config{Remember: pattern.Within})
	if err != nil {
		t.Fatal(err)
	}
	s, b := New(Only(prog), 1000), Batch{}
	for i, e := range events {
		at := int64(i+1) * 1000
		b.Add(&Event{Key: e[0], Event: cep.Event{Type: e[1], Time: at, At: at, ID: fmt.Sprint(i)}})
	}
	if err := s.Add(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	out := new(Output)
	s.Tick(int64(len(events)+2)*1000, out)
	return out
}

func TestEventsOfOtherTypesAreCountedByType(t *testing.T) {
	out := fed(t, [][2]string{{"a", "create"}, {"a", "view"}, {"b", "cart"}, {"a", "view"}, {"a", "pay"}})
	if diff := cmp.Diff([]TypeCount{{"view", 2}, {"cart", 1}}, out.Others); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if out.Reset(); len(out.Others) > 0 {
		t.Errorf("after Reset: %v", out.Others)
	}
	var many [][2]string
	for i := range 100 {
		many = append(many, [2]string{"a", fmt.Sprint(i)})
	}
	if n := len(fed(t, many).Others); n != maxOthers {
		t.Errorf("%d types are told apart, want %d", n, maxOthers)
	}
}

// An orphan whose order has ended is told from one whose order never began.
func TestRejectKnowsWhetherItsKeyWas(t *testing.T) {
	out := fed(t, [][2]string{{"a", "create"}, {"b", "pay"}, {"a", "pay"}, {"a", "pay"}})
	var got []string
	for _, r := range out.Rejects {
		got = append(got, fmt.Sprintf("%s %v %t", r.Key, r.Class, r.Known))
	}
	if diff := cmp.Diff([]string{"b orphan false", "a orphan true"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
