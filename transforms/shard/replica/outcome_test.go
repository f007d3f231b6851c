package replica

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

func builderOf(t testing.TB, pattern string) *outcomeBuilder {
	t.Helper()
	p, err := syntax.Parse(pattern)
	if err != nil {
		t.Fatal(err)
	}
	prog, err := cep.Compile(p, cep.Config{})
	if err != nil {
		t.Fatal(err)
	}
	b := newOutcomeBuilders(&Config{Rules: []Rule{{Rule: shard.Rule{Prog: prog}}}})[0]
	return &b
}

// A run of three steps is told with what it took, and waits for the step after that.
func TestOutcomeOfARun(t *testing.T) {
	const pattern = "create followedBy pay followedBy ship within 10s"
	b := builderOf(t, pattern)
	run := cep.Run{
		{Step: 0, Time: 1000, ID: "c1", Data: []byte("C"), Ref: 7}, {Step: 1, Time: 2500, ID: "p1", Data: []byte("P"), Ref: 8}, {Step: 2, Time: 4000, Data: []byte("S"), Ref: 9},
	}
	steps := []order.StepEvents{
		{Step: "create", Raws: [][]byte{[]byte("C")}}, {Step: "pay", Raws: [][]byte{[]byte("P")}}, {Step: "ship", Raws: [][]byte{[]byte("S")}},
	}
	key := order.Key("u1", "o1")
	id := order.OutcomeID(pattern, key, 1000, "c1")
	for _, test := range []struct {
		ended cep.Outcome
		want  order.Outcome
	}{
		{
			cep.Outcome{Key: key, How: cep.Matched, EndedAt: 4000, At: 4000, Deadline: 11_000, Run: run, Refs: run.Refs()},
			order.Outcome{Kind: order.Success, EndedAt: 4000, At: 4000, Events: steps, Refs: []uint64{7, 8, 9}},
		},
		{
			cep.Outcome{Key: key, How: cep.TimedOut, At: 11_000, Deadline: 11_000, Run: run[:2], Waiting: []int{2}, Refs: run[:2].Refs()},
			order.Outcome{Kind: order.Timeout, At: 11_000, WaitingFor: []string{"ship"}, Events: steps[:2], Refs: []uint64{7, 8}},
		},
		{
			cep.Outcome{Key: key, How: cep.TimedOut, At: 11_000, Deadline: 11_000, Run: run[:1], Waiting: []int{1}, Refs: run[:1].Refs()},
			order.Outcome{Kind: order.Timeout, At: 11_000, WaitingFor: []string{"pay"}, Events: steps[:1], Refs: []uint64{7}},
		},
	} {
		test.want.ID, test.want.UserID, test.want.OrderID, test.want.StartedAt, test.want.Deadline = id, "u1", "o1", 1000, 11_000
		got, err := b.outcome(&test.ended)
		if diff := cmp.Diff(test.want, got, cmpopts.IgnoreUnexported(order.Outcome{})); err != nil || diff != "" {
			t.Errorf("%d steps: %v (-want +got):\n%s", len(test.ended.Run), err, diff)
		}
	}
}

// Outcomes share memory, but what is appended to one does not show in another.
func TestOutcomesDoNotOverlap(t *testing.T) {
	b := builderOf(t, "create followedBy pay within 10s")
	var ended []cep.Outcome
	for i := range 2000 {
		run := cep.Run{{Time: 1, Data: fmt.Appendf(nil, `{"create":%d}`, i)}, {Step: 1, Time: 2, Data: fmt.Appendf(nil, `{"pay":%d}`, i)}}
		e := cep.Outcome{Key: order.Key("u", fmt.Sprint(i)), How: cep.Matched, Run: run}
		if i%3 == 0 {
			e.How, e.Run, e.Waiting = cep.TimedOut, run[:1], []int{1}
		}
		ended = append(ended, e)
	}
	made, err := b.outcomes(ended)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for i := range made {
		want = append(want, string(made[i].AppendJSON(nil)))
	}
	for i := range made {
		o := &made[i]
		_ = append(o.JSON(), "more"...)
		_ = append(o.Events, order.StepEvents{Step: "more"})
		_ = append(o.Events[0].Raws, []byte("more"))
		_ = append(o.WaitingFor, "more")
	}
	for i := range made {
		if got := string(made[i].AppendJSON(nil)); got != want[i] || got != string(made[i].JSON()) {
			t.Fatalf("outcome %d: got\n%s, rendered\n%s, want\n%s", i, got, made[i].JSON(), want[i])
		}
	}
}

func BenchmarkOutcomes(b *testing.B) {
	builder := builderOf(b, "create followedBy pay within 10s")
	raw := []byte(`{"orderId":"o1","userId":"u75153","type":"create","time":"2026-01-01T00:00:00.000Z","amount":224.64}`)
	run := cep.Run{{Time: 1000, Data: raw, Ref: 1}, {Step: 1, Time: 2000, Data: raw, Ref: 2}}
	ended := make([]cep.Outcome, 1024)
	for i := range ended {
		ended[i] = cep.Outcome{Key: order.Key("u75153", "o1"), How: cep.Matched, Run: run}
		if i%2 == 0 {
			ended[i].How, ended[i].Run, ended[i].Waiting = cep.TimedOut, run[:1], []int{1}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := builder.outcomes(ended); err != nil {
			b.Fatal(err)
		}
	}
}
