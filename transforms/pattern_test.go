package transforms_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph/window"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/teststream"
	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms"
	"ordertimeout/transforms/cep"
)

func init() {
	register.Function1x2(keyedEvent)
	register.Function2x1(patternText)
	register.Function1x1(patternRejectText)
	register.Function2x0(stampEvents)
	register.Emitter2[beam.EventTime, string]()
}

// keyedEvent returns the event of a text such as "fail@1000 bob #7 {"a":1}", of which the id
// and the data may be missing. "fail@~1000" is one whose time is that of its element.
func keyedEvent(text string) (string, cep.Event) {
	fields := strings.Fields(text)
	typ, at, _ := strings.Cut(fields[0], "@")
	e := cep.Event{Type: typ, At: 77, Ref: 7} // neither is looked at
	if !strings.HasPrefix(at, "~") {
		e.Time = millis(at)
	}
	for _, f := range fields[2:] {
		if id, ok := strings.CutPrefix(f, "#"); ok {
			e.ID = id
		} else {
			e.Data = []byte(f)
		}
	}
	return fields[1], e
}

// timeOf returns the time in the text of an event.
func timeOf(text string) int64 {
	_, at, _ := strings.Cut(strings.Fields(text)[0], "@")
	return millis(strings.TrimPrefix(at, "~"))
}

func millis(text string) int64 {
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return ms
}

func patternText(at beam.EventTime, o transforms.PatternOutcome) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:", o.Key)
	for _, step := range o.Steps {
		fmt.Fprintf(&b, " %s", step.Name)
		for _, e := range o.Events(step.Name) {
			fmt.Fprintf(&b, " %s@%d%s%s", e.Type, e.Time, e.ID, e.Data)
		}
	}
	if o.TimedOut {
		return fmt.Sprintf("%s, from %d, waits for %s until %d, at %d", &b, o.StartedAt, strings.Join(o.WaitingFor, ","), o.Deadline, at)
	}
	return fmt.Sprintf("%s, from %d to %d, at %d", &b, o.StartedAt, o.EndedAt, at)
}

func patternRejectText(r transforms.PatternReject) string {
	return fmt.Sprintf("%s: %s@%d: %s: %s", r.Key, r.Event.Type, r.Event.Time, r.Reason, r.Error)
}

// found is what FindPattern gives, as texts, and the counters.
type found struct {
	matches, timeouts, rejects []any
	counters                   string
}

func checkPattern(t *testing.T, p *beam.Pipeline, s beam.Scope, events beam.PCollection, c transforms.PatternConfig, want found) {
	t.Helper()
	matches, timeouts, rejects := transforms.FindPattern(s, events, c)
	equals(s.Scope("matches"), beam.ParDo(s, patternText, matches), want.matches)
	equals(s.Scope("timeouts"), beam.ParDo(s, patternText, timeouts), want.timeouts)
	equals(s.Scope("rejects"), beam.ParDo(s, patternRejectText, rejects), want.rejects)
	result, err := beam.Run(context.Background(), "prism", p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.counters, counters(result)); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
}

// patternStream is a TestStream: texts are elements at their times, numbers move the
// watermark.
func patternStream(s beam.Scope, items ...any) beam.PCollection {
	c := teststream.NewConfig()
	for _, item := range items {
		switch item := item.(type) {
		case int:
			c.AdvanceWatermark(int64(item))
		case string:
			c.AddElements(timeOf(item), item)
		}
	}
	c.AdvanceWatermarkToInfinity()
	return teststream.Create(s, c)
}

const logins = "every fail{3} consecutive followedBy login within 10s skip past last"

