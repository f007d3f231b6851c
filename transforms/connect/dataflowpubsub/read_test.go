package dataflowpubsub

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
)

func TestMain(m *testing.M) {
	beam.Init()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

func init() {
	register.Function2x0(stamp)
	register.Function2x1(blockText)
	register.Function1x1(rejectText)
	register.Emitter2[beam.EventTime, []byte]()
}

// published is when the messages of these tests were published, as far as the
// runner says.
const published = 100_000

func stamp(m []byte, emit func(beam.EventTime, []byte)) { emit(published, m) }

func blockText(at beam.EventTime, events []order.Event) string {
	text := fmt.Sprintf("%d:", at)
	for _, e := range events {
		text += fmt.Sprintf(" %s %s at %d/%d %s:%d", e.Type, e.OrderID, e.Time, e.At, e.Source, e.Line)
	}
	return text
}

func rejectText(r order.Reject) string { return fmt.Sprintf("%s %s: %s", r.Reason, r.Source, r.Error) }

func encoded(t *testing.T, id, data string, attributes ...string) []byte {
	t.Helper()
	m := &pubsubpb.PubsubMessage{MessageId: id, Data: []byte(data), Attributes: map[string]string{}}
	for i := 0; i < len(attributes); i += 2 {
		m.Attributes[attributes[i]] = attributes[i+1]
	}
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func event(typ, order string, at int64) string {
	return fmt.Sprintf(`{"orderId":%q,"type":%q,"time":%d}`, order, typ, at)
}

// What the runner's source gives becomes events and rejects.
func TestDecode(t *testing.T) {
	for _, test := range []struct {
		reason, settings string
		messages         [][]byte
		events, rejects  []string
		counters         map[string]int64
	}{
		{
			reason: "two events in a message, of which one was published too late: its place is 5 s before that",
			messages: [][]byte{
				encoded(t, "7", event("create", "o1", 95_000)+"\n\n"+event("pay", "o1", 94_999)),
				encoded(t, "8", event("create", "o2", 101_000)),
			},
			events: []string{
				"100000: create o1 at 95000/0 message 7:1 pay o1 at 94999/95000 message 7:3",
				"100000: create o2 at 101000/0 message 8:1",
			},
			counters: map[string]int64{count.Read: 3, count.IntegerTimes: 3, count.January1970: 3},
		},
		{
			reason:   "what is no event",
			messages: [][]byte{encoded(t, "7", "{\n"+event("create", "o1", 96_000)), encoded(t, "8", ""), encoded(t, "9", "\x1f\x8b"), {0xff}},
			events:   []string{"100000: create o1 at 96000/0 message 7:2"},
			rejects: []string{
				"malformed message 7:1: not JSON: unexpected end of JSON input at byte 1",
				"malformed message 8: empty: no event in the message, want JSON, one object a line",
				"malformed message 9: compressed (gzip): want JSON text, one object a line",
				"malformed : not a message of Pub/Sub",
			},
			counters: map[string]int64{count.Read: 5, count.Malformed: 4, count.IntegerTimes: 1, count.January1970: 1},
		},
		{
			reason: "the time is that of publishing, by the runner", settings: "?time=publish",
			messages: [][]byte{encoded(t, "7", event("create", "o1", 5))},
			events:   []string{"100000: create o1 at 100000/0 message 7:1"},
			counters: map[string]int64{count.Read: 1},
		},
		{
			reason: "the time is an attribute", settings: "?time=attribute:at",
			messages: [][]byte{
				encoded(t, "7", event("create", "o1", 5), "at", "100000"),
				encoded(t, "8", event("create", "o2", 5), "at", "1970-01-01T00:01:40Z"),
				encoded(t, "9", event("create", "o3", 5)),
			},
			events:   []string{"100000: create o1 at 100000/0 message 7:1", "100000: create o2 at 100000/0 message 8:1"},
			rejects:  []string{`malformed message 9: attribute "at": missing, want the time of the event`},
			counters: map[string]int64{count.Read: 3, count.Malformed: 1, count.IntegerTimes: 1, count.January1970: 1},
		},
	} {
		t.Run(test.reason, func(t *testing.T) {
			c := Config{Subscription: "pubsub://shop/orders" + test.settings, WatermarkSlack: 5 * time.Second}
			p, s := beam.NewPipelineWithRoot()
			messages := beam.ParDo(s, stamp, beam.CreateList(s, test.messages))
			events, rejects := beam.ParDo2(s, newDecodeFn(t, c), messages)
			equals(s.Scope("events"), beam.ParDo(s, blockText, events), test.events)
			equals(s.Scope("rejects"), beam.ParDo(s, rejectText, rejects), test.rejects)
			result, err := beam.Run(context.Background(), "prism", p)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]int64{}
			for _, counter := range result.Metrics().AllMetrics().Counters() {
				if counter.Namespace() == count.Namespace && counter.Result() != 0 {
					got[counter.Name()] += counter.Result()
				}
			}
			if diff := cmp.Diff(test.counters, got); diff != "" {
				t.Errorf("counters (-want +got):\n%s", diff)
			}
		})
	}
}

// A large message comes in parts, and the bad lines of it beyond a thousand are one
// reject, but each is counted.
func TestLargeMessageComesInParts(t *testing.T) {
	const good, bad = 20_000, 3000
	fn := newDecodeFn(t, Config{Subscription: "pubsub://shop/orders"})
	fn.StartBundle(nil, nil)
	blocks, events, rejects := 0, 0, 0
	fn.ProcessElement(published, encoded(t, "7", strings.Repeat(event("create", "o1", 96_000)+"\n", good)+strings.Repeat("x\n", bad)), func(block []order.Event) {
		if blocks++; len(block) > 10_000 {
			t.Errorf("a block of %d events", len(block))
		}
		events += len(block)
	}, func(order.Reject) { rejects++ })
	if events != good || blocks < 4 || rejects != 1001 {
		t.Errorf("%d events in %d blocks, %d rejects; want %d in 4 or more, 1001", events, blocks, rejects, good)
	}
	if fn.counts.Records != good+bad || fn.counts.Malformed != bad {
		t.Errorf("counted %d lines and %d bad ones, want %d and %d", fn.counts.Records, fn.counts.Malformed, good+bad, bad)
	}
}

func equals(s beam.Scope, got beam.PCollection, want []string) {
	if len(want) == 0 {
		passert.Empty(s, got)
		return
	}
	passert.EqualsList(s, got, want)
}

// payload decodes the payload of the only transform of a pipeline that is the
// runner's.
func payload(t *testing.T, p *beam.Pipeline, urn string, into proto.Message) {
	t.Helper()
	edges, _, err := p.Build()
	if err != nil {
		t.Fatal(err)
	}
	for _, edge := range edges {
		if edge.Op == graph.External {
			if edge.Payload.URN != urn {
				t.Errorf("got transform %s, want %s", edge.Payload.URN, urn)
			}
			if err := proto.Unmarshal(edge.Payload.Data, into); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestReadIsTheSourceOfTheRunner(t *testing.T) {
	p, s := beam.NewPipelineWithRoot()
	Read(s, Config{Subscription: "pubsub://shop/orders?time=attribute:at&id=event"})
	got := new(pipepb.PubSubReadPayload)
	payload(t, p, "beam:transform:pubsub_read:v1", got)
	want := &pipepb.PubSubReadPayload{
		Subscription: "projects/shop/subscriptions/orders", TimestampAttribute: "at", IdAttribute: "event", WithAttributes: true,
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestReadPanicsOnWrongSettings(t *testing.T) {
	defer func() {
		if err := fmt.Sprint(recover()); !strings.Contains(err, "pulls=1") {
			t.Errorf("got %s", err)
		}
	}()
	_, s := beam.NewPipelineWithRoot()
	Read(s, Config{Subscription: "pubsub://shop/orders?pulls=1"})
}

func TestWriteIsTheSinkOfTheRunner(t *testing.T) {
	p, s := beam.NewPipelineWithRoot()
	topic, err := ParseTopic("pubsub://shop/timeouts")
	if err != nil {
		t.Fatal(err)
	}
	Write(s, topic, beam.CreateList(s, []order.Message{{}}))
	got := new(pipepb.PubSubWritePayload)
	payload(t, p, "beam:transform:pubsub_write:v1", got)
	if diff := cmp.Diff(&pipepb.PubSubWritePayload{Topic: "projects/shop/topics/timeouts"}, got, protocmp.Transform()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A message is published as package pubsub does it: with attributes, and within
// the limits of the service.
func TestEncode(t *testing.T) {
	b, err := encode(order.Message{Body: []byte("{}"), ID: strings.Repeat("x", 2000), Outcome: "timeout", UserID: "u", OrderID: "o"})
	if err != nil {
		t.Fatal(err)
	}
	m := new(pubsubpb.PubsubMessage)
	if err := proto.Unmarshal(b, m); err != nil {
		t.Fatal(err)
	}
	id := m.Attributes["id"]
	delete(m.Attributes, "id")
	want := &pubsubpb.PubsubMessage{Data: []byte("{}"), Attributes: map[string]string{"outcome": "timeout", "userId": "u", "orderId": "o"}}
	if diff := cmp.Diff(want, m, protocmp.Transform()); diff != "" || len(id) != 1024 {
		t.Errorf("an id of %d bytes, want 1024; -want +got:\n%s", len(id), diff)
	}
}

// newDecodeFn returns a DoFn as Read makes it.
func newDecodeFn(t *testing.T, c Config) *decodeFn {
	t.Helper()
	sub, err := c.parse()
	if err != nil {
		t.Fatal(err)
	}
	return &decodeFn{Config: c, Sub: sub.Subscription}
}
