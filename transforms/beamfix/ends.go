package beamfix

import (
	"context"
	"strings"
	"sync"
	"time"

	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// What is wrong: Prism waits for two things of a bundle, the ends of its outputs and the
// answer of the worker. If the ends come first, it asks for the answer in a loop (Beam
// 2.77.0, runners/prism/internal/stage.go:217: the channel that was closed when the outputs
// ended stays in the select). The other way round it waits. The SDK sends the ends first.
// The loop then takes a core that the worker needs for its answer.
//
// What is done: the worker holds the ends until the answer has gone.
//
// When to delete it: when TestPrismAsksForTheAnswerInALoop fails. Prism has to set the
// channel to nil.

// headStart is how long the answer is ahead of the ends. They go by connections of their
// own, and with much less some overtake the answer.
const headStart = 500 * time.Microsecond

// answerFirst lets the workers of this process that are started from now on answer before
// they end their outputs.
func answerFirst() { grpcx.Dial = dialer(new(workers).intercept) }

// workers are the workers of a process.
type workers struct {
	mu   sync.Mutex
	ends map[string]*ends // by worker
}

// intercept changes the streams of a worker whose control stream it has seen, which
// is the first that a worker opens.
func (w *workers) intercept(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	stream, err := open(ctx, desc, conn, method, opts...)
	if err != nil {
		return nil, err
	}
	md, _ := metadata.FromOutgoingContext(ctx)
	worker := conn.Target() + " " + strings.Join(md.Get("worker_id"), " ")
	w.mu.Lock()
	defer w.mu.Unlock()
	switch method {
	case controlMethod:
		e := &ends{held: map[string]*bundleEnds{}}
		if w.ends == nil {
			w.ends = map[string]*ends{}
		}
		w.ends[worker] = e
		return &controlStream{ClientStream: stream, ends: e}, nil
	case dataMethod:
		if e := w.ends[worker]; e != nil {
			return &dataStream{ClientStream: stream, ends: e}, nil
		}
	}
	return stream, nil
}

// ends are the ends of outputs of bundles that are not answered yet, of a worker.
type ends struct {
	mu   sync.Mutex
	held map[string]*bundleEnds // by instruction
}

// bundleEnds are those of a bundle.
type bundleEnds struct {
	stream  *dataStream
	message fnpb.Elements
}

// dataStream is a stream of data that keeps the ends of outputs.
type dataStream struct {
	grpc.ClientStream
	ends *ends

	sending sync.Mutex // a stream is for one to send on at a time
}

func (s *dataStream) SendMsg(message any) error {
	if e, ok := message.(*fnpb.Elements); ok && s.hold(e) {
		return nil
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	return s.ClientStream.SendMsg(message)
}

// hold keeps a message if it is the end of one output and nothing else, which is how
// the SDK sends it (core/runtime/harness/datamgr.go:585 and :716).
func (s *dataStream) hold(e *fnpb.Elements) bool {
	var instruction string
	switch data, timers := e.GetData(), e.GetTimers(); {
	case len(data) == 1 && len(timers) == 0 && data[0].GetIsLast() && len(data[0].GetData()) == 0:
		instruction = data[0].GetInstructionId()
	case len(data) == 0 && len(timers) == 1 && timers[0].GetIsLast() && len(timers[0].GetTimers()) == 0:
		instruction = timers[0].GetInstructionId()
	default:
		return false
	}
	s.ends.mu.Lock()
	defer s.ends.mu.Unlock()
	b := s.ends.held[instruction]
	if b == nil {
		b = &bundleEnds{stream: s}
		s.ends.held[instruction] = b
	}
	b.message.Data = append(b.message.Data, e.GetData()...)
	b.message.Timers = append(b.message.Timers, e.GetTimers()...)
	return true
}

// send sends the ends. A stream that is broken says so to those who read it.
func (b *bundleEnds) send() {
	b.stream.sending.Lock()
	defer b.stream.sending.Unlock()
	_ = b.stream.ClientStream.SendMsg(&b.message)
}

// take returns the ends of a bundle, or nil, and forgets them.
func (s *ends) take(instruction string) *bundleEnds {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.held[instruction]
	delete(s.held, instruction)
	return b
}

// controlStream is a stream of answers, each of which is followed by the ends of its
// bundle's outputs.
type controlStream struct {
	grpc.ClientStream
	ends *ends
}

func (s *controlStream) SendMsg(message any) error {
	if err := s.ClientStream.SendMsg(message); err != nil {
		return err
	}
	if answer, ok := message.(*fnpb.InstructionResponse); ok {
		if b := s.ends.take(answer.GetInstructionId()); b != nil {
			time.AfterFunc(headStart, b.send)
		}
	}
	return nil
}
