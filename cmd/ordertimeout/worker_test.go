package main

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// runner is as much of a runner as a worker needs to be asked something.
type runner struct {
	fnpb.UnimplementedBeamFnControlServer
	fnpb.UnimplementedBeamFnLoggingServer
	workers chan string                    // who has come
	answers chan *fnpb.InstructionResponse // what it said
}

// Control asks the worker what it always knows: what it measures.
func (r *runner) Control(stream fnpb.BeamFnControl_ControlServer) error {
	about, _ := metadata.FromIncomingContext(stream.Context())
	r.workers <- strings.Join(about.Get("worker_id"), " ")
	if err := stream.Send(&fnpb.InstructionRequest{
		InstructionId: "1",
		Request: &fnpb.InstructionRequest_HarnessMonitoringInfos{
			HarnessMonitoringInfos: &fnpb.HarnessMonitoringInfosRequest{},
		},
	}); err != nil {
		return err
	}
	answer, err := stream.Recv()
	if err != nil {
		return err
	}
	r.answers <- answer
	<-stream.Context().Done()
	return nil
}

func (r *runner) Logging(stream fnpb.BeamFnLogging_LoggingServer) error {
	for {
		if _, err := stream.Recv(); err != nil {
			return err
		}
	}
}

// The boot program of a worker's container or process starts the binary with these
// flags and none of the command's own (Beam 2.77.0, go/container/boot.go:190).
func TestTheCommandIsAWorker(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{workers: make(chan string, 1), answers: make(chan *fnpb.InstructionResponse, 1)}
	server := grpc.NewServer()
	fnpb.RegisterBeamFnControlServer(server, r)
	fnpb.RegisterBeamFnLoggingServer(server, r)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)

	options := write(t, t.TempDir(), "options.json", `{"beam:option:go_options:v1":{"options":{"experiments":"beam_fn_api"}}}`)
	p := start(t, []string{"PIPELINE_OPTIONS_FILE=" + options, "RUNNER_CAPABILITIES=beam:protocol:control_response_elements_embedding:v1"},
		"--worker=true", "--id=worker-7", "--logging_endpoint="+l.Addr().String(), "--control_endpoint="+l.Addr().String(),
		"--semi_persist_dir="+filepath.Join(t.TempDir(), "persist"))
	deadline := time.After(20 * time.Second)
	for range 2 {
		select {
		case id := <-r.workers:
			if id != "worker-7" {
				t.Errorf("worker %q, want worker-7", id)
			}
		case answer := <-r.answers:
			if answer.InstructionId != "1" || answer.Error != "" || answer.GetHarnessMonitoringInfos() == nil {
				t.Errorf("answer %v", answer)
			}
		case <-p.ended:
			t.Fatalf("the worker has ended: %v\n%s", p.err, p.stderr.String())
		case <-deadline:
			t.Fatal("the worker does not come, or says nothing")
		}
	}
}
