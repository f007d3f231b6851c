package pull

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"ordertimeout/transforms/connect/pubsub/client"
	"ordertimeout/transforms/connect/pubsub/pubsubtest"
	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/count"
)

// longPolls is a server that holds a pull until there is a message, as the service
// does, and which can be frozen.
type longPolls struct {
	*pstest.Server
	pubsubpb.SubscriberServer
	gate   sync.RWMutex // locked while the server is frozen
	refuse bool         // probes are refused
	begin  bool         // each answer begins to come at once
	probes atomic.Int32 // how many were made
}

// newLongPolls starts one with a subscription that gives leases of a second.
func newLongPolls(t *testing.T, s *longPolls) *longPolls {
	t.Helper()
	s.Server = pubsubtest.NewServer(t, 1)
	s.SubscriberServer = &s.Server.GServer
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	pubsubpb.RegisterSubscriberServer(server, s)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	t.Setenv(uri.Emulator, listener.Addr().String())
	return s
}

// Pull returns messages, or at the end of ctx with its error.
func (s *longPolls) Pull(ctx context.Context, request *pubsubpb.PullRequest) (*pubsubpb.PullResponse, error) {
	//lint:ignore SA1019 it is what the source asks for
	wait := !request.ReturnImmediately
	request.ReturnImmediately = true //lint:ignore SA1019 the fake waits in its own way
	if !wait {
		s.probes.Add(1)
	}
	if !wait && s.refuse {
		return nil, status.Error(codes.InvalidArgument, "return_immediately: no longer supported")
	}
	if s.begin {
		if err := grpc.SendHeader(ctx, nil); err != nil {
			return nil, err
		}
	}
	for {
		s.gate.RLock()
		got, err := s.SubscriberServer.Pull(ctx, request)
		s.gate.RUnlock()
		if err != nil || len(got.GetReceivedMessages()) > 0 || !wait {
			return got, err
		}
		client.Pause(ctx, 10*time.Millisecond)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

func lateEvent(id string, behind time.Duration) (text []byte, at int64) {
	at = time.Now().Add(-behind).UnixMilli()
	return fmt.Appendf(nil, `{"orderId":%q,"type":"create","time":%d}`, id, at), at
}

// startTail runs a pipeline without disorder until its watermark moves, and then
// lets an event come that is 0.3 s behind.
func startTail(t *testing.T, server *longPolls) (j *job, last int64) {
	t.Helper()
	j = startJob(t, server.Server, "lease=1s&poll=30s&pulls=1", true, "")
	server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event("first")), nil)
	j.await("the watermark", func() bool { return j.watermark() > 0 })
	text, last := lateEvent("o", 300*time.Millisecond)
	server.Publish(pubsubtest.Topic, text, nil)
	j.await("the event", func() bool { return j.refs["o"] != 0 })
	return j, last
}

func (j *job) watermark() int64 { return j.run.Counters()[count.WatermarkTime] }

func TestIdleTailTimesOutWhilePullsAreOut(t *testing.T) {
	server := newLongPolls(t, &longPolls{})
	j, last := startTail(t, server)
	deadline := time.UnixMilli(last).Add(2 * time.Second)
	j.await("the watermark to pass a deadline", func() bool { return j.watermark() >= deadline.UnixMilli() })
	if n := server.probes.Load(); n < 2 {
		t.Errorf("%d probes, want the two that show that nothing comes", n)
	}
	if err := j.stop(); err != nil {
		t.Error(err)
	}
}

func TestServerThatRefusesProbesIsReadWithoutThem(t *testing.T) {
	server := newLongPolls(t, &longPolls{refuse: true})
	j, last := startTail(t, server)
	j.await("a probe", func() bool { return server.probes.Load() > 0 })
	j.wantHeld(last)
	server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event("next")), nil)
	j.await("the event", func() bool { return j.refs["next"] != 0 })
	if n := server.probes.Load(); n != 1 {
		t.Errorf("%d probes, want no more after the first", n)
	}
	if err := j.stop(); err != nil {
		t.Error(err)
	}
}

// wantHeld checks that the watermark is where it was when the last event came.
func (j *job) wantHeld(last int64) {
	j.t.Helper()
	if w := j.watermark(); w > last+500 { // the event was 0.3 s behind
		j.t.Errorf("the watermark passed the last event by %v while a pull was out", time.Duration(w-last)*time.Millisecond)
	}
}

func TestPullWhoseAnswerTakesLongHoldsTheWatermark(t *testing.T) {
	server := newLongPolls(t, &longPolls{begin: true})
	j, last := startTail(t, server)
	j.await("probes", func() bool { return server.probes.Load() >= 4 })
	j.wantHeld(last)
	if err := j.stop(); err != nil {
		t.Error(err)
	}
}

// What was published when the server froze is on time when it goes on.
func TestServerThatFreezesInAnIdleTailMakesNoEventLate(t *testing.T) {
	server := newLongPolls(t, &longPolls{})
	j, _ := startTail(t, server)
	before := j.watermark()
	j.await("probes to move the watermark", func() bool { return j.watermark() > before+1000 })
	server.gate.Lock()
	text, at := lateEvent("last", 0)
	server.Publish(pubsubtest.Topic, text, nil)
	probes := server.probes.Load()
	j.await("a probe, which is not answered", func() bool { return server.probes.Load() > probes })
	if got := j.watermark(); got > at {
		t.Errorf("the watermark passed the event by %v", time.Duration(got-at)*time.Millisecond)
	}
	server.gate.Unlock()
	j.await("the event", func() bool { return j.refs["last"] != 0 })
	if mark := j.marks[len(j.marks)-1]; mark > at {
		t.Errorf("the event was late by %v", time.Duration(mark-at)*time.Millisecond)
	}
	if err := j.stop(); err != nil {
		t.Error(err)
	}
}
