package transforms_test

import (
	"context"
	"fmt"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms"
	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
)

func init() {
	register.Function1x0(printLine)
	register.Function1x2(loginEvent)
	register.Function1x0(printBreakIn)
}

func printLine(m order.Message) { fmt.Println(string(m.Body)) }

// Which orders of some lines of JSON were not paid within ten minutes?
func ExampleMatch() {
	p, s := beam.NewPipelineWithRoot()
	lines := beam.Create(s,
		`{"orderId":"o1","type":"create","time":"2026-03-02T09:00:00Z"}`,
		`{"orderId":"o2","type":"create","time":"2026-03-02T09:01:00Z"}`,
		`{"orderId":"o1","type":"pay","time":"2026-03-02T09:09:59.999Z"}`)
	events, _ := transforms.Decode(s, lines, order.DecoderConfig{})
	c := transforms.MatchConfig{Rules: transforms.Only("create followedBy pay within 10m", 0), Tick: time.Second, Shards: 16}
	timeouts := transforms.Match(s, events, c).Timeouts
	beam.ParDo0(s, printLine, transforms.FormatOutcomes(s, timeouts))
	if _, err := beam.Run(context.Background(), "prism", p); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"outcome":"timeout","id":"00e4cfdd02f1eb39b1460d90044cf296","orderId":"o2","startedAt":"2026-03-02T09:01:00.000Z","deadline":"2026-03-02T09:11:00.000Z","waitingFor":["pay"],"events":{"create":{"orderId":"o2","type":"create","time":"2026-03-02T09:01:00Z"}}}
}

// login is an element of a pipeline.
type login struct {
	Account, Result string
	At              int64 // milliseconds
	JSON            string
}

// loginEvent returns a login as an event of its account.
func loginEvent(l login) (account string, e cep.Event) {
	return l.Account, cep.Event{Type: l.Result, Time: l.At, Data: []byte(l.JSON)}
}

func printBreakIn(o transforms.PatternOutcome) {
	in := o.Events("login")[0]
	fmt.Printf("%s: %d failures from %s, then in at %s with %s\n", o.Key, len(o.Events("fail")), order.FormatTime(o.StartedAt), order.FormatTime(in.Time), in.Data)
}

// Which accounts were logged in to after three wrong passwords in a row?
func ExampleFindPattern() {
	p, s := beam.NewPipelineWithRoot()
	logins := beam.CreateList(s, []login{
		{"bob", "fail", 60_000, `{"method":"password"}`},
		{"eve", "fail", 61_000, `{"method":"password"}`},
		{"bob", "fail", 62_000, `{"method":"password"}`},
		{"eve", "fail", 63_000, `{"method":"key"}`},
		{"bob", "fail", 64_000, `{"method":"password"}`},
		{"eve", "fail", 65_000, `{"method":"password"}`},
		{"bob", "login", 70_000, `{"ip":"192.0.2.7"}`},
		{"eve", "login", 71_000, `{"ip":"192.0.2.8"}`},
	})
	c := transforms.PatternConfig{Pattern: `fail[method == "password"]{3} consecutive followedBy login within 5m`}
	matches, _, _ := transforms.FindPattern(s, beam.ParDo(s, loginEvent, logins), c)
	beam.ParDo0(s, printBreakIn, matches)
	if _, err := beam.Run(context.Background(), "prism", p); err != nil {
		fmt.Println(err)
	}
	// Output:
	// bob: 3 failures from 1970-01-01T00:01:00.000Z, then in at 1970-01-01T00:01:10.000Z with {"ip":"192.0.2.7"}
}
