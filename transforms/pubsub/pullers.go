package pubsub

import (
	"context"
	"sync"
)

// pullers are those of this process, by the id of their source; nil after the end
// of the run. DoFn instances come and go with the plans of the runner.
var pullers = struct {
	sync.Mutex
	byID map[string]*puller
}{byID: map[string]*puller{}}

// pullerOf returns the puller of a source, which is made at the first call, and
// not again once it was closed: a pipeline that is still there then has to fail.
func pullerOf(ctx context.Context, id string, c Config) (*puller, error) {
	pullers.Lock()
	defer pullers.Unlock()
	switch p, ok := pullers.byID[id]; {
	case p != nil:
		return p, nil
	case ok:
		return nil, c.fault("closed while the pipeline was running")
	}
	sub, run, err := c.start()
	if err != nil {
		return nil, run.Fail(err)
	}
	p, err := newPuller(ctx, c, sub, run)
	if err != nil {
		return nil, run.Fail(err)
	}
	pullers.byID[id] = p
	return p, nil
}

// dropPuller forgets a puller that was not closed by its run: the next call of its
// source makes another one.
func dropPuller(p *puller) {
	pullers.Lock()
	defer pullers.Unlock()
	for id, other := range pullers.byID {
		if other == p {
			delete(pullers.byID, id)
		}
	}
}

// pullersOf returns the pullers of a run.
func pullersOf(runID string) []*puller {
	pullers.Lock()
	defer pullers.Unlock()
	var all []*puller
	for _, p := range pullers.byID {
		if p != nil && p.config.Run == runID {
			all = append(all, p)
		}
	}
	return all
}

// takePullers returns the pullers of a run, which it has no longer.
func takePullers(runID string) []*puller {
	pullers.Lock()
	defer pullers.Unlock()
	var all []*puller
	for id, p := range pullers.byID {
		if p != nil && p.config.Run == runID {
			pullers.byID[id] = nil
			all = append(all, p)
		}
	}
	return all
}
