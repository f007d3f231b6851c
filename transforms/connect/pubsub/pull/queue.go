package pull

import (
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"ordertimeout/transforms/connect/livemark"
	"ordertimeout/transforms/connect/pubsub/message"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/ledger"
)

// block is what some messages hold, and keeps the watermark from passing it.
type block struct {
	*message.Block
	hold *livemark.Hold
}

// maxQueued is the size in bytes from which the queue is full: see message.Block.Cost.
const maxQueued = 16 << 20

// add takes in what a pull returned. From then on until all its events are known, the
// watermark does not pass where it was. Where it is a lot it is read as there is room
// in the queue for more, so that a few large messages do not take all memory.
func (p *puller) add(r *reader, messages []*pubsubpb.ReceivedMessage) {
	p.mu.Lock()
	h := p.clock.Hold(p.clock.Value())
	p.clock.Pulled()
	p.mu.Unlock()
	r.Blocks = nil
	p.read(r, messages, p.held.Receive(messages))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.enqueueAll(r.Blocks)
	p.clock.Release(h)
	p.clock.Next(&r.pull, len(messages) > 0)
}

// read reads messages, each of which is a new one where it has an input. Once the run is
// to stop it ends: what was not read is given back with all else that is held.
func (p *puller) read(r *reader, messages []*pubsubpb.ReceivedMessage, inputs []*ledger.Message) {
	for i, x := range inputs {
		if x == nil {
			p.run.Count(count.Redelivered, 1)
			continue
		}
		if p.carrier.has(messages[i].GetMessage().GetMessageId()) {
			p.run.Count(count.Redelivered, 1)
			p.held.Ledger.Expect(x, 0, 0, true) // to be acknowledged as it is
			continue
		}
		if !r.Add(messages[i].GetMessage(), x) {
			return
		}
		messages[i] = nil // its data are in memory until its events are handed out, and no longer
	}
}

// enqueueWithRoom queues blocks, and waits until there is room for more. It returns
// false once the run is to stop.
func (p *puller) enqueueWithRoom(blocks []*message.Block) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.enqueueAll(blocks)
	for !p.stopped && p.queued >= maxQueued {
		p.room.Wait()
	}
	return !p.stopped || p.carrier != nil // what is pulled is handed out, as a whole
}

func (p *puller) enqueueAll(blocks []*message.Block) {
	for _, b := range blocks {
		p.enqueue(b)
	}
}

func (p *puller) enqueue(read *message.Block) {
	b := &block{Block: read}
	if len(b.Events) > 1 {
		p.clock.Saw(b.Earliest, b.Latest, b.Published)
		b.hold = p.clock.Hold(b.Earliest)
	}
	p.queue = append(p.queue, b)
	p.queued += b.Cost()
	p.signal()
}

func (p *puller) signal() {
	select {
	case p.arrived <- struct{}{}:
	default:
	}
}

// next returns the next block, if there is one, or why there will be none. Once the
// run is to stop there is none: what is in the queue is given back. With a carry file it is
// handed out, so that the point of the stop stands between messages.
func (p *puller) next() (*block, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil || p.stopped && p.carrier == nil || len(p.queue) == 0 {
		return nil, p.err
	}
	b := p.queue[0]
	p.queue = p.queue[1:]
	p.queued -= b.Cost()
	if len(p.queue) > 0 {
		p.signal()
	}
	p.room.Broadcast()
	return b, nil
}

// unread puts a block back that was taken.
func (p *puller) unread(b *block) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = append([]*block{b}, p.queue...)
	p.queued += b.Cost()
	p.signal()
}
