package transforms_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/teststream"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms"
	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
)

// The embedded runner is named, not chosen by a flag: the SDK's direct runner
// has no state or timers, and passes tests of streams without running them.
func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	beamfix.Install()
	beamfix.ForPrism()
	beam.Init()
	os.Exit(m.Run())
}

func init() {
	register.DoFn2x0[string, func([]order.Event)](&eventFn{})
	register.Function2x1(outcomeText)
	register.Function1x1(rejectText)
	register.DoFn2x0[[]order.Event, func(string)](&openTextFn{})
	register.Emitter1[string]()
	register.Emitter1[[]order.Event]()
}

// eventFn makes an event of a text such as "create@1000 o1 u1 #id", or of a
// stamped one "pay@1000/2000 o1 u1", the end marker "end@LAST/LIMIT", or the
// promise "watermark/AT", also as that of a source's "first/AT". "point/AT 7" is carry point
// 7, "cut@LAST/LIMIT 7" the last one, and "goOn" what an input that goes on begins with.
type eventFn struct{}

func (*eventFn) ProcessElement(text string, emit func([]order.Event)) {
	emit([]order.Event{*event(text)})
}

func event(text string) *order.Event {
	fields := strings.Fields(text)
	e := &order.Event{Source: "test", Line: 1}
	head, at, _ := strings.Cut(fields[0], "/")
	typ, at0, _ := strings.Cut(head, "@")
	fmt.Sscan(at0, &e.Time)
	fmt.Sscan(at, &e.At)
	switch typ {
	case "end":
		return &order.Event{Mark: order.MarkEnd, Time: e.Time, At: e.At}
	case "watermark":
		return &order.Event{Mark: order.MarkWatermark, At: e.At}
	case "first":
		return &order.Event{Mark: order.MarkFirstWatermark, At: e.At}
	}
	if len(fields) > 1 {
		fmt.Sscan(fields[1], &e.Line)
	}
	switch typ {
	case "point":
		return &order.Event{Mark: order.MarkPoint, At: e.At, Line: e.Line}
	case "cut":
		return &order.Event{Mark: order.MarkCut, Time: e.Time, At: e.At, Line: e.Line}
	case "goOn":
		return &order.Event{Mark: order.MarkGoOn, At: e.At}
	}
	e.Type, e.Line = typ, 1
	for _, f := range fields[1:] {
		switch f[0] {
		case 'o':
			e.OrderID = f
		case 'u':
			e.UserID = f
		case '#':
			e.ID = f[1:]
		}
	}
	e.Raw = fmt.Appendf(nil, `{"userId":%q,"orderId":%q,"type":%q,"time":%d}`, e.UserID, e.OrderID, e.Type, e.Time)
	return e
}

func outcomeText(at beam.EventTime, o *order.Outcome) string {
	return fmt.Sprintf("%s %s %s at %d", o.Kind, o.UserID, o.OrderID, at)
}

func rejectText(r order.Reject) string { return fmt.Sprintf("%s: %s", r.Reason, r.Error) }

type openTextFn struct{}

func (*openTextFn) ProcessElement(events []order.Event, emit func(string)) {
	for _, e := range events {
		emit(fmt.Sprintf("%s %s %s at %d", e.Type, e.UserID, e.OrderID, e.Time))
	}
}

var config = transforms.MatchConfig{Rules: transforms.Only("create followedBy pay within 10s", 10*time.Second), Tick: time.Second, Shards: 3}

// expectation is what Match gives, as texts, and the counters.
type expectation struct {
	successes, timeouts, rejects, open []any
	counters                           string
}

// check runs Match over a PCollection<string> of events.
func check(t *testing.T, p *beam.Pipeline, s beam.Scope, texts beam.PCollection, c transforms.MatchConfig, want expectation) {
	t.Helper()
	out := transforms.Match(s, beam.ParDo(s, &eventFn{}, texts), c)
	successes, timeouts, rejects, open := out.Successes, out.Timeouts, out.Rejects, out.Open
	equals(s.Scope("successes"), beam.ParDo(s, outcomeText, successes), want.successes)
	equals(s.Scope("timeouts"), beam.ParDo(s, outcomeText, timeouts), want.timeouts)
	equals(s.Scope("rejects"), beam.ParDo(s, rejectText, rejects), want.rejects)
	equals(s.Scope("open"), beam.ParDo(s, &openTextFn{}, open), want.open)
	result, err := beam.Run(context.Background(), "prism", p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.counters, counters(result)); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
}

func equals(s beam.Scope, got beam.PCollection, want []any) {
	if len(want) == 0 {
		passert.Empty(s, got)
		return
	}
	passert.Equals(s, got, want...)
}

// counters returns the counters that are not zero, in a fixed order.
func counters(result beam.PipelineResult) string {
	values := map[string]int64{}
	for _, c := range result.Metrics().AllMetrics().Counters() {
		if c.Namespace() == count.Namespace {
			values[c.Name()] += c.Result()
		}
	}
	var list []string
	for _, name := range []string{"read", "started", "advanced", "duplicate", "orphan", "other", "late", "malformed", "returned", "success", "timeout", "broken", "open", "openAtStart", "carriedIn", "carriedOut"} {
		if n := values[name]; n != 0 {
			list = append(list, fmt.Sprintf("%d %s", n, name))
		}
	}
	return strings.Join(list, ", ")
}

// stream is a TestStream: texts are elements at their event times, numbers move
// the watermark.
func stream(s beam.Scope, items ...any) beam.PCollection {
	c := teststream.NewConfig()
	watermark := int64(0)
	for _, item := range items {
		switch item := item.(type) {
		case int:
			watermark = int64(item)
			c.AdvanceWatermark(watermark)
		case string:
			at := event(item).Time
			if strings.HasPrefix(item, "end") || items[0] == "goOn" {
				at = watermark // as the sources do: it holds the watermark until it has arrived
			}
			c.AddElements(at, item)
		}
	}
	c.AdvanceWatermarkToInfinity()
	return teststream.Create(s, c)
}
