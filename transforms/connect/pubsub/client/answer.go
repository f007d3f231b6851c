package client

import (
	"context"

	"google.golang.org/grpc/stats"
)

// answerKey is the key of a func() in the context of a request.
type answerKey struct{}

// OnAnswer returns a context of a request whose answer is announced: f is called when
// its first bytes are here, which for a large one may be long before the last.
func OnAnswer(ctx context.Context, f func()) context.Context {
	return context.WithValue(ctx, answerKey{}, f)
}

// answers is the stats handler of a connection that announces answers.
type answers struct{}

// HandleRPC is called at each step of a request.
func (answers) HandleRPC(ctx context.Context, step stats.RPCStats) {
	if _, ok := step.(*stats.InHeader); !ok {
		return
	}
	if f, ok := ctx.Value(answerKey{}).(func()); ok {
		f()
	}
}

// TagRPC does nothing.
func (answers) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// TagConn does nothing.
func (answers) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn does nothing.
func (answers) HandleConn(context.Context, stats.ConnStats) {}
