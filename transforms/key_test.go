package transforms

import (
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

// keyed gives a keyFn of one shard the elements of a bundle, and returns the time and
// the header of the batch that comes out.
func keyed(t *testing.T, at []beam.EventTime, elements [][]order.Event) (beam.EventTime, shard.Header) {
	t.Helper()
	fn := &keyFn{Shards: 1}
	fn.Setup()
	var time beam.EventTime
	var header shard.Header
	batches := 0
	emit := func(at beam.EventTime, _ int64, batch []byte) {
		var err error
		time, batches = at, batches+1
		if header, err = shard.DecodeHeader(batch); err != nil {
			t.Fatal(err)
		}
	}
	fn.StartBundle(emit)
	for i := range elements {
		fn.ProcessElement(at[i], elements[i], emit)
	}
	fn.FinishBundle(emit)
	if batches != 1 {
		t.Fatalf("%d batches, want one", batches)
	}
	return time, header
}

// A batch is never later than its earliest event, nor than the source was before, or it
// would wait in the runner; its header says when it is due.
func TestTimeOfABatch(t *testing.T) {
	event := func(at int64) order.Event {
		return order.Event{Type: "create", UserID: "u", OrderID: "o", Time: at, At: at}
	}
	mark := order.Event{Mark: order.MarkWatermark, At: 9000}
	first := order.Event{Mark: order.MarkFirstWatermark, At: 9000}
	none := shard.NoWatermark
	for _, test := range []struct {
		reason               string
		at                   []beam.EventTime
		elements             [][]order.Event
		want                 beam.EventTime
		wantMin, wantPromise int64
	}{
		{"events", []beam.EventTime{1000, 1500}, [][]order.Event{{event(7000)}, {event(6000), event(8000)}}, 1000, 6000, none},
		{"a promise", []beam.EventTime{1000, 1500, 1500}, [][]order.Event{{event(7000)}, {mark}, {event(6000)}}, 1000, 6000, 9000},
		{"a promise that does not reach the events", []beam.EventTime{1000, 1500, 1500}, [][]order.Event{{event(9500)}, {mark}, {event(9100)}}, 1000, 9100, 9000},
		{"the first promise, without an event", []beam.EventTime{1000}, [][]order.Event{{first}}, 1000, 1000, 9000},
		{"the first promise, after events", []beam.EventTime{1000, 1000}, [][]order.Event{{event(7000)}, {first}}, 1000, 1000, 9000},
		{"a promise, and an event before it all", []beam.EventTime{1000, 1500}, [][]order.Event{{event(500)}, {mark}}, 500, 500, 9000},
	} {
		got, header := keyed(t, test.at, test.elements)
		if got != test.want || header.Min != test.wantMin || header.Watermark != test.wantPromise {
			t.Errorf("%s: batch at %d, earliest event at %d, promise %d: want %d, %d and %d",
				test.reason, got, header.Min, header.Watermark, test.want, test.wantMin, test.wantPromise)
		}
	}
}
