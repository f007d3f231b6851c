package beamfix

import (
	"fmt"
	"testing"

	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// sentStream keeps what is sent on it, encoded as gRPC does at once.
type sentStream struct {
	grpc.ClientStream
	sent []*fnpb.Elements
}

func (s *sentStream) SendMsg(m any) error {
	s.sent = append(s.sent, proto.Clone(m.(*fnpb.Elements)).(*fnpb.Elements))
	return nil
}

func TestTheTimersOfABundleGoInOneMessage(t *testing.T) {
	under := &sentStream{}
	s := &elements{ClientStream: under, held: map[string]*held{}}
	send := func(e *fnpb.Elements) {
		t.Helper()
		if err := s.SendMsg(e); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, 0, 100)
	for i := range 1000 { // of two bundles in turns, in memory that is used again
		buf = fmt.Appendf(buf[:0], "t%d ", i)
		send(&fnpb.Elements{Timers: []*fnpb.Elements_Timers{{InstructionId: fmt.Sprint(i % 2), TransformId: "m", TimerFamilyId: "f", Timers: buf}}})
	}
	send(&fnpb.Elements{Data: []*fnpb.Elements_Data{{InstructionId: "0", TransformId: "d", Data: []byte("data")}}})
	if len(under.sent) > 0 {
		t.Fatalf("%d messages before anything has ended", len(under.sent))
	}
	send(&fnpb.Elements{Data: []*fnpb.Elements_Data{{InstructionId: "0", TransformId: "d", IsLast: true}}})
	send(&fnpb.Elements{Timers: []*fnpb.Elements_Timers{{InstructionId: "0", TransformId: "m", TimerFamilyId: "f", IsLast: true}}})
	if len(under.sent) != 2 || len(s.held) != 1 {
		t.Fatalf("%d messages of a bundle of two outputs, %d bundles held, want 2 and the other one", len(under.sent), len(s.held))
	}
	first, timers := under.sent[0], ""
	for _, f := range first.Timers {
		timers += string(f.Timers)
	}
	want := ""
	for i := 0; i < 1000; i += 2 {
		want += fmt.Sprintf("t%d ", i)
	}
	if timers != want || len(first.Data) != 2 || string(first.Data[0].Data) != "data" || !first.Data[1].IsLast {
		t.Errorf("got %d bytes of timers, want %d, and %v", len(timers), len(want), first.Data)
	}
	if last := under.sent[1]; len(last.Timers) != 1 || !last.Timers[0].IsLast {
		t.Errorf("the end of the timers is %v", last)
	}
}

func TestLargeOutputsAreNotHeld(t *testing.T) {
	under := &sentStream{}
	s := &elements{ClientStream: under, held: map[string]*held{}}
	for range 10 {
		if err := s.SendMsg(&fnpb.Elements{Data: []*fnpb.Elements_Data{{InstructionId: "0", Data: make([]byte, maxHeld/4)}}}); err != nil {
			t.Fatal(err)
		}
	}
	if len(under.sent) != 2 || len(s.held) != 1 {
		t.Errorf("%d messages sent, %d bundles held, want 2 and 1", len(under.sent), len(s.held))
	}
}
