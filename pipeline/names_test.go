package pipeline

import (
	"context"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"

	"ordertimeout/transforms"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func init() { register.Function1x1(briefly) }

// briefly returns what an outcome tells of which order, and how many events it has.
func briefly(o *order.Outcome) string {
	text := string(o.Kind) + " of " + o.UserID + "'s " + o.OrderID
	for _, e := range o.Events {
		text += " " + e.Step
	}
	return text
}

// The names that a Config says go into the graph with its source and its steps: conditions
// see the members of the data of a CloudEvent, or those by their own names.
func TestNamesAreThoseOfTheWholeGraph(t *testing.T) {
	types := map[string]string{"order.created": "create", "order.paid": "pay"}
	for _, test := range []struct {
		input, pattern    string
		names             order.Names
		success, timeouts []any
	}{
		{
			"../testdata/cloudevents.jsonl", "create[total < 20] followedBy pay[total == create.total && userId == create.userId] within 10m",
			order.Names{Format: order.FormatCloudEvents, Types: types, Fields: map[string]string{"orderId": "order.id"}},
			[]any{"success of ann's c-1 create pay"}, nil,
		},
		{
			"../testdata/named.jsonl", "create[type == 'create' && eventType == 'order.created'] followedBy pay[customer.id == create.userId] within 10m",
			order.Names{Types: types, Fields: map[string]string{"orderId": "order.id", "userId": "customer.id", "type": "eventType", "time": "meta.ts", "id": "eventId"}},
			[]any{"success of ann's n-1 create pay"}, []any{"timeout of bob's n-2 create"},
		},
	} {
		run := process.NewRun()
		defer run.Close()
		c := Default()
		c.Run, c.Input, c.Pattern, c.Names, c.Success, c.Timeouts = run.ID, []string{test.input}, test.pattern, test.names, "successes", "timeouts"
		resolved, _, err := plan(t, c).Resolve()
		if err != nil {
			t.Fatal(err)
		}
		p, s := beam.NewPipelineWithRoot()
		events, _ := resolved.source.Read(s)
		found := transforms.Match(s, events, resolved.matches[0])
		for kind, want := range map[order.Kind][]any{order.Success: test.success, order.Timeout: test.timeouts} {
			got := beam.ParDo(s, briefly, found.Of(kind))
			if want == nil {
				passert.Empty(s, got)
				continue
			}
			passert.Equals(s, got, want...)
		}
		if _, err := beam.Run(context.Background(), "prism", p); err != nil {
			t.Errorf("%s: %v", test.input, err)
		}
	}
}
