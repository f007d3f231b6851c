package publish

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"ordertimeout/transforms/connect/pubsub/client"
	"ordertimeout/transforms/connect/pubsub/message"
	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/ledger/ledgertest"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func init() {
	register.DoFn2x0[[]byte, func(order.Message)](&messagesFn{})
	register.Emitter1[order.Message]()
	register.Function1x1(refusal)
}

const topicURI = "pubsub://shop/timeouts"

// messagesFn gives N messages.
type messagesFn struct{ N int }

func (fn *messagesFn) ProcessElement(_ []byte, emit func(order.Message)) {
	for i := range fn.N {
		emit(testMessage(i))
	}
}

// testMessage is the i-th message: of one of three users, and with two Refs.
func testMessage(i int) order.Message {
	return order.Message{
		Body: fmt.Appendf(nil, `{"n":%d}`, i), Outcome: "timeout", ID: fmt.Sprint("id", i),
		UserID: fmt.Sprint("u", i%3), OrderID: fmt.Sprint("o", i), Refs: []uint64{uint64(2*i + 1), uint64(2*i + 2)},
	}
}

// newRun returns a run and what was done of it so far, sorted.
func newRun(t *testing.T) (run *process.Run, done func() []uint64) {
	t.Helper()
	run = process.NewRun()
	letGo := ledgertest.Hold(t, run, 50_000)
	t.Cleanup(func() { run.Close() })
	return run, func() []uint64 { return slices.Sorted(slices.Values(slices.Concat(letGo()...))) }
}

func topicOf(t *testing.T, target string) uri.Topic {
	t.Helper()
	topic, err := uri.ParseTopic(target)
	if err != nil {
		t.Fatal(err)
	}
	return topic
}

// startFn returns a DoFn at the start of a bundle.
func startFn(t *testing.T, run *process.Run, target string) *publishFn {
	t.Helper()
	fn := &publishFn{RunID: run.ID, Topic: topicOf(t, target)}
	if err := fn.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	fn.StartBundle(t.Context(), nil)
	return fn
}

// bundle publishes messages as one bundle, each at the time of its first Ref.
func bundle(ctx context.Context, fn *publishFn, messages ...order.Message) error {
	_, err := refusedBundle(ctx, fn, messages...)
	return err
}

// refusedBundle is bundle, and returns what is refused, in text.
func refusedBundle(ctx context.Context, fn *publishFn, messages ...order.Message) (refused []string, err error) {
	refuse := func(at beam.EventTime, r order.Reject) {
		refused = append(refused, fmt.Sprintf("%d %s %s %s %d: %s", at, r.Reason, r.Source, r.Input, r.Refs, r.Error))
	}
	for _, m := range messages {
		at := beam.EventTime(0)
		if len(m.Refs) > 0 {
			at = beam.EventTime(m.Refs[0])
		}
		if err := fn.ProcessElement(ctx, at, m, refuse); err != nil {
			return refused, err
		}
	}
	return refused, fn.FinishBundle(ctx, refuse)
}

