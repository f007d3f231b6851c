package pubsub

import "time"

const (
	// probeEvery is how long after a probe the next one is made, so that there are
	// at most two a second, for as long as pulls hold the watermark (see maxOut): the
	// service bills each as a kilobyte.
	probeEvery = 500 * time.Millisecond
	// doubtEvery is how often the puller looks whether to make one.
	doubtEvery = 50 * time.Millisecond
)

// probe makes probes while the watermark waits for pulls that are out, until the run
// is to stop. The server cannot be made to answer those themselves: it holds them for
// as long as it likes, and a shorter deadline would only lose what they have leased.
func (p *puller) probe() {
	r := p.reader()
	for p.pulls.Err() == nil {
		if !p.inDoubt() {
			pause(p.pulls, doubtEvery)
			continue
		}
		if !p.probeOnce(r) {
			return
		}
		pause(p.pulls, probeEvery)
	}
}

func (p *puller) inDoubt() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hasRoom() && p.clock.inDoubt()
}

// hasRoom reports whether more can be taken in.
func (p *puller) hasRoom() bool { return p.queued < maxQueued && !p.held.isFull(p.sub.Outstanding) }

// answering takes note that the answer to a pull of r begins to come.
func (p *puller) answering(r *reader) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clock.answering(r)
}

// probeOnce makes a probe. One that brings messages is a pull like any other, and
// followed by the next one. It returns false where the service takes no probes. Then
// the watermark waits for the pulls, which also see any other cause.
func (p *puller) probeOnce(r *reader) bool {
	for {
		begun := time.Now()
		messages, err := p.service.try(p.pulls, p.service.poll, true)
		switch {
		case p.pulls.Err() != nil && err != nil:
			return false
		case err != nil && isFinal(err):
			return false
		case err != nil:
			p.failed(err) // it may have leased messages
			return true
		}
		p.add(r, messages)
		if len(messages) == 0 {
			p.mu.Lock()
			p.clock.probed(begun)
			p.mu.Unlock()
			return true
		}
		if !p.awaitRoom() {
			return false
		}
	}
}
