package main

import (
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ordertimeout/transforms/cep/ceptest"
	"ordertimeout/transforms/cep/ceptest/whole"
	"ordertimeout/transforms/cep/syntax"
)

// However often a run of a subscription with a carry file is killed or stopped, each rule of
// a random file tells what the model gives, each outcome with one id: none is missing, and
// none is of events that came again.
func TestEndsOfACarriedSubscriptionOfRules(t *testing.T) {
	if testing.Short() {
		t.Skip("a machine that is slow cannot publish all in the 5 s of a stop")
	}
	for range *rounds / 2 {
		seed := rand.Uint64()
		rnd := rand.New(rand.NewPCG(seed, 7))
		rules := newRandomRules(t, rnd, liveScale)
		dir := t.TempDir()
		s := newRulesShop(t, &rules)
		// What cannot be published in the time of a stop is in the carry file.
		args := append(s.args(dir), "-carry", filepath.Join(dir, "orders.carry"), "-carry-every", "200ms", "-rejects", "none")
		s.trade(rnd, 8*time.Second, 10)
		for round := range 2 {
			s.endOf(args, round, syscall.SIGKILL)
			s.endOf(args, round, syscall.SIGTERM)
		}
		s.finish(args)
		s.check(s.want(), nil)
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, rules.file)
		}
	}
}

// A run whose messages are its only state tells after any kill and stop what the model gives
// for its rule, but for what resolves a timeout that was told before.
func TestEndsOfASubscriptionOfARule(t *testing.T) {
	if testing.Short() {
		t.Skip("a machine that is slow cannot publish all in the 5 s of a stop")
	}
	for range (*rounds + 1) / 2 {
		seed := rand.Uint64()
		rnd := rand.New(rand.NewPCG(seed, 9))
		rules := randomRules{scale: 2 * liveScale, different: true, rules: []randomRule{newRuleByOutcome(t, rnd, 3*liveScale)}}
		rules.write(t)
		s := newRulesShop(t, &rules)
		args := s.args(t.TempDir())
		s.trade(rnd, 8*time.Second, 2)
		for round := range 2 {
			s.endOf(args, round, syscall.SIGKILL)
			s.endOf(args, round, syscall.SIGTERM)
		}
		s.finish(args)
		s.check(s.want(), func(text string) bool { return strings.Contains(text, " resolved of ") })
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, rules.file)
		}
	}
}

// newRuleByOutcome returns a rule whose messages may be held until what came of each is
// delivered, and that reminds or resolves. Its windows and ages are longer than the lease.
func newRuleByOutcome(t *testing.T, rnd *rand.Rand, scale int64) randomRule {
	t.Helper()
	for {
		r := newRandomRule(t, rnd, "r", whole.Shape{Linear: true, Negations: true}, scale)
		places := syntax.MustParse(r.Pattern).Places()
		first := places[0].Step.Types
		again := func(p syntax.Place) bool {
			return len(first) == 0 || len(p.Step.Types) == 0 || slices.ContainsFunc(first, func(typ string) bool { return slices.Contains(p.Step.Types, typ) })
		}
		reminds, soon := len(r.Remind) > 0, len(r.Remind) > 0 && r.model.Remind[0] < 18*scale
		if r.Early == "" && r.model.Window.Text == "" && (r.Resolve != "" || reminds) && !soon && !strings.Contains(r.Pattern, "notNext") && !linkWindow.MatchString(r.Pattern) && !slices.ContainsFunc(places[1:], again) {
			return r
		}
	}
}

// liveScale makes windows of some seconds at most of those of the model's patterns.
const liveScale = 20

// rulesShop is a shop whose orders are by chance, and the rules that are run over it.
type rulesShop struct {
	*fake
	rules *randomRules
	log   []ceptest.Event
	ended chan struct{} // closed when all of the log is published
	lag   time.Duration // by how much an event was published after its time, at most
}

func newRulesShop(t *testing.T, rules *randomRules) *rulesShop {
	t.Helper()
	return &rulesShop{fake: newFake(t), rules: rules, ended: make(chan struct{})}
}

