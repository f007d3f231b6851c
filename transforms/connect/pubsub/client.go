package pubsub

import (
	"context"
	"fmt"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
)

// clientKey names a client: a run never uses the connections of another one,
// and so can close its own.
type clientKey struct {
	runID, project string
	pulls          bool // it is the one that pulls are made with
}

// clients are those of this process. DoFn instances come and go with the plans
// of the runner, and several are at work at a time; what they share lives here.
var clients = struct {
	sync.Mutex
	byKey map[clientKey]*pubsub.Client
}{byKey: map[clientKey]*pubsub.Client{}}

// client returns the run's client of a project, which is made at the first call
// and lives until [Close]. It talks to the emulator that PUBSUB_EMULATOR_HOST
// names, if set, else to the service with the default credentials. No connection
// is tried: what is wrong with it shows at the first request.
func client(ctx context.Context, runID, project string) (*pubsub.Client, error) {
	return shared(ctx, clientKey{runID, project, false})
}

// pullClient returns the run's client for pulls and probes, which share a connection
// of their own: a connection that stalls, with what a pull is to bring in it, answers
// no probe, either. The library would take up to four at the service. It announces
// answers: see onAnswer.
func pullClient(ctx context.Context, runID, project string) (*pubsub.Client, error) {
	return shared(ctx, clientKey{runID, project, true},
		option.WithGRPCConnectionPool(1), option.WithGRPCDialOption(grpc.WithStatsHandler(answers{})))
}

func shared(ctx context.Context, key clientKey, options ...option.ClientOption) (*pubsub.Client, error) {
	clients.Lock()
	defer clients.Unlock()
	if c := clients.byKey[key]; c != nil {
		return c, nil
	}
	// The client outlives the call, and with it the caller's context.
	c, err := pubsub.NewClient(context.WithoutCancel(ctx), key.project, options...)
	if err != nil {
		return nil, fmt.Errorf("pubsub: project %s: %s", key.project, oneLine(err))
	}
	clients.byKey[key] = c
	return c, nil
}

// closeBudget is how long Close takes at most, whatever the service does: a
// process that was asked to stop has 5 s in all, of which what is under way may
// have used 2.5 (see the command).
const closeBudget = 1500 * time.Millisecond

// Close ends all that a run has open at Pub/Sub, after its pipeline has ended:
// its publishers, its sources, which give back what they hold, and its clients.
// It returns within 1.5 s also where the service is not reachable; what could not
// be given back by then is redelivered when its lease ends.
func Close(runID string) {
	ctx, cancel := context.WithTimeout(context.Background(), closeBudget)
	defer cancel()
	var users sync.WaitGroup // a publisher that is stuck takes no time from the sources
	users.Go(func() { closePublishers(ctx, runID) })
	users.Go(func() { closeSources(ctx, runID) })
	users.Wait()
	closeClients(ctx, runID)
}

func closeClients(ctx context.Context, runID string) {
	clients.Lock()
	var closing []*pubsub.Client
	for key, c := range clients.byKey {
		if key.runID == runID {
			closing = append(closing, c)
			delete(clients.byKey, key)
		}
	}
	clients.Unlock()
	within(ctx, func() {
		for _, c := range closing {
			_ = c.Close() // a connection that will not close ends with the process
		}
	})
}

// within runs f and waits for it, but no longer than ctx.
func within(ctx context.Context, f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
