package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/graphx"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
)

// dataflowArgs are what a job wants at least.
const dataflowArgs = "-runner dataflow -project shop -region europe-west1 -staging_location gs://bucket/staging " +
	"-input pubsub://shop/orders -success none -timeouts pubsub://shop/timeouts -worker_binary WORKER"

// What cannot work on Dataflow is refused in one line before anything is sent.
func TestWrongDataflowFlags(t *testing.T) {
	g := newGoogle(t)
	worker := buildWorker(t, "CGO_ENABLED=0", "GOARCH=amd64")
	for _, test := range []struct{ without, with, want string }{
		{"-project shop", "", "-project: none given"},
		{"-region europe-west1", "", "-region: none given"},
		{"-staging_location gs://bucket/staging", "", "-staging_location: none given"},
		{"", "-staging_location out", `-staging_location "out": want gs://BUCKET/PATH`},
		{"", "-temp_location /tmp", `-temp_location "/tmp": want gs://`},
		{"", "-environment_type LOOPBACK", "-environment_type LOOPBACK: the workers of Dataflow run in containers"},
		{"", "-job_name Orders_1", `-job_name "Orders_1": want 1 to 63 of a-z`},
		{"", "-metrics :9090", "-metrics: "},
		{"", "-summary out/summary", "-summary: "},
		{"", "-cpuprofile out/profile", "-cpuprofile: "},
		{"-input pubsub://shop/orders", "-input ../../testdata/orders.jsonl", "the workers of Dataflow do not see this machine's files"},
		{"-input pubsub://shop/orders", "-input -", "-input -: standard input is this process's"},
		{"-success none", "", "-success -: standard output is this process's"},
		{"-success none", "-success out", `-success "out": the workers of Dataflow do not see this machine's files`},
		{"", "-detach", "-detach: want -runner flink"},
		{"-input pubsub://shop/orders", "-input demo:", `-input "demo:": the shop is simulated`},
		{"-input pubsub://shop/orders", "-input pubsub://shop/orders?ack=outcome", "ack=outcome: the runner acknowledges"},
		{"-input pubsub://shop/orders", "-input pubsub://shop/orders?outstanding=9", "outstanding=9: the runner reads"},
		{"", "-rejects pubsub://shop/rejects -success https://shop.example/", "the secret of a webhook is in the environment of this process"},
		{"", "-worker_binary /none", "-worker_binary /none: no such file or directory: make worker builds one"},
		{"", "-worker_binary " + os.Args[0], "make worker builds one"},
		{"", "-worker_binary dataflow_test.go", "-worker_binary dataflow_test.go: not a program for Linux: make worker builds one"},
		{"", "-worker_binary " + buildWorker(t, "CGO_ENABLED=0", "GOARCH=arm64"), "a program for EM_AARCH64: want linux/amd64"},
		{"-worker_binary WORKER", "", "ordertimeout-worker: make worker builds it"},
	} {
		args := strings.Replace(dataflowArgs, test.without, "", 1) + " " + test.with
		r := g.run(t, strings.ReplaceAll(args, "WORKER", worker))
		first, rest, _ := strings.Cut(r.stderr, "\n")
		if r.status != exitUsage || !strings.Contains(first, test.want) || strings.Count(rest, "\n") > 1 {
			t.Errorf("without %q, with %q: status %d, stderr:\n%swant %d and: %s", test.without, test.with, r.status, r.stderr, exitUsage, test.want)
		}
	}
	if requests := g.requests(); requests > 0 {
		t.Errorf("%d requests were made", requests)
	}
}

func TestDataflowDryRunSubmitsNothing(t *testing.T) {
	g := newGoogle(t)
	args := strings.ReplaceAll(dataflowArgs, "WORKER", buildWorker(t, "CGO_ENABLED=0", "GOARCH=amd64"))
	r := g.run(t, args+" -dry_run")
	if r.status != exitOK || r.stdout != "" || !strings.Contains(r.stderr, "nothing was submitted (-v shows it)") || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("status %d, stdout %q, stderr:\n%s", r.status, r.stdout, r.stderr)
	}
	if r := g.run(t, args+" -dry_run -v"); r.status != exitOK || !strings.Contains(r.stderr, "JOB_TYPE_STREAMING") {
		t.Errorf("-v: status %d, and no job in:\n%s", r.status, r.stderr)
	}
	if len(g.objects) > 0 || len(g.created) > 0 {
		t.Errorf("%d objects were written, %d jobs created", len(g.objects), len(g.created))
	}
}