func TestWritePublishesEachMessageOnce(t *testing.T) {
	const n = maxPending + 1 // results are awaited in between
	server := serve(t, false)
	run, done := newRun(t)
	p, s := beam.NewPipelineWithRoot()
	Write(s, run.ID, topicOf(t, topicURI+"?ordering=user"), beam.ParDo(s, &messagesFn{N: n}, beam.Impulse(s)))
	if _, err := beam.Run(t.Context(), "prism", p); err != nil || run.Err() != nil {
		t.Fatalf("run gave %v, %v", err, run.Err())
	}
	got, want := map[string]string{}, map[string]string{}
	for _, m := range server.Messages() {
		got[m.Attributes["id"]] += fmt.Sprintf("%s %s %v;", m.Data, m.OrderingKey, m.Attributes)
	}
	var refs []uint64
	for i := range n {
		m := testMessage(i)
		out := message.ToPublish(&m, true)
		want[m.ID] = fmt.Sprintf("%s %s %v;", out.Data, out.OrderingKey, out.Attributes)
		refs = append(refs, m.Refs...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("published (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(refs, done()); diff != "" {
		t.Errorf("done (-want +got)\n%s", diff)
	}
}

// On a runner that does not try a bundle again, what cannot be published is refused, and
// the run goes on to its end.
func TestFailedPublishIsRefusedAndFailsTheRun(t *testing.T) {
	serve(t, false)
	run, done := newRun(t)
	p, s := beam.NewPipelineWithRoot()
	refused := Write(s, run.ID, topicOf(t, "pubsub://shop/another"), beam.ParDo(s, &messagesFn{N: 2}, beam.Impulse(s)))
	const want = "pubsub: topic projects/shop/topics/another: does not exist"
	passert.EqualsList(s, beam.ParDo(s, refusal, refused), []string{
		`undelivered timeout id0 {"n":0} [1 2]: ` + want, `undelivered timeout id1 {"n":1} [3 4]: ` + want,
	})
	result, err := beam.Run(t.Context(), "prism", p)
	if err != nil {
		t.Fatalf("the pipeline failed: %v", err)
	}
	if err := run.Err(); err == nil || err.Error() != want || !run.Stopped() {
		t.Errorf("got %v, and stopped %t, want %s", err, run.Stopped(), want)
	}
	counted := result.Metrics().Query(func(m beam.MetricResult) bool { return m.Name() == count.Undelivered }).Counters()
	if len(counted) != 1 || counted[0].Result() != 2 || run.Counters()[count.Undelivered] != 2 || len(done()) > 0 {
		t.Errorf("counted %v and live %v, want 2; done with %v", counted, run.Counters(), done())
	}
}

func refusal(r order.Reject) string {
	return fmt.Sprintf("%s %s %s %d: %s", r.Reason, r.Source, r.Input, r.Refs, r.Error)
}

// failing refuses the messages of a user, as long as it is told to.
type failing struct {
	mu   sync.Mutex
	user string
}

func (f *failing) set(user string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.user = user
}

// React implements pstest.Reactor.
func (f *failing) React(request any) (handled bool, ret any, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m := request.(*pubsubpb.PublishRequest).Messages[0]; m.Attributes["userId"] != f.user {
		return false, nil, nil
	}
	return true, &pubsubpb.PublishResponse{}, status.Error(codes.InvalidArgument, "not now")
}

// What was published is done with although other messages of the bundle failed,
// and the failed ordering key is free when the runner repeats the bundle.
func TestFailedBundleCanBeRepeated(t *testing.T) {
	reactor := &failing{user: "u1"}
	serve(t, false, pstest.ServerReactorOption{FuncName: "Publish", Reactor: reactor})
	run, done := newRun(t)
	run.Cluster = true
	fn := startFn(t, run, topicURI+"?ordering=user")
	messages := []order.Message{testMessage(1), testMessage(2), testMessage(3), testMessage(4)}
	err := bundle(t.Context(), fn, messages...)
	const want = "pubsub: topic projects/shop/topics/timeouts: not now"
	if err == nil || err.Error() != want || run.Err() != err {
		t.Errorf("got %v, and of the run %v, want %s", err, run.Err(), want)
	}
	if diff := cmp.Diff([]uint64{5, 6, 7, 8}, done()); diff != "" { // of users 2 and 0
		t.Errorf("done (-want +got)\n%s", diff)
	}
	reactor.set("")
	fn.StartBundle(t.Context(), nil)
	if err := bundle(t.Context(), fn, messages...); err != nil {
		t.Errorf("repeated: %v", err)
	}
	if diff := cmp.Diff([]uint64{3, 4, 5, 6, 7, 8, 9, 10}, done()); diff != "" {
		t.Errorf("repeated: done (-want +got)\n%s", diff)
	}
}

// A runner that gives up a bundle has its own reason, which is no failure.
func TestCancelledBundleIsNoFailureOfTheRun(t *testing.T) {
	serveNothing(t)
	run, _ := newRun(t)
	fn := startFn(t, run, topicURI+"?timeout=1s")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := bundle(ctx, fn, testMessage(0)); err != context.Canceled || run.Err() != nil {
		t.Errorf("got %v, and of the run %v", err, run.Err())
	}
}

func TestCloseClosesWhatBelongsToTheRun(t *testing.T) {
	serve(t, false)
	one, _ := newRun(t)
	two, _ := newRun(t)
	fn := startFn(t, one, topicURI)
	other := startFn(t, two, topicURI)
	if startFn(t, one, topicURI).publisher != fn.publisher || other.publisher == fn.publisher {
		t.Error("a run does not have one publisher of its own")
	}
	one.Close()
	if refused, err := refusedBundle(t.Context(), fn, testMessage(0)); len(refused) != 1 || err != nil {
		t.Errorf("a closed publisher: refused %v, %v", refused, err)
	}
	if err := bundle(t.Context(), other, testMessage(0)); err != nil {
		t.Errorf("the publisher of another run: %v", err)
	}
	two.Close()
	for _, run := range []*process.Run{one, two} {
		if _, open := process.Find[*client.Link](run); open {
			t.Errorf("%s has something open", run.ID)
		}
	}
}
