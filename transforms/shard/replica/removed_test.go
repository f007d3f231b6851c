package replica

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/shard"
)

// ruledWorker returns a worker of rules with the names of their first steps, and others to
// forget.
func ruledWorker(t *testing.T, s *store, names, forget string) *worker {
	t.Helper()
	compile := func(name, settings string) (shard.Rule, error) {
		prog, err := cep.Compile(syntax.MustParse(settings), cep.Config{})
		return shard.Rule{Name: name, Settings: settings, Prog: prog}, err
	}
	c := Config{Compile: compile, Tick: 1000, Forget: strings.Fields(forget)}
	for _, name := range strings.Fields(names) {
		rule, err := compile(name, name+" followedBy pay within 10s")
		if err != nil {
			t.Fatal(err)
		}
		c.Rules = append(c.Rules, Rule{Rule: rule})
	}
	return &worker{t: t, shards: New(NewCache(), "step", c), store: s}
}

// A log that other rules have written is not gone on with where that loses open runs. With
// leave to forget them they are told of once: by the bundle that writes the log without them,
// whichever worker that is on, and however often it failed before.
func TestAForgottenRuleIsToldOfOnce(t *testing.T) {
	s := newStore()
	old := ruledWorker(t, s, "create order", "")
	old.batch("create@1000 o1", "order@1000 o1", "order@1000 o2")
	old.want(old.tick(2000))
	s.commit()

	strict := ruledWorker(t, s, "create", "another")
	strict.start()
	_, err := strict.shards.Tick(s, 0, 3000, func(*Chunk) error { return nil })
	if want := `replica: rule order is no more, and has 2 open orders and 0 undecided events in one of the shards`; err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("got %v, want %q", err, want)
	}
	removed := func(tick int64) []shard.Removed {
		w := ruledWorker(t, s, "create", "order")
		w.batch("create@2500 o3")
		w.tick(tick)
		return w.removed
	}
	for range 2 {
		if diff := cmp.Diff([]shard.Removed{{Rule: "order", Runs: 2}}, removed(3000)); diff != "" {
			t.Errorf("what it had (-want +got):\n%s", diff)
		}
		s.rollback()
	}
	removed(3000)
	s.commit()
	if again := removed(4000); again != nil {
		t.Errorf("it is told of again: %v", again)
	}
	last := ruledWorker(t, s, "create", "")
	last.want(last.tick(13000), "timeout o1", "timeout o3")
}

// A pattern without a name cannot be forgotten.
func TestAnotherPatternIsNotGoneOnWith(t *testing.T) {
	s := newStore()
	old := ruledWorker(t, s, "create", "")
	old.shards.config.Rules[0].Name = ""
	old.batch("create@1000 o1")
	old.tick(2000)
	w := ruledWorker(t, s, "order", "create")
	w.start()
	_, err := w.shards.Tick(s, 0, 3000, func(*Chunk) error { return nil })
	if want := "replica: the pattern is another one, and that before has 1 open orders"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

// A run that begins with what other rules have carried tells of it as it begins.
func TestAForgottenRuleOfACarriedShard(t *testing.T) {
	old := ruledWorker(t, newStore(), "create order", "")
	old.batch("create@1000 o1", "order@1000 o1")
	old.tick(2000)
	w := ruledWorker(t, newStore(), "create", "order")
	w.shards.config.Start = func(int64) []byte { return old.cached().shard.Snapshot() }
	w.batch("goOn@0")
	if diff := cmp.Diff([]shard.Removed{{Rule: "order", Runs: 1}}, w.removed); diff != "" || len(w.begun) != 1 {
		t.Errorf("it has begun with %v, what was removed had (-want +got):\n%s", w.begun, diff)
	}
}
