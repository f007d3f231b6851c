package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

// What a topic does not take any more is in the rejects, whole, and its messages are
// acknowledged; the run ends with its figures.
func TestWhatATopicDoesNotTakeIsRejected(t *testing.T) {
	const within, orders = 6 * time.Second, 20
	f := newFake(t)
	rejects := filepath.Join(t.TempDir(), "rejects.jsonl")
	p := start(t, nil, liveFlags(within, "-rejects", rejects)...)
	created := time.Now()
	f.publish(liveEvent("first", "create", created), liveEvent("first", "pay", created))
	p.await("the outcome of an order", 30*time.Second, func() bool { return len(f.outcomes()) == 1 })
	if _, err := f.GServer.DeleteTopic(t.Context(), &pubsubpb.DeleteTopicRequest{Topic: "projects/shop/topics/success"}); err != nil {
		t.Fatal(err)
	}
	created = time.Now()
	var packed []string
	for i := range orders {
		packed = append(packed, liveEvent(fmt.Sprint("o", i), "create", created), liveEvent(fmt.Sprint("o", i), "pay", created))
	}
	f.publish(strings.Join(packed, "\n"))
	r := p.wait()
	if r.status != exitFailed || strings.Count(r.stderr, "(adds up)") != 2 || !strings.Contains(r.stderr, "pubsub: topic projects/shop/topics/success: does not exist (20 outcomes were not delivered: -rejects has them)\n") {
		t.Errorf("status %d, want %d, and figures that add up: %s", r.status, exitFailed, r.stderr)
	}
	found := 0
	for line := range strings.Lines(read(t, rejects)) {
		var reject struct{ Reason, Input string }
		var outcome struct{ Outcome, OrderID string }
		if err := json.Unmarshal([]byte(line), &reject); err != nil || reject.Reason != "undelivered" {
			t.Errorf("reject %s, %v", line, err)
		}
		if err := json.Unmarshal([]byte(reject.Input), &outcome); err != nil || outcome.Outcome != "success" {
			t.Errorf("reject of %s, %v", reject.Input, err)
		}
		found++
	}
	if found != orders || f.acked()[0] > 0 {
		t.Errorf("%d outcomes are rejected, want %d; by number of acknowledgements %v", found, orders, f.acked())
	}
}

// Rejects in the topic that is read would be rejected again, without end.
func TestTopicThatIsReadIsNoOutput(t *testing.T) {
	f := newFake(t)
	f.publish("x")
	p := start(t, nil, liveFlags(6*time.Second, "-rejects", "pubsub://shop/orders")...)
	r := p.wait()
	if r.status != exitUsage || strings.Count(r.stderr, "\n") != 1 || !strings.HasPrefix(r.stderr, "ordertimeout: -rejects pubsub://shop/orders: ") {
		t.Errorf("status %d, want %d and one line: %s", r.status, exitUsage, r.stderr)
	}
	if f.pulled() > 0 {
		t.Error("the message was pulled")
	}
}

// Whoever reads the reason of a failure is not sent to rejects that are not there, and
// an outcome whose reject is lost, too, is one.
func TestRejectsThatCannotBeWrittenAreTold(t *testing.T) {
	const notDelivered = "ordertimeout: localfile: /dev/full: no space left on device (1 outcomes were not delivered, and -rejects lacks 1 rejects that could not be written)\n"
	log := write(t, t.TempDir(), "log.jsonl", `{"orderId":"o","type":"create","time":1772366400000}
{"orderId":"o","type":"pay","time":1772366400001}
`)
	r := run1(t, "", "-quiet", "-input", log, "-success", "/dev/full", "-rejects", "/dev/full")
	if want := (result{status: exitFailed, stderr: notDelivered}); r != want {
		t.Errorf("got  %+v\nwant %+v", r, want)
	}
}
