package pubsub

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

	"ordertimeout/transforms/count"
)

// tail is a watermark without disorder, settled, 20 s after the start: an event that
// was 0.2 s behind has come, and the pull after it, which begins then, stays out.
func tail(t *testing.T) *wmTest {
	w := newWatermark(t)
	w.disorder, w.stale = 0, time.Hour
	w.pulls(20)
	w.event(seconds(19.8))
	w.next(new(reader), true)
	return w
}

// probe is a probe that finds nothing.
func (w *wmTest) probe(begun, answered float64) {
	w.clock = seconds(answered)
	w.pulled()
	w.probed(seconds(begun))
}

func TestProbesMoveAPullThatIsOutToTheOneBeforeTheLast(t *testing.T) {
	w := tail(t)
	w.clock = seconds(20.249)
	w.wantDoubt("no pull of a moment is in doubt", false)
	w.clock = seconds(20.25)
	w.wantDoubt("it is out for a while", true)
	w.probe(20.3, 20.31)
	w.want("what the server had given to the pull may come yet", 19.8)
	w.probe(20.81, 20.82)
	w.want("it would have by now", 20.1)
	w.clock = seconds(21.3)
	w.want("nothing is known of later", 20.1)
	w.wantDoubt("and a probe to be made", true)
	w.probe(21.32, 21.33)
	w.want("the next one", 20.61)
	w.clock = seconds(30)
	w.want("10 s out", 20.61)
	w.clock = seconds(30.001)
	w.want("longer, which is longer than the lag counts", 30.001)
	w.wantDoubt("it waits for a message to be published", false)
}

func (w *wmTest) wantDoubt(reason string, want bool) {
	w.t.Helper()
	if got := w.inDoubt(); got != want {
		w.t.Errorf("%s: in doubt: %t", reason, got)
	}
}

// While a server is frozen no probe is answered; when it goes on, the answers may
// come in any order.
func TestFrozenServerHoldsTheWatermarkInSpiteOfProbes(t *testing.T) {
	w := tail(t)
	w.probe(20.3, 20.31)
	w.clock = seconds(24.49)
	w.want("the second one began at 20.81, when the server was frozen", 19.8)
	w.probe(20.81, 24.5)
	w.want("it goes on and answers, the pull not yet", 19.8)
	w.probe(25.01, 25.02)
	w.want("the first prompt answer after that", 19.8)
	w.event(seconds(20.5)) // 4.52 s behind
	w.want("the message that the pull had got when the server froze", 19.8)
	w.probe(25.53, 25.54)
	w.want("it is the worst lag, and proofs before it count no more", 19.8)
	w.probe(26.05, 26.06)
	w.want("a row after it counts, with this lag", 25.53-4.52)
}

func TestProbesProveNothingAfterASlowOneALagOrAFailure(t *testing.T) {
	for reason, between := range map[string]func(*wmTest){
		"a worse lag":   func(w *wmTest) { w.event(seconds(20.1)) },
		"a slow answer": func(w *wmTest) { w.probe(20.2, 20.2+probeTime.Seconds()+0.001) },
		"a failure":     func(w *wmTest) { w.failed() },
	} {
		w := tail(t)
		w.settle = 0
		w.probe(20.15, 20.16)
		w.clock = seconds(20.31)
		between(w)
		w.pulled()
		w.probe(20.81, 20.82)
		w.want(reason+" ends the row", 19.8)
		w.probe(21.32, 21.33)
		if got := w.value(); got <= seconds(19.8).UnixMilli() {
			t.Errorf("%s: the next row did not count", reason)
		}
	}
}

func TestProbesMoveNoPullThatWentOutAfterThem(t *testing.T) {
	w := tail(t)
	w.probe(20.3, 20.31)
	w.event(seconds(20.2))
	w.next(new(reader), true)
	w.probe(20.81, 20.82)
	w.want("the first pull is moved to 20.3", 20.1)
	w.probe(21.32, 21.33)
	w.want("now both are, to 20.81", 20.61)
}

func TestProbesMoveNoPullWhoseAnswerHasBegunToCome(t *testing.T) {
	w := tail(t)
	r := new(reader)
	w.next(r, true)
	w.answering(r)
	w.answering(new(reader)) // of an idle pull, which holds nothing
	w.probe(20.3, 20.31)
	w.probe(20.81, 20.82)
	w.want("it brings what the server had when the probes began", 19.8)
	w.next(r, true)
	w.probe(21.32, 21.33)
	w.probe(21.84, 21.85)
	w.want("it has come, and the next one is out", 21.12)
}

func TestNoDoubtWhereTheWatermarkStandsAnywayOrIsNotHeld(t *testing.T) {
	for reason, change := range map[string]func(*wmTest){
		"it is frozen":        func(w *wmTest) { w.freeze() },
		"a pull has failed":   func(w *wmTest) { w.failed() },
		"it has not settled":  func(w *wmTest) { w.settle = time.Hour },
		"the disorder covers": func(w *wmTest) { w.disorder = time.Second },
	} {
		w := tail(t)
		change(w)
		w.clock = seconds(25)
		w.wantDoubt(reason, false)
	}
}

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
	s.Server = newServer(t, 1)
	s.SubscriberServer = &s.Server.GServer
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	pubsubpb.RegisterSubscriberServer(server, s)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	t.Setenv(emulatorVariable, listener.Addr().String())
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
		pause(ctx, 10*time.Millisecond)
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
	server.Publish(testTopic, []byte(event("first")), nil)
	j.await("the watermark", func() bool { return j.watermark() > 0 })
	text, last := lateEvent("o", 300*time.Millisecond)
	server.Publish(testTopic, text, nil)
	j.await("the event", func() bool { return j.refs["o"] != 0 })
	return j, last
}

func (j *job) watermark() int64 { return j.run.Counters()[count.WatermarkTime] }

func TestIdleTailTimesOutWhilePullsAreOut(t *testing.T) {
	server := newLongPolls(t, &longPolls{})
	j, last := startTail(t, server)
	deadline := time.UnixMilli(last).Add(2 * time.Second)
	j.await("the watermark to pass a deadline", func() bool { return j.watermark() >= deadline.UnixMilli() })
	if late := time.Since(deadline); late > 2*time.Second {
		t.Errorf("told %v after the deadline, want at most 2 s", late)
	}
	if n, most := server.probes.Load(), int32(time.Since(time.UnixMilli(last))/probeEvery)+1; n < 2 || n > most {
		t.Errorf("%d probes, want 2 to %d", n, most)
	}
	if err := j.stop(); err != nil {
		t.Error(err)
	}
}

func TestServerThatRefusesProbesIsReadWithoutThem(t *testing.T) {
	server := newLongPolls(t, &longPolls{refuse: true})
	j, last := startTail(t, server)
	j.await("a probe", func() bool { return server.probes.Load() > 0 })
	<-time.After(2 * probeEvery)
	if n := server.probes.Load(); n != 1 {
		t.Errorf("%d probes, want no more after the first", n)
	}
	j.wantHeld(last)
	server.Publish(testTopic, []byte(event("next")), nil)
	j.await("the event", func() bool { return j.refs["next"] != 0 })
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
	server.Publish(testTopic, text, nil)
	<-time.After(4 * time.Second)
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
