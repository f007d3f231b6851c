package pubsub

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/ptest"

	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/connect/pubsub/client"
	"ordertimeout/transforms/connect/pubsub/pubsubtest"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func TestMain(m *testing.M) {
	beamfix.Install()
	beamfix.ForPrism()
	ptest.MainWithDefault(m, "prism")
}

func init() {
	register.DoFn1x0[[]order.Event](&eventsDoneFn{})
	register.DoFn1x0[order.Reject](&rejectDoneFn{})
}

// eventsDoneFn is done with the events at once.
type eventsDoneFn struct{ Run string }

func (fn *eventsDoneFn) ProcessElement(events []order.Event) {
	for i := range events {
		process.Of(fn.Run).Done([]uint64{events[i].Ref})
	}
}

// rejectDoneFn is done with the rejects at once.
type rejectDoneFn struct{ Run string }

func (fn *rejectDoneFn) ProcessElement(r order.Reject) { process.Of(fn.Run).Done(r.Refs) }

// The connector by what a pipeline knows of it, with both of its DoFns.
func TestSourceReadsUntilItIsStopped(t *testing.T) {
	for _, ack := range []string{"outcome", "bundle"} {
		t.Run(ack, func(t *testing.T) {
			server, run := pubsubtest.NewServer(t, 600), process.NewRun()
			defer run.Close()
			run.AddConsumer()
			env := connect.Env{Runner: connect.Prism, Run: run.ID, Decoder: order.DecoderConfig{Within: time.Hour}}
			source, err := Connector().Source.Parse([]string{pubsubtest.URI + "?ack=" + ack}, env)
			if err != nil {
				t.Fatal(err)
			}
			ended := runSource(source, run.ID)
			const n = 100
			for i := range n {
				server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event(fmt.Sprint("o", i))), nil)
			}
			server.Publish(pubsubtest.Topic, []byte("no event"), nil)
			awaitCounters(t, run, func(c map[string]int64) bool { return c[count.Read] == n+1 && c[count.Unacked] == 0 })
			run.Stop()
			if err := source.Quiesce(t.Context()); err != nil {
				t.Errorf("no quiet: %v", err)
			}
			run.Close()
			if err := <-ended; err == nil || run.Err() != nil {
				t.Errorf("the pipeline ended with %v, the run with %v: want an error of the first alone", err, run.Err())
			}
			if got := run.Counters()[count.Malformed]; got != 1 {
				t.Errorf("%d messages are counted as malformed, want 1", got)
			}
			pubsubtest.WantAckedOnce(t, server)
		})
	}
}

// runSource runs a pipeline that is done with what it reads.
func runSource(source connect.Source, runID string) (ended <-chan error) {
	p, s := beam.NewPipelineWithRoot()
	events, rejects := source.Read(s)
	beam.ParDo0(s, &eventsDoneFn{runID}, events)
	for _, r := range rejects {
		beam.ParDo0(s, &rejectDoneFn{runID}, r)
	}
	failed := make(chan error, 1)
	go func() {
		_, err := beam.Run(context.Background(), "prism", p)
		failed <- err
	}()
	return failed
}

// awaitCounters waits until the figures of a run are as wanted.
func awaitCounters(t *testing.T, run *process.Run, wanted func(map[string]int64) bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !wanted(run.Counters()); client.Pause(t.Context(), 5*time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain, at %v", run.Counters())
		}
	}
}