func TestPatternsOfStreams(t *testing.T) {
	for _, test := range []struct {
		reason string
		config transforms.PatternConfig
		items  []any
		want   found
	}{
		{
			reason: "three failures that are alike, by key, and one millisecond to the deadline",
			config: transforms.PatternConfig{Pattern: logins},
			items: []any{"fail@1000 bob", "fail@2000 bob", "fail@1500 eve", "fail@1600 eve", "fail@3000 bob", "fail@1700 eve", 4000,
				"login@10999 bob", "login@11500 eve", 12000},
			want: found{
				matches:  []any{"bob: fail fail@1000 fail@2000 fail@3000 login login@10999, from 1000 to 10999, at 10999"},
				timeouts: []any{"eve: fail fail@1500 fail@1600 fail@1700, from 1500, waits for login until 11500, at 11500"},
				counters: "8 read, 6 started, 1 advanced, 1 other, 1 success, 1 timeout, 4 broken",
			},
		},
		{
			reason: "the watermark alone is time: a deadline passes before what comes late",
			config: transforms.PatternConfig{Pattern: "a followedBy b within 10s", Tick: time.Second, Shards: 3},
			items:  []any{"a@1000 k", 20000, "b@5000 k", "a@6000 l"},
			want: found{
				timeouts: []any{"k: a a@1000, from 1000, waits for b until 11000, at 11000", "l: a a@6000, from 6000, waits for b until 16000, at 16000"},
				rejects:  []any{"k: b@5000: late: b at 1970-01-01T00:00:05.000Z is too late: the watermark had reached 1970-01-01T00:00:12.000Z"},
				counters: "3 read, 2 started, 1 late, 2 timeout",
			},
		},
		{
			reason: "with every what comes late takes no part",
			config: transforms.PatternConfig{Pattern: "every a followedBy b within 10s", Tick: time.Second},
			items:  []any{"a@1000 k", "a@4000 k", 5000, "b@2000 k", 6000, "b@7000 k"},
			want: found{
				matches:  []any{"k: a a@1000 b b@7000, from 1000 to 7000, at 7000", "k: a a@4000 b b@7000, from 4000 to 7000, at 7000"},
				rejects:  []any{"k: b@2000: late: b at 1970-01-01T00:00:02.000Z is too late: the watermark had reached 1970-01-01T00:00:05.000Z"},
				counters: "4 read, 2 started, 1 advanced, 1 late, 2 success",
			},
		},
		{
			reason: "the time of an event without one is that of its element",
			config: transforms.PatternConfig{Pattern: "a followedBy b within 10s"},
			items:  []any{"b@~2000 k", "a@~1000 k"},
			want:   found{matches: []any{"k: a a@1000 b b@2000, from 1000 to 2000, at 2000"}, counters: "2 read, 1 started, 1 advanced, 1 success"},
		},
		{
			reason: "conditions read the members of JSON, and what the event has beside them",
			config: transforms.PatternConfig{Pattern: `fail[userId == "7" && n > 1 && id != "" && type == "fail"] followedBy login[fail.ip == ip] within 10s`},
			items: []any{`fail@1000 k {"n":2,"userId":7,"ip":"x"}`, `fail@2000 k #f1 {"n":1,"userId":7,"ip":"x"}`, `fail@3000 k #f2 {"n":2,"userId":7,"ip":"x"}`,
				`login@4000 k {"ip":"y"}`, `login@5000 k {"ip":"x"}`, `login@6000 k {"ip":`, `login@7000 k 5`, `login@8000 k`},
			want: found{
				matches: []any{`k: fail fail@3000f2{"n":2,"userId":7,"ip":"x"} login login@5000{"ip":"x"}, from 3000 to 5000, at 5000`},
				rejects: []any{
					"k: login@6000: malformed: data: want a JSON object, as the pattern has conditions",
					"k: login@7000: malformed: data: want a JSON object, as the pattern has conditions",
					"k: login@8000: orphan: login where nothing of its key is open",
				},
				counters: "8 read, 1 started, 1 advanced, 1 orphan, 3 other, 2 malformed, 1 success",
			},
		},
		{
			reason: "without conditions the data are any bytes, and they tell events of a time apart",
			config: transforms.PatternConfig{Pattern: "a{2} followedBy b within 10s"},
			items:  []any{"a@1000 k x", "a@1000 k {", "b@2000 k }", "a@1000 l x", "a@1000 l x", "b@2000 l", "a@1000 m #1 x", "a@3000 m #1 y", "b@4000 m"},
			want: found{
				matches: []any{"k: a a@1000x a@1000{ b b@2000}, from 1000 to 2000, at 2000"},
				timeouts: []any{"l: a a@1000x, from 1000, waits for a until 11000, at 11000",
					"m: a a@10001x, from 1000, waits for a until 11000, at 11000"},
				rejects:  []any{"l: a@1000: duplicate: a delivered again", "m: a@3000: duplicate: a delivered again"},
				counters: "9 read, 3 started, 2 advanced, 2 duplicate, 2 other, 1 success, 2 timeout",
			},
		},
		{
			reason: "what ended is remembered",
			config: transforms.PatternConfig{Pattern: "a followedBy b within 10s", Remember: 5 * time.Second, Tick: time.Second},
			items:  []any{"a@1000 k", "b@2000 k", 3000, "a@1000 k", 9000, "a@9000 k"},
			want: found{
				matches:  []any{"k: a a@1000 b b@2000, from 1000 to 2000, at 2000"},
				timeouts: []any{"k: a a@9000, from 9000, waits for b until 19000, at 19000"},
				rejects:  []any{"k: a@1000: duplicate: a delivered again"},
				counters: "4 read, 2 started, 1 advanced, 1 duplicate, 1 success, 1 timeout",
			},
		},
		{
			reason: "too many branches",
			config: transforms.PatternConfig{Pattern: "every a+ combinations followedBy b within 10s", MaxBranches: 2},
			items:  []any{"a@1000 k", "a@2000 k", "a@3000 k"},
			want: found{
				rejects: []any{"k: a@1000: overflow: what began with a has more ways to match, or more events, than are allowed, and was given up",
					"k: a@2000: overflow: what began with a has more ways to match, or more events, than are allowed, and was given up"},
				timeouts: []any{"k: a a@3000, from 3000, waits for a,b until 13000, at 13000"},
				counters: "3 read, 3 started, 1 timeout",
			},
		},
	} {
		t.Run(test.reason, func(t *testing.T) {
			p, s := beam.NewPipelineWithRoot()
			checkPattern(t, p, s, beam.ParDo(s, keyedEvent, patternStream(s, test.items...)), test.config, test.want)
		})
	}
}

