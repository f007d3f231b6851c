package pull

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/connect/pubsub/message"
	"ordertimeout/transforms/ledger/ledgertest"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// The messages of rejects that nobody reads are let go of when they are handed out.
func TestRejectsThatNobodyReadsAreLetGoOf(t *testing.T) {
	run := process.NewRun()
	defer run.Close()
	done := ledgertest.Hold(t, run, 10)
	p := newIdlePuller()
	p.from.RejectsUnread, p.run = true, run
	var got []string
	c := newCall(p, 0, &got)
	c.hand(&block{Block: &message.Block{Events: []order.Event{{}, {Time: 10}}, Rejects: []order.Reject{{Refs: []uint64{7}}, {Refs: []uint64{8}}}}})
	if diff := cmp.Diff([]string{"at 0: 10>10"}, got); diff != "" {
		t.Errorf("handed out (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([][]uint64{{7, 8}}, done()); diff != "" {
		t.Errorf("let go of (-want +got)\n%s", diff)
	}
}
