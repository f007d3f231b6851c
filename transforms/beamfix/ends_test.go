package beamfix

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

// wire is what the streams of a worker have sent, in order.
type wire struct {
	mu   sync.Mutex
	sent []string
	next chan string
}

func (w *wire) add(text string) {
	w.mu.Lock()
	w.sent = append(w.sent, text)
	w.mu.Unlock()
	if w.next != nil {
		w.next <- text
	}
}

// wireStream tells of a bundle's answer and of the ends of its outputs.
type wireStream struct {
	grpc.ClientStream
	wire *wire
}

func (s *wireStream) SendMsg(message any) error {
	switch m := message.(type) {
	case *fnpb.InstructionResponse:
		if m.GetProcessBundle() != nil {
			s.wire.add("answer " + m.GetInstructionId())
		}
	case *fnpb.Elements:
		for _, d := range m.GetData() {
			s.wire.add(fmt.Sprintf("data %s %q last=%v", d.GetInstructionId(), d.GetData(), d.GetIsLast()))
		}
		for _, d := range m.GetTimers() {
			s.wire.add(fmt.Sprintf("timers %s %q last=%v", d.GetInstructionId(), d.GetTimers(), d.GetIsLast()))
		}
	}
	if s.ClientStream == nil {
		return nil
	}
	return s.ClientStream.SendMsg(message)
}

func ofData(instruction, bytes string, last bool) *fnpb.Elements {
	return &fnpb.Elements{Data: []*fnpb.Elements_Data{{InstructionId: instruction, Data: []byte(bytes), IsLast: last}}}
}

func ofTimers(instruction, bytes string, last bool) *fnpb.Elements {
	return &fnpb.Elements{Timers: []*fnpb.Elements_Timers{{InstructionId: instruction, Timers: []byte(bytes), IsLast: last}}}
}

func TestAnAnswerIsAheadOfTheEndsOfItsBundle(t *testing.T) {
	w := &wire{next: make(chan string, 10)}
	conn, err := grpc.NewClient("passthrough:worker", grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	open := func(context.Context, *grpc.StreamDesc, *grpc.ClientConn, string, ...grpc.CallOption) (grpc.ClientStream, error) {
		return &wireStream{wire: w}, nil
	}
	var all workers
	stream := func(worker, method string) grpc.ClientStream {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "worker_id", worker)
		s, err := all.intercept(ctx, nil, conn, method, open)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	control, out, other := stream("w1", controlMethod), stream("w1", dataMethod), stream("w2", dataMethod)
	send := func(s grpc.ClientStream, m any) {
		if err := s.SendMsg(m); err != nil {
			t.Fatal(err)
		}
	}
	want := func(want string) {
		t.Helper()
		if got := <-w.next; got != want {
			t.Errorf("the wire has %s, want %s", got, want)
		}
	}
	answer := func(id string) *fnpb.InstructionResponse {
		return &fnpb.InstructionResponse{InstructionId: id, Response: &fnpb.InstructionResponse_ProcessBundle{ProcessBundle: &fnpb.ProcessBundleResponse{}}}
	}
	send(out, ofData("1", "", true))
	send(out, ofData("1", "a", false))
	want(`data 1 "a" last=false`)
	send(out, ofTimers("1", "", true))
	send(out, ofData("2", "", true))
	send(out, ofData("3", "with its end", true))
	want(`data 3 "with its end" last=true`)
	send(other, ofData("1", "", true)) // whose control stream is not known
	want(`data 1 "" last=true`)
	send(control, answer("3"))
	want("answer 3")
	send(control, answer("1"))
	want("answer 1")
	want(`data 1 "" last=true`)
	want(`timers 1 "" last=true`)
	send(control, answer("2"))
	want("answer 2")
	want(`data 2 "" last=true`)
}

func init() { register.Function1x2(pair) }

func pair(i int) (int, int) { return i % 2, i }

// TestPrismGetsTheAnswersFirst sees to it that the streams of Prism's workers are those
// that are changed.
func TestPrismGetsTheAnswersFirst(t *testing.T) {
	var all workers
	w := &wire{}
	record := func(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
		s, err := open(ctx, desc, conn, method, opts...)
		return &wireStream{s, w}, err
	}
	runOnPrism(t, func(s beam.Scope) {
		beam.GroupByKey(s, beam.ParDo(s, pair, beam.Create(s, 1, 2, 3)))
	}, all.intercept, record)
	w.mu.Lock()
	defer w.mu.Unlock()
	ends := 0
	for i, text := range w.sent {
		if f := strings.Fields(text); f[len(f)-1] == "last=true" {
			ends++
			if !slices.Contains(w.sent[:i], "answer "+f[1]) {
				t.Errorf("%s, ahead of the answer", text)
			}
		}
	}
	if ends == 0 {
		t.Errorf("no output has ended, of %d messages", len(w.sent))
	}
}
