package cep

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep/syntax"
)

func TestCompile(t *testing.T) {
	for _, test := range []struct{ pattern, want string }{
		{"create followedBy pay within 1s", `- create: open started, late open started
- pay: ignore orphan, late ignore late
- *: ignore other, late ignore other
pay create: ignore duplicate, late ignore duplicate
pay pay: take advanced, late take advanced
pay *: ignore other, late ignore other
`},
		{"create next pay within 1s", `- create: open started, late open started
- pay: ignore orphan, late ignore late
- *: ignore other, late ignore other
pay create: restart started, late ignore duplicate
pay pay: take advanced, late ignore late
pay *: break other, late ignore other
`},
		{"a next b followedBy c within 1s", `- a: open started, late open started
- b: ignore orphan, late ignore late
- c: ignore orphan, late ignore late
- *: ignore other, late ignore other
b a: restart started, late ignore duplicate
b b: take advanced, late ignore late
b c: break other, late ignore late
b *: break other, late ignore other
c a: ignore duplicate, late ignore duplicate
c b: ignore duplicate, late ignore late
c c: take advanced, late take advanced
c *: ignore other, late ignore other
`},
	} {
		prog, err := Compile(syntax.MustParse(test.pattern), Config{Remember: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, prog.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.pattern, diff)
		}
	}
}

// The order of events is place in time, position in the pattern, id, bytes.
func TestCompare(t *testing.T) {
	prog, err := Compile(syntax.MustParse("b next a within 1s"), Config{})
	if err != nil {
		t.Fatal(err)
	}
	sorted := []Event{
		{Type: "z", At: 1},
		{Type: "b", At: 2},
		{Type: "b", At: 2, ID: "i", Data: []byte("a")},
		{Type: "b", At: 2, ID: "i", Data: []byte("b")},
		{Type: "b", At: 2, ID: "j", Data: []byte("a")},
		{Type: "a", At: 2},
		{Type: "a", At: 2, Time: 1, Data: []byte("a")},
		{Type: "c", At: 2, ID: "1"},
		{Type: "b", At: 3},
	}
	for i := range sorted {
		for j := range sorted {
			if got, want := prog.Compare(&sorted[i], &sorted[j]), max(-1, min(1, i-j)); got != want {
				t.Errorf("Compare(%+v, %+v) = %d, want %d", sorted[i], sorted[j], got, want)
			}
		}
	}
}
