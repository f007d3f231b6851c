package cep

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/ledger"
)

// given has the Refs that are let go of: with each outcome, and without one.
type given struct {
	Outcomes map[How][]uint64
	Settled  [][]uint64
	Before   [][]uint64
}

func TestRemove(t *testing.T) {
	early := Config{Early: 3 * time.Millisecond}
	for _, c := range []struct {
		what    string
		text    string
		config  Config
		types   []string
		settled [][]uint64
		removed int64
		matched int64
	}{
		{"of the table", "a followedBy b followedBy c within 1h", Config{}, []string{"a", "b"}, [][]uint64{{1, 2}}, 1, 0},
		{"of the machine", "a followedBy b followedBy c within 1h", Config{Started: true}, []string{"a", "b"}, [][]uint64{{1, 2}}, 1, 0},
		{"of several runs", "every a followedByAny b within 1h", Config{}, []string{"a", "b", "a"}, [][]uint64{{1}, {3}}, 1, 1},
		{"that has ended", "a followedBy b within 1h", Config{}, []string{"a", "b"}, nil, 0, 0},
		{"that the machine has ended", "a followedBy b within 1h", early, []string{"a", "b"}, nil, 0, 0},
		{"that is held", "a followedBy b within 1h", early, []string{"b"}, [][]uint64{{1}}, 0, 0},
	} {
		p := compileLife(t, c.text, c.config)
		m, out := p.Matcher(), new(Output)
		var s State
		give(m, &s, out, c.types...)
		out.Reset()
		m.Remove(&s, out)
		if diff := cmp.Diff(c.settled, out.Settled); diff != "" || out.Ends[Removed] != c.removed || out.Ends[Matched] != c.matched || !s.Empty() {
			t.Errorf("%s: ends %v, empty %v, let go of (-want +got):\n%s", c.what, out.Ends, s.Empty(), diff)
		}
	}
}

// refsOf gives a new key events, each a millisecond after the one before and with its
// number as Ref. "-" lets time pass.
func refsOf(p *Prog, types ...string) given {
	m, out := p.Matcher(), new(Output)
	give(m, new(State), out, types...)
	g := given{map[How][]uint64{}, out.Settled, out.Before}
	for _, o := range out.Outcomes {
		g.Outcomes[o.How] = append(g.Outcomes[o.How], o.Refs...)
	}
	return g
}

// give gives a key events as refsOf says.
func give(m *Matcher, s *State, out *Output, types ...string) {
	for i, typ := range types {
		at := int64(i + 1)
		m.Advance("k", s, at, math.MaxInt64, out)
		if typ != "-" {
			m.Step("k", s, &Event{Type: typ, ID: string(rune('a' + i)), Time: at, At: at, Ref: uint64(at), Data: []byte(`{"n":1}`)}, out)
		}
	}
}

// The message of an event is let go of with the last outcome that has it, whatever is told.
func TestRefsOfWhatIsTold(t *testing.T) {
	const cancel = "a notFollowedBy c followedBy b within 1h"
	const short = "a followedBy b within 2ms"
	early := Config{Early: 3 * time.Millisecond}
	resolve := Config{Resolve: time.Hour, Fields: jsonFields}
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
		{"what resolves a timeout goes with the outcome, and behind the run's first event", short, resolve, []string{"a", "-", "b"},
			given{map[How][]uint64{TimedOut: {1}, CalledOff: {3}}, nil, [][]uint64{{1 | later, 3 | later}}}},
		{"what also opens a run stays with that", "a as x followedBy b|a as y within 2ms", resolve, []string{"a", "-", "a", "b"},
			given{map[How][]uint64{TimedOut: {1}, CalledOff: nil, Matched: {3, 4}}, nil, [][]uint64{{1 | later, 3 | later}}}},
		{"what also breaks a run goes behind that, too", "a next b[n == 1] as b1 next c within 2ms", resolve, []string{"a", "x", "a", "-", "-", "a", "b", "-", "a", "c"},
			given{map[How][]uint64{TimedOut: {3, 6, 7}, CalledOff: {10}}, [][]uint64{{1, 2}, {9, 10 | later}}, [][]uint64{{3 | later, 7 | later}, {6 | later, 10 | later}}}},
		{"of a pattern with several branches, too", "a followedByAny b followedBy c within 3ms", resolve, []string{"a", "b", "-", "c"},
			given{map[How][]uint64{TimedOut: nil, CalledOff: {4}}, [][]uint64{{2}, {1}}, [][]uint64{{1 | later, 4 | later}}}},
		{"though conditions look at what it had taken", "a followedByAny b followedBy c[n == a.n] within 3ms", resolve, []string{"a", "b", "-", "-"},
			given{map[How][]uint64{TimedOut: nil}, [][]uint64{{2}, {1}}, nil}},
		{"an event that was held is let go of with its run", "a followedBy b within 1h", early, []string{"b", "a"},
			given{map[How][]uint64{Matched: {2, 1}}, nil, nil}},
		{"with the run that it cancels", cancel, early, []string{"c", "a"},
			given{map[How][]uint64{}, [][]uint64{{2, 1}}, nil}},
		{"with the outcome of that", cancel, Config{Early: 3 * time.Millisecond, Cancelled: true}, []string{"c", "a"},
			given{map[How][]uint64{Cancelled: {2, 1}}, nil, nil}},
		{"where it is none of the pattern's any more it is settled, and an orphan is a reject", cancel, early, []string{"c", "b", "-", "-", "-"},
			given{map[How][]uint64{}, [][]uint64{{1}}, nil}},
		{"the pay of a run that was cancelled before is a reject", "a notFollowedBy c followedBy b within 1h", early, []string{"b", "c", "a"},
			given{map[How][]uint64{}, [][]uint64{{3, 2}}, nil}},
		{"a negated step's under which the run does not stand is settled", "a followedBy b notFollowedBy c followedBy d within 1h", early, []string{"c", "a"},
			given{map[How][]uint64{}, [][]uint64{{1}}, nil}},
	} {
		if diff := cmp.Diff(c.want, refsOf(compileLife(t, c.text, c.config), c.types...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
}
