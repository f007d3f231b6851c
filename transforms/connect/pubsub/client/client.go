// Package client has the connections of a run to Pub/Sub, the requests about a
// subscription, and what their errors mean.
//
// Who opens what. A run has one [Link], which makes a client of the library for each
// project at the first call. What the run has besides, its publishers and its sources, is
// shared by [Share], so that the link can end it before it closes the clients.
package client

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"cloud.google.com/go/pubsub/v2"
	"google.golang.org/api/option"
	"google.golang.org/grpc"

	"ordertimeout/transforms/process"
)

// Link is what a run has open at Pub/Sub. DoFn instances come and go with the plans of
// the runner, and several are at work at a time; what they share lives here. A run never
// uses the connections of another one, and so can close its own.
type Link struct {
	mu      sync.Mutex
	closed  bool
	clients map[clientKey]*pubsub.Client
	shared  map[any]*share
}

// clientKey names a client.
type clientKey struct {
	project string
	pulls   bool // it is the one that pulls are made with
}

// ErrClosed is the error of who comes after Close.
var ErrClosed = errors.New("pubsub: closed while the pipeline was running")

// Of returns the link of a run.
func Of(run *process.Run) (*Link, error) {
	l, err := process.Get(run, func() *Link {
		return &Link{clients: map[clientKey]*pubsub.Client{}, shared: map[any]*share{}}
	})
	if err != nil {
		return nil, ErrClosed
	}
	return l, nil
}

// Client returns the client of a project, which is made at the first call and lives
// until Close. It talks to the emulator that PUBSUB_EMULATOR_HOST names, if set, else to
// the service with the default credentials. No connection is tried: what is wrong with
// it shows at the first request.
func (l *Link) Client(ctx context.Context, project string) (*pubsub.Client, error) {
	return l.open(ctx, clientKey{project, false})
}

// PullClient returns the client for pulls and probes, which share a connection
// of their own: a connection that stalls, with what a pull is to bring in it, answers
// no probe, either. The library would take up to four at the service. It announces
// answers: see [OnAnswer].
func (l *Link) PullClient(ctx context.Context, project string) (*pubsub.Client, error) {
	return l.open(ctx, clientKey{project, true},
		option.WithGRPCConnectionPool(1), option.WithGRPCDialOption(grpc.WithStatsHandler(answers{})))
}

func (l *Link) open(ctx context.Context, key clientKey, options ...option.ClientOption) (*pubsub.Client, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, ErrClosed
	}
	if c := l.clients[key]; c != nil {
		return c, nil
	}
	// The client outlives the call, and with it the caller's context.
	c, err := pubsub.NewClient(context.WithoutCancel(ctx), key.project, options...)
	if err != nil {
		return nil, fmt.Errorf("pubsub: project %s: %s", key.project, OneLine(err))
	}
	l.clients[key] = c
	return c, nil
}
