package transforms

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/ledger/ledgertest"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
	"ordertimeout/transforms/shard"
)

// Rejects that nobody reads are not made, and their messages are let go of where they
// become rejects; those that someone reads hold their messages until they are written.
func TestRejectsThatNobodyReadsAreNotMade(t *testing.T) {
	for _, test := range []struct {
		unread bool
		out    []string
		done   [][]uint64
	}{
		{false, []string{"orphan", "duplicate", "late"}, [][]uint64{{6}}},
		{true, nil, [][]uint64{{6, 1, 3, 5}}}, // none of them follows another one
	} {
		run := process.NewRun()
		defer run.Close()
		done := ledgertest.Hold(t, run, 6)
		w := newWorkerOf(t, newStore(), MatchConfig{RejectsUnread: test.unread, Run: run.ID})
		var b shard.Batch
		for i, e := range []cep.Event{
			{Type: "pay", Time: 1000, At: 1000},
			{Type: "create", Time: 1001, At: 1001},
			{Type: "create", Time: 1002, At: 1002}, // while a run is open
			{Type: "pay", Time: 1003, At: 1003},
			{Type: "pay", ID: "late", Time: 1002, At: 1004},
			{Type: "view", Time: 1005, At: 1005}, // of no interest
		} {
			e.Ref = uint64(i + 1)
			b.Add(&shard.Event{Key: order.Key("u", "o"), Event: e})
		}
		w.bytes(b.Min(), b.Bytes())
		var out []string
		for _, text := range w.tick(2000) {
			if text != "success o" {
				out = append(out, text)
			}
		}
		if diff := cmp.Diff(test.out, out); diff != "" {
			t.Errorf("unread %t: rejects (-want +got):\n%s", test.unread, diff)
		}
		if diff := cmp.Diff(test.done, done()); diff != "" {
			t.Errorf("unread %t: let go of (-want +got):\n%s", test.unread, diff)
		}
		want := map[string]int64{"started": 1, "advanced": 1, "orphan": 1, "duplicate": 1, "late": 1, "other": 1}
		for name, n := range want {
			if got := run.Counters()[name]; got != n {
				t.Errorf("unread %t: %d events are %s, want %d", test.unread, got, name, n)
			}
		}
	}
}
