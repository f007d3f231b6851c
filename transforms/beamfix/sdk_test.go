package beamfix

import (
	"context"
	"flag"
	"os"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
	"google.golang.org/grpc"
)

// Tests of the SDK as it is need it without the hooks, so TestMain does not call Install.
func TestMain(m *testing.M) {
	flag.Parse()
	beam.Init()
	os.Exit(m.Run())
}

// Some defects have no test of their own. So somebody has to look at each when the SDK is
// another one.
func TestTheSDKIsTheOneThatWasLookedAt(t *testing.T) {
	if core.SdkVersion != "2.77.0" {
		t.Errorf("Beam is %s: look whether the defects that the package doc lists are still there, and then change the version in it and here", core.SdkVersion)
	}
}

// runOnPrism runs what build adds to a pipeline. The workers have streams that are changed
// by the interceptors.
func runOnPrism(t *testing.T, build func(beam.Scope), streams ...grpc.StreamClientInterceptor) beam.PipelineResult {
	t.Helper()
	dial := grpcx.Dial
	defer func() { grpcx.Dial = dial }()
	grpcx.Dial = dialer(streams...)
	p, s := beam.NewPipelineWithRoot()
	build(s)
	result, err := prism.Execute(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// sending returns an interceptor that has f send the messages of a worker.
func sending(f func(send func(any) error, message any) error) grpc.StreamClientInterceptor {
	return func(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
		s, err := open(ctx, desc, conn, method, opts...)
		return &sendingStream{ClientStream: s, send: f}, err
	}
}

type sendingStream struct {
	grpc.ClientStream
	send func(send func(any) error, message any) error
}

func (s *sendingStream) SendMsg(message any) error { return s.send(s.ClientStream.SendMsg, message) }
