package pubsub

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"google.golang.org/api/option"
	"google.golang.org/grpc"

	"ordertimeout/transforms/process"
)

// link is what a run has open at Pub/Sub. DoFn instances come and go with the plans of
// the runner, and several are at work at a time; what they share lives here. A run never
// uses the connections of another one, and so can close its own.
type link struct {
	opening sync.Mutex // held while a puller is made

	mu         sync.Mutex
	closed     bool
	clients    map[clientKey]*pubsub.Client
	publishers map[Topic]*topicPublisher
	pullers    map[string]*puller // by the id of their source
}

// clientKey names a client.
type clientKey struct {
	project string
	pulls   bool // it is the one that pulls are made with
}

// errClosed is the error of who comes after Close.
var errClosed = errors.New("pubsub: closed while the pipeline was running")

// linkOf returns the link of a run.
func linkOf(run *process.Run) (*link, error) {
	l, err := process.Get(run, func() *link {
		return &link{clients: map[clientKey]*pubsub.Client{}, publishers: map[Topic]*topicPublisher{}, pullers: map[string]*puller{}}
	})
	if err != nil {
		return nil, errClosed
	}
	return l, nil
}

// client returns the client of a project, which is made at the first call and lives
// until Close. It talks to the emulator that PUBSUB_EMULATOR_HOST names, if set, else to
// the service with the default credentials. No connection is tried: what is wrong with
// it shows at the first request.
func (l *link) client(ctx context.Context, project string) (*pubsub.Client, error) {
	return l.shared(ctx, clientKey{project, false})
}

// pullClient returns the client for pulls and probes, which share a connection
// of their own: a connection that stalls, with what a pull is to bring in it, answers
// no probe, either. The library would take up to four at the service. It announces
// answers: see onAnswer.
func (l *link) pullClient(ctx context.Context, project string) (*pubsub.Client, error) {
	return l.shared(ctx, clientKey{project, true},
		option.WithGRPCConnectionPool(1), option.WithGRPCDialOption(grpc.WithStatsHandler(answers{})))
}

func (l *link) shared(ctx context.Context, key clientKey, options ...option.ClientOption) (*pubsub.Client, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errClosed
	}
	if c := l.clients[key]; c != nil {
		return c, nil
	}
	// The client outlives the call, and with it the caller's context.
	c, err := pubsub.NewClient(context.WithoutCancel(ctx), key.project, options...)
	if err != nil {
		return nil, fmt.Errorf("pubsub: project %s: %s", key.project, oneLine(err))
	}
	l.clients[key] = c
	return c, nil
}

// closeBudget is how long Close takes at most, whatever the service does: a
// process that was asked to stop has 5 s in all, of which what is under way may
// have used 2.5 (see the command).
const closeBudget = 1500 * time.Millisecond

// Close ends all that the run has open at Pub/Sub, after its pipeline has ended:
// its publishers, its sources, which give back what they hold, and its clients.
// It returns within 1.5 s also where the service is not reachable; what could not
// be given back by then is redelivered when its lease ends.
func (l *link) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeBudget)
	defer cancel()
	l.mu.Lock()
	l.closed = true
	publishers, pullers, clients := l.publishers, l.pullers, l.clients
	l.publishers, l.pullers, l.clients = nil, nil, nil
	l.mu.Unlock()
	var users sync.WaitGroup // a publisher that is stuck takes no time from the sources
	users.Go(func() { closePublishers(ctx, publishers) })
	users.Go(func() { closeSources(ctx, pullers) })
	users.Wait()
	within(ctx, func() {
		for _, c := range clients {
			_ = c.Close() // a connection that will not close ends with the process
		}
	})
	return nil
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