// args are the flags of a run. Whatever the load, nothing is to be late.
func (s *rulesShop) args(dir string) []string {
	args := []string{"-input", ordersURI, "-rules", write(s.t, dir, "rules.yaml", s.rules.file), "-disorder", "3s", "-max-jump", "1h", "-rejects", "pubsub://shop/rejects"}
	for _, output := range s.rules.outputs() {
		topic := output
		if topic != "timeouts" {
			topic = "success"
		}
		args = append(args, "-"+output, "pubsub://shop/"+topic)
	}
	return args
}

// trade publishes a log, each event when it happens, some together in a message. gap is that
// between the blocks of its orders.
func (s *rulesShop) trade(rnd *rand.Rand, length time.Duration, gap int64) {
	blocks := int(length / millis(gap*s.rules.scale))
	s.log = s.rules.log(rnd, blocks, time.Now().UnixMilli()-1000*s.rules.scale, gap)
	slices.SortStableFunc(s.log, func(a, b ceptest.Event) int { return int(a.Time - b.Time) })
	go func() {
		defer close(s.ended)
		for rest := s.log; len(rest) > 0; {
			first := rest[0].Time
			var lines []string
			for size := 1 + rand.IntN(2)*rand.IntN(4); len(lines) < size && len(rest) > 0 && rest[0].Time < first+200; rest = rest[1:] {
				lines = append(lines, rest[0].Data)
			}
			time.Sleep(time.Until(time.UnixMilli(first + 200)))
			s.lag = max(s.lag, time.Since(time.UnixMilli(first)))
			if err := s.tryPublish([]string{strings.Join(lines, "\n")}); err != nil {
				s.t.Error(err)
				return
			}
		}
	}()
	s.t.Cleanup(func() { <-s.ended })
}

// want returns the outcomes of all that was published, with nothing late.
func (s *rulesShop) want() map[string]int {
	for i := range s.log {
		s.log[i].At = s.log[i].Time
	}
	return s.rules.want(s.t, s.log, ceptest.AtEnd(1<<50))
}

// finish runs the command until all orders are told of and all messages let go of.
func (s *rulesShop) finish(args []string) {
	s.t.Helper()
	s.setTrap(nil)
	<-s.ended
	want := len(s.want())
	last := start(s.t, nil, args...)
	last.await("an acknowledgement of every message", 60*time.Second, func() bool { return s.acked()[0] == 0 })
	for end := time.Now().Add(15 * time.Second); len(s.ids()) < want && time.Now().Before(end) && !s.t.Failed(); {
		time.Sleep(pollEvery) // what is missing then is told of
	}
	if r := last.stop(); last.cmd.ProcessState.Exited() && (r.status != exitOK || strings.Count(r.stderr, "(adds up)") != 2*len(s.rules.rules)) { // or it was just starting
		s.t.Errorf("status %d: %s", r.status, r.stderr)
	}
}

// ids are the texts of the outcomes told so far, by id and kind.
func (s *rulesShop) ids() map[string]string {
	s.t.Helper()
	ids := map[string]string{}
	for _, topic := range outputTopics[:2] {
		for _, n := range s.notices(topic) {
			text, id := s.rules.told(s.t, string(n.body))
			if before, ok := ids[id]; ok && before != text {
				s.t.Errorf("%s is the id of\n%s\nand\n%s", id, before, text)
			}
			ids[id] = text
		}
	}
	return ids
}

// check checks that the wanted outcomes were told, those that may be missing apart, and no
// others. Of outcomes with one id, which are of the same events by two ways, one counts.
func (s *rulesShop) check(want map[string]int, mayMiss func(text string) bool) {
	s.t.Helper()
	got, kinds := map[string]int{}, map[string]int{}
	for _, text := range s.ids() {
		got[text]++
		kinds[strings.Fields(text)[1]]++
	}
	for text := range want {
		want[text] = 1
	}
	if mayMiss != nil {
		maps.DeleteFunc(want, func(text string, _ int) bool { return got[text] == 0 && mayMiss(text) })
	}
	s.t.Logf("%d events, published %v after their time at most, told of %v", len(s.log), s.lag.Round(time.Millisecond), kinds)
	if s.lag > 2*time.Second {
		s.t.Skip("this machine is too slow to publish events when they happen")
	}
	checkTold(s.t, want, got)
}
