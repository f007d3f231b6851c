package pubsub

import (
	"context"
	"sync"
	"time"
)

// pullers are those of this process, by the id of their source. DoFn instances come
// and go with the plans of the runner.
var pullers = struct {
	sync.Mutex
	byID map[string]*puller
	// closed has the sources that are closed: when they were where their run was
	// asked to stop, else the zero time.
	closed map[string]time.Time
}{byID: map[string]*puller{}, closed: map[string]time.Time{}}

// endTime is for how long a pipeline whose source was closed after a stop does not
// fail for want of it: by then the process has ended. The failure would end the
// worker while other bundles are at work, which is a data race of the SDK (see
// runPrism of the command). Tests, whose process goes on, make it shorter.
var endTime = 5 * time.Second

// awaitEnd waits for the end of the process, if a source was closed after a stop.
func awaitEnd(ctx context.Context, id string) {
	pullers.Lock()
	left := time.Until(pullers.closed[id].Add(endTime))
	pullers.Unlock()
	pause(ctx, left)
}

// pullerOf returns the puller of a source, which is made at the first call, and
// not again once it was closed: a pipeline that is still there then has to fail.
func pullerOf(ctx context.Context, id string, c Config) (*puller, error) {
	pullers.Lock()
	defer pullers.Unlock()
	if p := pullers.byID[id]; p != nil {
		return p, nil
	}
	if _, closed := pullers.closed[id]; closed {
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
		if p.config.Run == runID {
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
		if p.config.Run == runID {
			delete(pullers.byID, id)
			pullers.closed[id] = time.Time{}
			if p.run.Stopped() {
				pullers.closed[id] = time.Now()
			}
			all = append(all, p)
		}
	}
	return all
}