// The job is what the service needs: streaming, with the binary and the pipeline at
// their places, and the service's own Pub/Sub.
func TestDataflowJob(t *testing.T) {
	g := newGoogle(t)
	worker := buildWorker(t, "CGO_ENABLED=0", "GOARCH=amd64")
	args := strings.ReplaceAll(dataflowArgs, "WORKER", worker)
	args = strings.Replace(args, "shop/orders", "shop/orders?time=attribute:at&id=event", 1)
	r := g.run(t, args+` -rejects pubsub://shop/rejects -job_name orders -use_public_ips=false -max_num_workers 3 -labels {"team":"shop"}`)
	if r.status != exitOK || r.stdout != "job-1\n" || !strings.Contains(r.stderr, "gcloud dataflow jobs cancel job-1 --project shop --region europe-west1") {
		t.Fatalf("status %d, stdout %q, stderr:\n%s", r.status, r.stdout, r.stderr)
	}
	job := g.created[0]
	options := job.Environment.SDKPipelineOptions.Options
	pool := job.Environment.WorkerPools[0]
	model := g.objects[strings.TrimPrefix(options.PipelineURL, "gs://")]
	binary := g.objects[strings.TrimPrefix(pool.Packages[0].Location, "gs://")]
	if sum := sha256.Sum256([]byte(read(t, worker))); pool.Packages[0].Sha256 != hex.EncodeToString(sum[:]) || sha256.Sum256(binary) != sum {
		t.Errorf("the binary of the job, %+v, is not the worker", pool.Packages)
	}
	got := []any{job.Name, job.Type, job.Labels["team"], pool.IPConfiguration, pool.AutoscalingSettings.MaxNumWorkers}
	want := []any{"orders", "JOB_TYPE_STREAMING", "shop", "WORKER_IP_PRIVATE", float64(3)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, experiment := range []string{"use_runner_v2", "enable_streaming_engine"} {
		if !slices.Contains(job.Environment.Experiments, experiment) || slices.Contains(job.Environment.Experiments, "prism_disable_sdf_split") {
			t.Errorf("experiments %v, want %s, and none of the embedded runner", job.Environment.Experiments, experiment)
		}
	}
	checkModel(t, model)
}

// checkModel checks the pipeline that was staged.
func checkModel(t *testing.T, model []byte) {
	t.Helper()
	p := new(pipepb.Pipeline)
	if err := proto.Unmarshal(model, p); err != nil {
		t.Fatal(err)
	}
	var topics, states, timers []string
	source := new(pipepb.PubSubReadPayload)
	for _, transform := range p.GetComponents().GetTransforms() {
		payload := transform.GetSpec().GetPayload()
		switch transform.GetSpec().GetUrn() {
		case "beam:transform:pubsub_read:v1":
			unmarshal(t, payload, source)
		case "beam:transform:pubsub_write:v1":
			sink := new(pipepb.PubSubWritePayload)
			unmarshal(t, payload, sink)
			topics = append(topics, sink.Topic)
		case graphx.URNParDo:
			do := new(pipepb.ParDoPayload)
			unmarshal(t, payload, do)
			for id := range do.GetStateSpecs() {
				states = append(states, id)
			}
			for id := range do.GetTimerFamilySpecs() {
				timers = append(timers, id)
			}
		}
	}
	wantSource := &pipepb.PubSubReadPayload{
		Subscription: "projects/shop/subscriptions/orders", TimestampAttribute: "at", IdAttribute: "event", WithAttributes: true,
	}
	if diff := cmp.Diff(wantSource, source, protocmp.Transform()); diff != "" {
		t.Errorf("source (-want +got):\n%s", diff)
	}
	slices.Sort(topics)
	slices.Sort(states)
	const topic = "projects/shop/topics/"
	if diff := cmp.Diff([]string{topic + "rejects", topic + "rejects", topic + "timeouts"}, topics); diff != "" {
		t.Errorf("sinks (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"log", "marks"}, states); diff != "" || !slices.Equal(timers, []string{"tick"}) {
		t.Errorf("timers %v, state (-want +got):\n%s", timers, diff)
	}
}

func unmarshal(t *testing.T, payload []byte, into proto.Message) {
	t.Helper()
	if err := proto.Unmarshal(payload, into); err != nil {
		t.Fatal(err)
	}
}

// A template is staged like a job, and is none.
func TestDataflowTemplate(t *testing.T) {
	g := newGoogle(t)
	args := strings.ReplaceAll(dataflowArgs, "WORKER", buildWorker(t, "CGO_ENABLED=0", "GOARCH=amd64"))
	r := g.run(t, args+" -template_location gs://bucket/templates/orders")
	if r.status != exitOK || r.stdout != "" || r.stderr != "ordertimeout: dataflow: the template is at gs://bucket/templates/orders\n" || len(g.created) > 0 {
		t.Errorf("status %d, stdout %q, %d jobs, stderr:\n%s", r.status, r.stdout, len(g.created), r.stderr)
	}
	if j := decodeJob(t, g.objects["bucket/templates/orders"]); j.Type != "JOB_TYPE_STREAMING" {
		t.Errorf("got %+v", j)
	}
}

// A second job of a name is one by mistake, unless it is to replace the first.
func TestDataflowUpdate(t *testing.T) {
	g := newGoogle(t)
	g.running = map[string]string{defaultJobName: "job-0"}
	args := strings.ReplaceAll(dataflowArgs, "WORKER", buildWorker(t, "CGO_ENABLED=0", "GOARCH=amd64"))
	r := g.run(t, args)
	if want := "ordertimeout: dataflow: job ordertimeout runs already, as job-0: want -update, or another -job_name\n"; r.status != exitFailed || r.stderr != want || len(g.created) > 0 {
		t.Errorf("status %d, %d jobs, stderr %q, want %q", r.status, len(g.created), r.stderr, want)
	}
	if r = g.run(t, args+" -update"); r.status != exitOK || len(g.created) != 1 || g.created[0].ReplaceJobID != "job-0" {
		t.Errorf("status %d, jobs %+v, stderr:\n%s", r.status, g.created, r.stderr)
	}
	if r = g.run(t, args+" -update -job_name other"); r.status != exitFailed || r.stderr != "ordertimeout: dataflow: not submitted: Unable to find running job with name other\n" {
		t.Errorf("status %d, stderr %q", r.status, r.stderr)
	}
}

// What the service says of a job that it refuses is told in one line.
func TestDataflowRefusal(t *testing.T) {
	g := newGoogle(t)
	g.refusal = "the Dataflow API is not enabled"
	r := g.run(t, strings.ReplaceAll(dataflowArgs, "WORKER", buildWorker(t, "CGO_ENABLED=0", "GOARCH=amd64")))
	if want := "ordertimeout: dataflow: not submitted: googleapi: Error 403: the Dataflow API is not enabled"; r.status != exitFailed || !strings.HasPrefix(r.stderr, want) || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("status %d, stderr:\n%swant %s", r.status, r.stderr, want)
	}
}

// buildWorker builds a program that passes for this command, in a second.
func buildWorker(t *testing.T, environment ...string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "go.mod", "module ordertimeout\n\ngo 1.26\n")
	if err := os.MkdirAll(filepath.Join(dir, "cmd", "ordertimeout"), 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "cmd/ordertimeout/main.go", "package main\n\nfunc main() {}\n")
	path := filepath.Join(dir, "worker")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", path, "./cmd/ordertimeout")
	build.Dir, build.Env = dir, append(os.Environ(), append(environment, "GOOS=linux", "GOWORK=off")...)
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return path
}

// job is what the tests read of a job.
type job struct {
	Name, Type   string
	ReplaceJobID string            `json:"replaceJobId"`
	Labels       map[string]string `json:"labels"`
	Environment  struct {
		Experiments        []string
		SDKPipelineOptions struct {
			Options struct {
				PipelineURL string `json:"pipelineUrl"`
			}
		} `json:"sdkPipelineOptions"`
		WorkerPools []struct {
			IPConfiguration     string `json:"ipConfiguration"`
			AutoscalingSettings struct{ MaxNumWorkers float64 }
			Packages            []struct{ Location, Sha256 string }
		}
	}
}

func decodeJob(t *testing.T, body []byte) (j job) {
	t.Helper()
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&j); err != nil {
		t.Errorf("job %s: %v", body, err)
	}
	return j
}
