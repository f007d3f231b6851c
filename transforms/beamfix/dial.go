package beamfix

import (
	"context"
	"fmt"
	"math"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// The streams between a worker and its runner: one of instructions and answers, and one
// of what bundles take and put out.
const (
	controlMethod = "/org.apache.beam.model.fn_execution.v1.BeamFnControl/Control"
	dataMethod    = "/org.apache.beam.model.fn_execution.v1.BeamFnData/Data"
)

// dialer returns grpcx.DefaultDial with streams that are changed. The first of
// several interceptors is the nearest to the worker.
func dialer(streams ...grpc.StreamClientInterceptor) func(context.Context, string, time.Duration) (*grpc.ClientConn, error) {
	return func(ctx context.Context, endpoint string, timeout time.Duration) (*grpc.ClientConn, error) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		//lint:ignore SA1019 the SDK expects a connection that is made
		conn, err := grpc.DialContext(ctx, endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithBlock(),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32)), grpc.WithChainStreamInterceptor(streams...))
		if err != nil {
			return nil, fmt.Errorf("beamfix: connect to %s: %w", endpoint, err)
		}
		return conn, nil
	}
}
