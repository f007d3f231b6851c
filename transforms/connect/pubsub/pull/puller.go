package pull

import (
	"context"
	"slices"
	"sync"
	"time"

	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/connect/livemark"
	"ordertimeout/transforms/connect/pubsub/client"
	"ordertimeout/transforms/connect/pubsub/lease"
	"ordertimeout/transforms/connect/pubsub/message"
	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/ledger"
	"ordertimeout/transforms/process"
)

// puller reads a subscription ahead of the bundles, which take from its queue,
// and holds the messages. There is one in the process for each source, from the
// first bundle to the end of the run.
type puller struct {
	from    Source
	run     *process.Run
	link    *client.Link
	service client.Service
	held    *lease.Table
	commits beamfix.Commits[*block] // of ack=bundle
	carrier *carrier                // of ack=carry; else nil

	// pulls ends all pulls and probes, work what is done in the background besides.
	pulls, work         context.Context
	endPulls, endWork   context.CancelFunc
	pulling, background sync.WaitGroup

	mu      sync.Mutex
	room    sync.Cond // there may be room for more in the queue, or to be held
	clock   livemark.Watermark
	queue   []*block
	queued  int           // what the queue takes in memory, in bytes
	arrived chan struct{} // has an element when there is something in the queue
	stopped bool
	pulled  bool  // it is stopped, and no pull brings anything any more
	err     error // why nothing more can be read

	workers []string  // where the source has run
	called  time.Time // when it was called last
}

// newPuller starts to read. The context is that of the start only.
func newPuller(ctx context.Context, l *client.Link, s Source, run *process.Run) (*puller, error) {
	sub := s.Sub
	requests, err := l.Client(ctx, sub.Project)
	if err != nil {
		return nil, err
	}
	pulls, err := l.PullClient(ctx, sub.Project)
	if err != nil {
		return nil, err
	}
	service := client.Service{
		Client: requests.SubscriptionAdminClient, Pulls: pulls.SubscriptionAdminClient,
		Name: sub.String(), Poll: sub.Poll, Batch: int32(sub.Batch),
	}
	found, err := service.Look(ctx)
	if err != nil {
		return nil, s.fault("%s", client.OneLine(err))
	}
	given := client.LeaseOf(found)
	p := &puller{from: s, run: run, link: l, service: service, arrived: make(chan struct{}, 1), called: time.Now()}
	p.room.L = &p.mu
	p.commits.Committed = p.committed
	p.commits.Lost = func(blocks []*block) { go p.giveBack(context.Background(), blocks) }
	p.held = lease.New(given, sub.Lease, run.Consumers(), time.Now, func(n int) { run.Count(count.Unacked, int64(n)) })
	p.clock.Config = livemark.Config{
		Now: time.Now, Disorder: s.Disorder, Window: sub.Window, MaxLag: sub.MaxLag,
		Settle: Settle(sub, given),
		Stale:  sub.Poll + time.Second,
	}
	if sub.Ack == uri.AckOutcome {
		if err := run.Account(p.held.Ledger); err != nil {
			return nil, s.fault("%v", err)
		}
	}
	if sub.Ack == uri.AckCarry {
		if err := p.carryOn(); err != nil {
			return nil, s.fault("%v", err)
		}
	}
	p.pulls, p.endPulls = context.WithCancel(context.Background())
	p.work, p.endWork = context.WithCancel(context.Background())
	for range sub.Pulls {
		p.pulling.Go(p.pull)
	}
	p.pulling.Go(p.probe)
	p.background.Go(p.acknowledge)
	p.background.Go(p.extend)
	p.background.Go(p.awaitStop)
	return p, nil
}

// pull pulls until the run is to stop.
func (p *puller) pull() {
	r := p.reader()
	ctx := client.OnAnswer(p.pulls, func() { p.answering(r) })
	var retry client.Backoff
	for p.awaitRoom() {
		start := time.Now()
		messages, err := p.service.Pull(ctx)
		switch {
		case p.pulls.Err() != nil && err != nil:
			return
		case err != nil:
			p.failed(err)
			if !retry.Wait(p.pulls) {
				return
			}
			continue
		}
		retry = 0
		p.add(r, messages)
		if len(messages) == 0 && time.Since(start) < minPoll {
			client.Pause(p.pulls, minPoll)
		}
	}
}

// minPoll is the pause after a pull that found nothing and did not wait for it.
const minPoll = 50 * time.Millisecond

// reader reads what one of the pulls, or the probe, brings.
type reader struct {
	message.Reader
	pull livemark.Pull
}

// reader returns a new reader of the puller's messages.
func (p *puller) reader() *reader {
	r := &reader{Reader: message.Reader{Sub: p.from.Sub, Decoder: p.from.Decoder.Decoder(), Out: p.enqueueWithRoom}}
	r.Expect = p.held.Ledger.Expect
	if p.from.Sub.Ack != uri.AckOutcome {
		r.Expect = func(m *ledger.Message, _, _ int, last bool) uint64 {
			p.held.Ledger.ExpectPart(m, last)
			return 0
		}
	}
	return r
}

// awaitRoom waits until more can be taken in, or returns false once the run is to
// stop.
func (p *puller) awaitRoom() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.stopped && !p.hasRoom() {
		p.room.Wait()
	}
	return !p.stopped
}

// failed takes note of a pull that failed.
func (p *puller) failed(err error) {
	p.mu.Lock()
	p.clock.Failed()
	p.mu.Unlock()
	if client.IsFinal(err) {
		p.fail(err)
	}
}

// fail ends the source: the bundle that sees it fails.
func (p *puller) fail(err error) {
	err = p.run.Fail(p.from.fault("%s", client.OneLine(err)))
	p.mu.Lock()
	if p.err == nil {
		p.err = err
	}
	p.mu.Unlock()
	p.signal()
}

// watermark returns the watermark in milliseconds, 0 where it is not known.
func (p *puller) watermark() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.clock.Value()
}

// handedOut says that the blocks are no longer to be waited for.
func (p *puller) handedOut(blocks []*block) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range blocks {
		p.clock.Release(b.hold)
	}
}

// committed lets go of what bundles have handed out that the runner has committed. It
// does not block.
func (p *puller) committed(blocks []*block) {
	for _, b := range blocks {
		p.held.Ledger.LetGoOfPart(b.Inputs)
	}
}

// worksAt takes note of a call of the source and of the worker it is at. A new one means that the
// runner has started the source again, from its last checkpoint: what bundles before
// have handed out and is not committed will never be, and is given back.
func (p *puller) worksAt(worker string) {
	p.mu.Lock()
	p.called = time.Now()
	before := slices.Clone(p.workers)
	if !slices.Contains(p.workers, worker) {
		p.workers = append(p.workers, worker)
	} else {
		before = nil
	}
	p.mu.Unlock()
	beamfix.Abandon(before)
	if before != nil {
		p.commits.Drop()
	}
}
