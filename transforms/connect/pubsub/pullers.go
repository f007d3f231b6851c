package pubsub

import (
	"context"
	"maps"
	"slices"
	"time"

	"ordertimeout/transforms/process"
)

// awaitEnd waits for the end of the process, where the run was closed after a stop and
// the process ends with it. A failure would end the worker while other bundles are at
// work, which is a data race of the SDK (see runPrism of the command).
func awaitEnd(ctx context.Context, run *process.Run) {
	if at, closed := run.Closed(); closed && run.Stopped() {
		pause(ctx, time.Until(at.Add(run.EndTime)))
	}
}

// pullerOf returns the puller of a source, which is made at the first call, and
// not again once its run was closed: a pipeline that is still there then has to fail.
func pullerOf(ctx context.Context, id string, c Config) (*puller, error) {
	l, err := linkOf(process.Of(c.Run))
	if err != nil {
		return nil, err
	}
	l.opening.Lock()
	defer l.opening.Unlock()
	if p := l.find(id); p != nil {
		return p, nil
	}
	sub, run, err := c.start()
	if err != nil {
		return nil, run.Fail(err)
	}
	p, err := newPuller(ctx, l, c, sub, run)
	if err != nil {
		return nil, run.Fail(err)
	}
	if !l.keep(id, p) {
		p.close(ctx)
		return nil, errClosed
	}
	return p, nil
}

// find returns the puller of a source, nil where there is none.
func (l *link) find(id string) *puller {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pullers[id]
}

// keep takes a puller in, and reports whether the link is open.
func (l *link) keep(id string, p *puller) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.pullers[id] = p
	}
	return !l.closed
}

// drop forgets a puller that was not closed by its run: the next call of its
// source makes another one.
func (l *link) drop(p *puller) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.pullers, func(_ string, other *puller) bool { return other == p })
}

// pullersOf returns the pullers of a run.
func pullersOf(runID string) []*puller {
	l, open := process.Find[*link](process.Of(runID))
	if !open {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Values(l.pullers))
}
