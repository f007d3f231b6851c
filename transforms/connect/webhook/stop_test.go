package webhook

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// After a stop, attempts go on for a while. What is not decided then is left to
// the next run if the source holds it. Else it is a reject and the run fails; only
// where the runner repeats bundles the bundle does.
func TestStopLeavesWhatIsHeldAndRejectsTheRest(t *testing.T) {
	r := newReceiver(t)
	time.AfterFunc(time.Second, func() { close(r.slow) })
	free := func(ids ...string) (messages []*order.Message) {
		for _, id := range ids {
			m := testMessage(id)
			m.Refs = nil
			messages = append(messages, m)
		}
		return messages
	}
	held := testMessage
	c := r.config()
	patient := c
	patient.Retries, patient.RetryWait = 100, time.Second // between attempts when the time is over
	narrow := c
	narrow.Concurrency = 1 // the second message never gets its turn
	const stopped = "the run was stopped before it was accepted"
	var all sync.WaitGroup
	for _, test := range []struct {
		reason   string
		config   Config
		messages []*order.Message
		left     int64
		rejects  map[string]string // why, by ID
		cluster  bool
		want     string // how the run failed
	}{
		{"held, no answer", c, []*order.Message{held("hang1"), held("ok2"), held("bad3")}, 1, map[string]string{"bad3": "400 Bad Request"}, false, ""},
		{"held, between attempts", patient, []*order.Message{held("down1")}, 1, nil, false, ""},
		{"held, not begun", narrow, []*order.Message{held("hang1"), held("ok2")}, 2, nil, false, ""},
		{"held beside others", c, append(free("hang1", "ok2"), held("hang3")), 1, map[string]string{"hang1": stopped}, false, "before all outcomes"},
		{"not begun", narrow, free("hang1", "ok2"), 0, map[string]string{"hang1": stopped, "ok2": stopped}, false, "before all outcomes"},
		{"between attempts", patient, free("down1", "close2", "close-in-header3", "babble4", "endless-down5"), 0,
			map[string]string{"down1": stopped, "close2": stopped, "close-in-header3": stopped, "babble4": stopped, "endless-down5": stopped}, false, "before all outcomes"},
		{"an answer that fails and does not end", patient, free("stuck-down1"), 0, map[string]string{"stuck-down1": stopped}, false, "before all outcomes"},
		{"an answer that comes in time", c, free("slow1"), 0, nil, false, ""},
		{"an answer that accepts, and does not end well", c, free("stuck1", "endless2", "close-in-body3"), 0, nil, false, ""},
		{"a refusal", c, free("moved1"), 0, map[string]string{"moved1": "308 Permanent Redirect"}, false, ""},
		{"on a runner that repeats bundles", c, append(free("hang1", "ok2"), held("hang3")), 0, nil, true, "before 1 messages"},
	} {
		run, _ := newRun(t)
		run.Cluster = test.cluster
		run.Stop()
		all.Go(func() {
			rejects, err := bundle(t.Context(), run, test.config, test.messages...)
			failed := ""
			if run.Err() != nil {
				failed = run.Err().Error()
			}
			if (err != nil) != test.cluster || test.cluster && err != run.Err() {
				t.Errorf("%s: the bundle has %v, and the run %v", test.reason, err, run.Err())
			}
			if begin := "webhook: " + c.String() + ": stopped " + test.want; (failed == "") != (test.want == "") || test.want != "" && !strings.HasPrefix(failed, begin) {
				t.Errorf("%s: the run has %q, want %q", test.reason, failed, begin)
			}
			var want []string
			for _, m := range test.messages {
				if why := test.rejects[m.ID]; why != "" {
					want = append(want, fmt.Sprintf("0 undelivered [webhook: %s: %s] timeout %s %s %v", c, why, m.ID, m.Body, m.Refs))
				}
			}
			slices.Sort(want)
			if diff := cmp.Diff(want, rejects); diff != "" {
				t.Errorf("%s: rejects (-want +got)\n%s", test.reason, diff)
			}
			counted := run.Counters()
			if left, undelivered := counted[count.Left], counted[count.Undelivered]; left != test.left || undelivered != int64(len(rejects)) {
				t.Errorf("%s: %d left, want %d, and %d counted of %d rejects", test.reason, left, test.left, undelivered, len(rejects))
			}
		})
	}
	all.Wait()
}

// A runner that gives up a bundle has its own reason, which is no failure.
func TestCancelledBundleIsNoFailureOfTheRun(t *testing.T) {
	r := newReceiver(t)
	run, done := newRun(t)
	ctx, cancel := context.WithCancel(t.Context())
	r.onHang = cancel
	rejects, err := bundle(ctx, run, r.config(), testMessage("hang1"))
	if err != context.Canceled || run.Err() != nil || rejects != nil || len(done()) > 0 {
		t.Errorf("got %v, %v, of the run %v, done %v", rejects, err, run.Err(), done())
	}
}

func TestCloseForgetsTheRun(t *testing.T) {
	r := newReceiver(t)
	one, _ := newRun(t)
	two, _ := newRun(t)
	for _, run := range []*process.Run{one, two} {
		if _, err := bundle(t.Context(), run, r.config(), testMessage("ok1")); err != nil {
			t.Error(err)
		}
	}
	one.Close()
	if _, err := sendersOf(one.ID); err == nil {
		t.Error("a closed run has senders")
	}
	if left, err := sendersOf(two.ID); err != nil || len(left.all) != 1 {
		t.Errorf("%v is left, %v, want one sender of %s", left, err, two.ID)
	}
}
