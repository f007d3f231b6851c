package pull

import (
	"fmt"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/metrics"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"

	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/connect/pubsub/pubsubtest"
	"ordertimeout/transforms/process"
)

// A source that is started again, at a new worker, has its state from the last
// checkpoint: what was read since is not in it, and is not to be held for ever.
func TestWhatNoCheckpointHasIsGivenBackAtARestart(t *testing.T) {
	server := pubsubtest.NewServer(t, 600)
	j := startJob(t, server, "ack=bundle", true, "")
	server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event("a")), nil)
	j.await("the event", func() bool { return len(j.events) == 1 })
	source := pullersOf(j.run.ID)[0]
	const old, other = "old", "elsewhere"
	source.worksAt(old)
	ends := map[string]bool{}
	for _, worker := range []string{old, other} {
		bundle, err := beamfix.BundleOf(metrics.SetBundleID(grpcx.WriteWorkerID(t.Context(), worker), "1"))
		if err != nil {
			t.Fatal(err)
		}
		bundle.OnEnd(func(committed bool) { ends[worker] = committed })
		t.Cleanup(func() { beamfix.Abandon([]string{worker}) })
	}
	source.worksAt(old)
	if len(ends) > 0 {
		t.Error("bundles ended while the source was at its worker")
	}
	source.worksAt("new")
	if committed, ended := ends[old]; !ended || committed || len(ends) > 1 {
		t.Errorf("after the restart: %v, want the bundle of %s failed", ends, old)
	}
	if err := j.stop(); err != nil {
		t.Error(err)
	}
}

// A worker process lives on when its job has ended, and nobody tells it.
func TestSourceThatIsNoLongerCalledGivesBackWhatItHolds(t *testing.T) {
	server := pubsubtest.NewServer(t, 600)
	const n = 50
	for i := range n {
		server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event(fmt.Sprint("o", i))), nil)
	}
	from := newSource(t, t.Name(), "", pubsubtest.URI+"?ack=bundle")
	p, err := pullerOf(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { process.Of("").Close() })
	awaitHeld(t, p, n)
	p.awaitAbsence(50 * time.Millisecond)
	var back []string
	for end := time.Now().Add(10 * time.Second); len(back) < n && time.Now().Before(end); {
		got, err := server.GServer.Pull(t.Context(), &pubsubpb.PullRequest{Subscription: pubsubtest.Subscription, MaxMessages: n})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range got.GetReceivedMessages() {
			back = append(back, m.GetAckId())
		}
	}
	if len(back) != n {
		t.Errorf("%d messages are given back, want %d", len(back), n)
	}
	again, err := pullerOf(t.Context(), from)
	if err != nil || again == p {
		t.Errorf("called again, the source has the puller that was ended: %t, %v", again == p, err)
	}
	if err == nil {
		again.link.Drop(sourceID(again.from.ID))
		again.close(t.Context())
	}
}

// A pipeline that fails while its process ends would end the worker under bundles
// that are at work.
func TestPipelineOutlivesItsSourceAfterAStop(t *testing.T) {
	server := pubsubtest.NewServer(t, 600)
	j := startJob(t, server, "ack=outcome", true, "")
	server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event("a")), nil)
	j.await("the event", func() bool { return len(j.events) == 1 })
	j.run.EndTime = time.Second
	j.run.Stop()
	closed := time.Now()
	j.run.Close()
	if err := <-j.ended; err == nil || time.Since(closed) < j.run.EndTime {
		t.Errorf("the pipeline ended %v after its source was closed, with %v: want an error, after %v", time.Since(closed), err, j.run.EndTime)
	}
}
