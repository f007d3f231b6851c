package beamfix

import (
	"bytes"
	"context"
	"sync"

	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
	"google.golang.org/grpc"
)

// What is wrong: Flink takes a hundred messages from the outputs of a bundle at most, and
// looks at them when the bundle has ended. With one more the worker waits for Flink, and
// Flink waits for the worker: the job hangs for ever (Beam 2.70.0,
// sdk.fn.data.BeamFnDataInboundObserver, whose queue
// runners.fnexecution.control.SdkHarnessClient.ActiveBundle.close reads after it has the
// answer). The Go SDK sends a message for each timer (Beam 2.77.0,
// core/runtime/harness/datamgr.go:741), and a bundle easily has a hundred timers.
//
// What is done: the worker puts messages together. An output of a bundle is one message,
// or a few where it is large.
//
// When to delete it: when TestTheSDKSendsAMessageForEachTimer fails, or Flink reads the
// messages as they come.

// dialHook names the dialer in the options of a pipeline, by which its workers find it.
const dialHook = "beamfix-elements"

func registerDialer() {
	grpcx.RegisterHook(dialHook, func([]string) grpcx.Hook { return grpcx.Hook{Dialer: dialer(interceptElements)} })
}

// ForFlink lets the workers of the pipelines that are submitted from now on put their
// messages together, wherever they run. It is to be called before the options of the
// pipeline are encoded, and fails where [Install] was not called.
func ForFlink() error {
	if !bundles.installed.Load() {
		return errNotInstalled
	}
	grpcx.EnableHook(dialHook)
	return nil
}

func interceptElements(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	stream, err := open(ctx, desc, conn, method, opts...)
	if err != nil || method != dataMethod {
		return stream, err
	}
	return &elements{ClientStream: stream, held: map[string]*held{}}, nil
}

// maxHeld is how many bytes of a bundle are put together at most. It leaves a bundle
// a hundred times as much.
const maxHeld = 16 << 20

// elements is the stream of what the bundles put out.
type elements struct {
	grpc.ClientStream

	mu   sync.Mutex
	held map[string]*held // by instruction
}

// held is what is to go with the next message of a bundle.
type held struct {
	message fnpb.Elements
	size    int
}

// SendMsg holds a message back until one ends an output of its bundle: each bundle
// ends with those.
func (s *elements) SendMsg(message any) error {
	e, ok := message.(*fnpb.Elements)
	if !ok {
		return s.ClientStream.SendMsg(message)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range e.GetData() {
		h := s.of(d.GetInstructionId())
		// The SDK uses the memory again.
		h.message.Data = append(h.message.Data, &fnpb.Elements_Data{
			InstructionId: d.InstructionId, TransformId: d.TransformId, Data: bytes.Clone(d.Data), IsLast: d.IsLast,
		})
		if err := s.sent(d.InstructionId, h, len(d.Data), d.IsLast); err != nil {
			return err
		}
	}
	for _, t := range e.GetTimers() {
		h := s.of(t.GetInstructionId())
		h.message.Timers = append(h.message.Timers, &fnpb.Elements_Timers{
			InstructionId: t.InstructionId, TransformId: t.TransformId, TimerFamilyId: t.TimerFamilyId, Timers: bytes.Clone(t.Timers), IsLast: t.IsLast,
		})
		if err := s.sent(t.InstructionId, h, len(t.Timers), t.IsLast); err != nil {
			return err
		}
	}
	return nil
}

func (s *elements) of(instruction string) *held {
	h := s.held[instruction]
	if h == nil {
		h = &held{}
		s.held[instruction] = h
	}
	return h
}

// sent sends what is held of a bundle, if it is time.
func (s *elements) sent(instruction string, h *held, size int, last bool) error {
	h.size += size
	if !last && h.size < maxHeld {
		return nil
	}
	delete(s.held, instruction)
	return s.ClientStream.SendMsg(&h.message)
}