// stampEvents gives an element the time in its text.
func stampEvents(text string, emit func(beam.EventTime, string)) {
	emit(beam.EventTime(timeOf(text)), text)
}

// Windows of the input are no bounds of a match, and the end of a bounded input is the end
// of time.
func TestPatternsOfABoundedInputInWindows(t *testing.T) {
	p, s := beam.NewPipelineWithRoot()
	texts := beam.ParDo(s, stampEvents, beam.Create(s, "b@9999999 k", "a@1000 k", "a@2000 l", "b@3600999 l"))
	events := beam.ParDo(s, keyedEvent, beam.WindowInto(s, window.NewFixedWindows(time.Second), texts))
	checkPattern(t, p, s, events, transforms.PatternConfig{Pattern: "a followedBy b within 1h", Tick: time.Hour}, found{
		matches:  []any{"l: a a@2000 b b@3600999, from 2000 to 3600999, at 3600999"},
		timeouts: []any{"k: a a@1000, from 1000, waits for b until 3601000, at 3601000"},
		rejects:  []any{"k: b@9999999: orphan: b where nothing of its key is open"},
		counters: "4 read, 2 started, 1 advanced, 1 orphan, 1 success, 1 timeout",
	})
}

// The elements have no times of their own.
func TestEventsThatAreNone(t *testing.T) {
	p, s := beam.NewPipelineWithRoot()
	long := strings.Repeat("x", 1<<20)
	events := beam.ParDo(s, keyedEvent, beam.Create(s, "a@~5 k", "a@-1 k", "a@253402300800000 k", "a@253402300799999 k", "a@5 k "+long))
	checkPattern(t, p, s, events, transforms.PatternConfig{Pattern: "a followedBy b within 1s"}, found{
		timeouts: []any{"k: a a@253402300799999, from 253402300799999, waits for b until 253402300800999, at 253402300800999"},
		rejects: []any{
			"k: a@-9223372036854775: malformed: time: -9223372036854775 ms: want one from 1970 to 9999, of the event or its element",
			"k: a@-1: malformed: time: -1 ms: want one from 1970 to 9999, of the event or its element",
			"k: a@253402300800000: malformed: time: 253402300800000 ms: want one from 1970 to 9999, of the event or its element",
			"k: a@5: malformed: key, type, id and data have 1048578 bytes: want at most 1048576",
		},
		counters: "5 read, 1 started, 4 malformed, 1 timeout",
	})
}
