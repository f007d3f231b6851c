package transforms_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"

	"ordertimeout/transforms"
	"ordertimeout/transforms/cep/ceptest"
	"ordertimeout/transforms/cep/ceptest/whole"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
)

func init() {
	register.Function1x1(outcomeLine)
	register.Function1x2(blockOf)
}

// Patterns of the whole language, many over the same events, give on a runner what the
// model says, to the outcome's bytes.
func TestRandomPatternsOnARunner(t *testing.T) {
	pipelines, each := uint64(20), 12
	if testing.Short() {
		pipelines = 4
	}
	for seed := range pipelines {
		rnd := rand.New(rand.NewPCG(seed, 3))
		log := randomOrders(rnd)
		stamped, last := ceptest.Stamp(log, 5, 0)
		p, s := beam.NewPipelineWithRoot()
		events := beam.ParDo(s, blockOf, beam.CreateList(s, arrivals(stamped, last)))
		for n := range each {
			pattern := whole.RandomPattern(rnd, whole.Shape{Linear: n%4 == 0, Negations: true})
			pattern.Remember = 100
			c := transforms.MatchConfig{Rules: transforms.Only(pattern.String(), 100*time.Millisecond), Tick: 10 * time.Millisecond, Shards: 1 + rnd.IntN(3)}
			c.Rules[0].MaxBranches = pattern.MaxBranches
			scope := s.Scope(fmt.Sprint("pattern", n))
			out := transforms.Match(scope, events, c)
			successes, timeouts := out.Successes, out.Timeouts
			got := beam.ParDo(scope, outcomeLine, beam.Flatten(scope, successes, timeouts))
			want := wantTexts(pattern, stamped, last)
			if len(want) == 0 {
				passert.Empty(scope, got)
				continue
			}
			passert.Equals(scope, got, want...)
		}
		if _, err := beam.Run(context.Background(), "prism", p); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// randomOrders returns a log whose keys are orders and whose data says all of an event.
func randomOrders(rnd *rand.Rand) []ceptest.Event {
	log := whole.RandomPattern(rnd, whole.Shape{}).RandomLog(rnd, 60)
	for i := range log {
		log[i].Key = order.Key("u", log[i].Key)
	}
	return log
}

// arrivals returns the events of a log in blocks as lines, with the end of the input.
func arrivals(log []ceptest.Event, last int64) []string {
	var blocks []string
	for some := range slices.Chunk(log, 7) {
		var lines []string
		for _, e := range some {
			_, id, _ := order.SplitKey(e.Key)
			lines = append(lines, strings.Join([]string{id, e.Type, e.ID, fmt.Sprint(e.Time), fmt.Sprint(e.At), e.Data}, "\t"))
		}
		blocks = append(blocks, strings.Join(lines, "\n"))
	}
	return append(blocks, fmt.Sprintf("end\t%d", last))
}

func blockOf(text string) ([]order.Event, error) {
	var block []order.Event
	for line := range strings.SplitSeq(text, "\n") {
		f := strings.Split(line, "\t")
		e := order.Event{UserID: "u", OrderID: f[0]}
		var err error
		if f[0] == "end" {
			e = order.Event{Mark: order.MarkEnd}
			_, err = fmt.Sscan(f[1], &e.Time)
			e.At = e.Time
		} else {
			e.Type, e.ID, e.Raw = f[1], f[2], []byte(f[5])
			_, err = fmt.Sscan(f[3]+" "+f[4], &e.Time, &e.At)
		}
		if err != nil {
			return nil, err
		}
		block = append(block, e)
	}
	return block, nil
}

// outcomeLine returns an outcome without its id.
func outcomeLine(o *order.Outcome) string {
	o.ID = ""
	return fmt.Sprintf("%d %s", o.At, o.AppendJSON(nil))
}

// wantTexts returns the outcomes of the model as outcomeLine writes them.
func wantTexts(p whole.Pattern, log []ceptest.Event, last int64) []any {
	var texts []any
	places := syntax.MustParse(p.String()).Places()
	for _, o := range p.Run(log, ceptest.AtEnd(last)).Outcomes {
		user, id, _ := order.SplitKey(o.Key)
		out := order.Outcome{
			Kind: order.Kind(o.Kind), UserID: user, OrderID: id, StartedAt: o.StartedAt, EndedAt: o.EndedAt, Deadline: o.Deadline,
			At: o.At, WaitingFor: o.WaitingFor,
		}
		for _, step := range places {
			if taken := o.Of(step.Name); len(taken) > 0 {
				events := order.StepEvents{Step: step.Name, List: step.List}
				for _, e := range taken {
					events.Raws = append(events.Raws, []byte(e.Data))
				}
				out.Events = append(out.Events, events)
			}
		}
		texts = append(texts, outcomeLine(&out))
	}
	return texts
}
