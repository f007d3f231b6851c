package transforms_test

import (
	"context"
	"fmt"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms"
	"ordertimeout/transforms/order"
)

func init() { register.Function1x0(printLine) }

func printLine(m order.Message) { fmt.Println(string(m.Body)) }

// Which orders of some lines of JSON were not paid within ten minutes?
func ExampleMatch() {
	p, s := beam.NewPipelineWithRoot()
	lines := beam.Create(s,
		`{"orderId":"o1","type":"create","time":"2026-03-02T09:00:00Z"}`,
		`{"orderId":"o2","type":"create","time":"2026-03-02T09:01:00Z"}`,
		`{"orderId":"o1","type":"pay","time":"2026-03-02T09:09:59.999Z"}`)
	events, _ := transforms.Decode(s, lines, order.DecoderConfig{})
	c := transforms.MatchConfig{Pattern: "create followedBy pay within 10m", Tick: time.Second, Shards: 16}
	_, timeouts, _, _ := transforms.Match(s, events, c)
	beam.ParDo0(s, printLine, transforms.FormatOutcomes(s, timeouts))
	if _, err := beam.Run(context.Background(), "prism", p); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"outcome":"timeout","id":"00e4cfdd02f1eb39b1460d90044cf296","orderId":"o2","startedAt":"2026-03-02T09:01:00.000Z","deadline":"2026-03-02T09:11:00.000Z","waitingFor":["pay"],"events":{"create":{"orderId":"o2","type":"create","time":"2026-03-02T09:01:00Z"}}}
}
