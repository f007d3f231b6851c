package pull

import (
	"time"

	"ordertimeout/transforms/connect/livemark"
	"ordertimeout/transforms/connect/pubsub/client"
)

// probe makes probes while the watermark waits for pulls that are out, until the run
// is to stop.
func (p *puller) probe() {
	r := p.reader()
	livemark.Probe(p.pulls, p.inDoubt, func() bool { return p.probeOnce(r) })
}

func (p *puller) inDoubt() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hasRoom() && p.clock.InDoubt()
}

// hasRoom reports whether more can be taken in.
func (p *puller) hasRoom() bool {
	return p.queued < maxQueued && !p.held.IsFull(p.from.Sub.Outstanding)
}

// answering takes note that the answer to a pull of r begins to come.
func (p *puller) answering(r *reader) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clock.Answering(&r.pull)
}

// probeOnce makes a probe. One that brings messages is a pull like any other, and
// followed by the next one. It returns false where the service takes no probes. Then
// the watermark waits for the pulls, which also see any other cause.
func (p *puller) probeOnce(r *reader) bool {
	for {
		begun := time.Now()
		messages, err := p.service.Try(p.pulls, p.service.Poll, true)
		switch {
		case p.pulls.Err() != nil && err != nil:
			return false
		case err != nil && client.IsFinal(err):
			return false
		case err != nil:
			p.failed(err) // it may have leased messages
			return true
		}
		p.add(r, messages)
		if len(messages) == 0 {
			p.mu.Lock()
			p.clock.Probed(begun)
			p.mu.Unlock()
			return true
		}
		if !p.awaitRoom() {
			return false
		}
	}
}
