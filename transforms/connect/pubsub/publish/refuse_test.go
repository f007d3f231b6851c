package publish

import (
	"strings"
	"sync"
	"testing"

	"cloud.google.com/go/pubsub/v2/pstest"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
)

// After a failure the rest of the bundle that can be published is, the failed ordering
// key is free, and the next bundle is tried, too.
func TestOnlyWhatCannotBePublishedIsRefused(t *testing.T) {
	reactor := &failing{user: "u1"}
	serve(t, false, pstest.ServerReactorOption{FuncName: "Publish", Reactor: reactor})
	run, done := newRun(t)
	fn := startFn(t, run, topicURI+"?ordering=user")
	refused, err := refusedBundle(t.Context(), fn, testMessage(1), testMessage(2), testMessage(3), testMessage(4))
	const why = ": pubsub: topic projects/shop/topics/timeouts: not now"
	if diff := cmp.Diff([]string{`3 undelivered timeout id1 {"n":1} [3 4]` + why, `9 undelivered timeout id4 {"n":4} [9 10]` + why}, refused); diff != "" || err != nil {
		t.Errorf("%v, refused (-want +got)\n%s", err, diff)
	}
	reactor.set("")
	fn.StartBundle(t.Context(), nil)
	refused, err = refusedBundle(t.Context(), fn, testMessage(7))
	if diff := cmp.Diff([]uint64{5, 6, 7, 8, 15, 16}, done()); diff != "" || len(refused) > 0 || err != nil {
		t.Errorf("the next bundle: refused %v, %v, done (-want +got)\n%s", refused, err, diff)
	}
}

func TestServerThatDoesNotAnswerFailsTheRun(t *testing.T) {
	address := serveNothing(t)
	for _, cluster := range []bool{true, false} {
		run, _ := newRun(t)
		run.Cluster = cluster
		refused, err := refusedBundle(t.Context(), startFn(t, run, topicURI+"?timeout=1s"), testMessage(0))
		want := "pubsub: topic projects/shop/topics/timeouts: the emulator at " + address + " (PUBSUB_EMULATOR_HOST) does not answer: "
		if got := run.Err(); got == nil || !strings.HasPrefix(got.Error(), want) {
			t.Errorf("got %v\nwant %s…", got, want)
		}
		if repeats := err != nil && refused == nil; repeats != cluster || !cluster && len(refused) != 1 {
			t.Errorf("on a runner that tries again, %t: refused %v, %v", cluster, refused, err)
		}
	}
}

// A server that is away fails the first bundle, and after that the others do not wait
// longer than the run's stop may take.
func TestBundlesAfterAFailureAreRefusedInTime(t *testing.T) {
	serveNothing(t)
	run, done := newRun(t)
	fn := startFn(t, run, topicURI+"?timeout=1s")
	later := startFn(t, run, topicURI+"?timeout=1s")
	for i := range 6 {
		if i == 1 {
			fn = later
		}
		if refused, err := refusedBundle(t.Context(), fn, testMessage(i)); len(refused) != 1 || err != nil {
			t.Errorf("bundle %d: refused %v, %v", i, refused, err)
		}
		fn.StartBundle(t.Context(), nil)
	}
	delivery, cancel := run.Delivery(t.Context())
	defer cancel()
	<-delivery.Done()
	if refused, err := refusedBundle(t.Context(), fn, testMessage(9), testMessage(10)); len(refused) != 2 || err != nil || len(done()) > 0 {
		t.Errorf("after the grace: refused %v, %v, done %v", refused, err, done())
	}
	if got := run.Counters(); got[count.Undelivered] != 8 || got[count.Left] != 0 {
		t.Errorf("counted %v, want 8 undelivered and none left", got)
	}
}

// Without a publisher, as without credentials, every message is refused.
func TestWithoutAPublisherAllIsRefused(t *testing.T) {
	t.Setenv(uri.Emulator, "")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
	for _, cluster := range []bool{true, false} {
		run, _ := newRun(t)
		run.Cluster = cluster
		topic, err := uri.ParseTopic(topicURI)
		if err != nil {
			t.Fatal(err)
		}
		fn := &publishFn{RunID: run.ID, Topic: topic}
		if err := fn.Setup(t.Context()); (err != nil) != cluster || run.Err() == nil {
			t.Errorf("on a runner that tries again, %t: %v, and of the run %v", cluster, err, run.Err())
		}
		if cluster {
			continue
		}
		fn.StartBundle(t.Context(), nil)
		refused, err := refusedBundle(t.Context(), fn, testMessage(0), testMessage(1))
		if len(refused) != 2 || err != nil || !strings.HasPrefix(run.Err().Error(), "pubsub: project shop: ") {
			t.Errorf("refused %v, %v, and of the run %v", refused, err, run.Err())
		}
	}
}

// After a stop nobody waits for a server that does not answer. What the source
// holds is left to the next run, and anything else is refused, which fails this one.
func TestStopLeavesWhatIsHeld(t *testing.T) {
	serveNothing(t)
	free, held := testMessage(0), testMessage(1)
	free.Refs = nil
	const lost = "pubsub: topic projects/shop/topics/timeouts: stopped before 1 messages could be published"
	var all sync.WaitGroup
	for _, test := range []struct {
		reason   string
		uri      string
		messages []order.Message
		left     int64
		want     []string
	}{
		{"all are held", topicURI + "?timeout=3s", []order.Message{held, held}, 2, nil},
		{"one is not", topicURI + "?timeout=3s", []order.Message{held, free}, 1, []string{`0 undelivered timeout id0 {"n":0} []: ` + lost}},
		{"the publish itself fails first", topicURI + "?timeout=1s", []order.Message{held, held}, 2, nil},
	} {
		run, done := newRun(t)
		fn := startFn(t, run, test.uri)
		run.Stop()
		all.Go(func() {
			got, err := refusedBundle(t.Context(), fn, test.messages...)
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil || len(done()) > 0 {
				t.Errorf("%s: %v, done %v, refused (-want +got)\n%s", test.reason, err, done(), diff)
			}
			if left := run.Counters()[count.Left]; left != test.left || (run.Err() != nil) != (test.want != nil) {
				t.Errorf("%s: %d left, want %d; the run failed with %v", test.reason, left, test.left, run.Err())
			}
		})
	}
	all.Wait()
}
