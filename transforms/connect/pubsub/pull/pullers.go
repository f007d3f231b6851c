package pull

import (
	"context"
	"time"

	"ordertimeout/transforms/connect/pubsub/client"
	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/process"
)

// awaitEnd waits for the end of the process, where the run was closed after a stop and
// the process ends with it. A failure would end the worker while other bundles are at
// work, which is a data race of the SDK (see runPrism of the command).
func awaitEnd(ctx context.Context, run *process.Run) {
	if at, closed := run.Closed(); closed && run.Stopped() {
		client.Pause(ctx, time.Until(at.Add(run.EndTime)))
	}
}

// sourceID is the key of a source's puller in the link of its run.
type sourceID string

// pullerOf returns the puller of a source, which is made at the first call, and
// not again once its run was closed: a pipeline that is still there then has to fail.
func pullerOf(ctx context.Context, s Source) (*puller, error) {
	run := process.Of(s.Run)
	l, err := client.Of(run)
	if err != nil {
		return nil, err
	}
	return client.Share(ctx, l, sourceID(s.ID), func() (*puller, error) {
		if run.Remote() && s.Sub.Ack == uri.AckOutcome {
			return nil, run.Fail(s.fault("%v", ErrNoRun))
		}
		p, err := newPuller(ctx, l, s, run)
		return p, run.Fail(err)
	})
}

// pullersOf returns the pullers of a run.
func pullersOf(runID string) []*puller {
	l, open := process.Find[*client.Link](process.Of(runID))
	if !open {
		return nil
	}
	return client.Users[*puller](l)
}
