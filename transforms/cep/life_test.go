package cep

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/ledger"
)

// given has the Refs that are let go of: with each outcome, and without one.
type given struct {
	Outcomes map[How][]uint64
	Settled  [][]uint64
	Before   [][]uint64
}

// refsOf gives a new key events, each a millisecond after the one before and with its
// number as Ref. "-" lets time pass.
func refsOf(p *Prog, types ...string) given {
	m, out := p.Matcher(), new(Output)
	var s State
	for i, typ := range types {
		at := int64(i + 1)
		m.Advance("k", &s, at, math.MaxInt64, out)
		if typ != "-" {
			m.Step("k", &s, &Event{Type: typ, ID: string(rune('a' + i)), Time: at, At: at, Ref: uint64(at), Data: []byte(`{"n":1}`)}, out)
		}
	}
	g := given{map[How][]uint64{}, out.Settled, out.Before}
	for _, o := range out.Outcomes {
		g.Outcomes[o.How] = append(g.Outcomes[o.How], o.Refs...)
	}
	return g
}

// The message of an event is let go of with the last outcome that has it, whatever is told.
func TestRefsOfWhatIsTold(t *testing.T) {
	const cancel = "a notFollowedBy c followedBy b within 1h"
	later := uint64(ledger.Later)
	for _, c := range []struct {
		what   string
		text   string
		config Config
		types  []string
		want   given
	}{
		{"a cancelled run goes with its outcome", cancel, Config{Cancelled: true}, []string{"a", "c"},
			given{map[How][]uint64{Cancelled: {1, 2}}, nil, nil}},
		{"without an outcome it is settled", cancel, Config{Started: true}, []string{"a", "c"},
			given{map[How][]uint64{Opened: nil}, [][]uint64{{1, 2}}, nil}},
		{"that a run has opened lets go of nothing", cancel, Config{Started: true}, []string{"a", "b"},
			given{map[How][]uint64{Opened: nil, Matched: {1, 2}}, nil, nil}},
		{"what cancels a run and opens the next one stays", "a notFollowedBy a as again followedBy b within 1h", Config{Cancelled: true}, []string{"a", "a", "b"},
			given{map[How][]uint64{Cancelled: {1, 2 | later}, Matched: {2, 3}}, nil, nil}},
	} {
		if diff := cmp.Diff(c.want, refsOf(compileLife(t, c.text, c.config), c.types...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
}
