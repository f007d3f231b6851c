package pipeline

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/count"
)

// What a log costs does not depend on how its events are spread over time and keys: a tick
// is not a step of its own where the source promises to be far beyond it.
func TestASparseLogTakesFewSteps(t *testing.T) {
	const events = 30_000
	for _, orders := range []int{1, events} {
		var log strings.Builder
		for i := range events {
			fmt.Fprintf(&log, `{"orderId":"o%d","type":"create","time":%d,"id":"%d"}`+"\n", i%orders, noon+int64(i)*60_000, i)
		}
		path := t.TempDir() + "/log"
		if err := os.WriteFile(path, []byte(log.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		c := Default()
		c.Input, c.Success, c.Timeouts, c.MaxAhead = []string{path}, "none", "none", 0
		p, s := beam.NewPipelineWithRoot()
		Build(s, plan(t, c))
		pr, err := beam.Run(context.Background(), "prism", p)
		if err != nil {
			t.Fatal(err)
		}
		counters := map[string]int64{}
		for _, counter := range pr.Metrics().AllMetrics().Counters() {
			counters[counter.Name()] += counter.Result()
		}
		if calls := counters[count.StateCalls]; calls == 0 || calls > 2000 || counters["read"] != events {
			t.Errorf("%d events of %d orders took %d calls of state, want some and at most 2000", counters["read"], orders, calls)
		}
	}
}
