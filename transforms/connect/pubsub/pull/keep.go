package pull

import (
	"context"
	"fmt"
	"sync"
	"time"

	"ordertimeout/transforms/connect/pubsub/client"
	"ordertimeout/transforms/connect/pubsub/lease"
	"ordertimeout/transforms/ledger"
)

// ackDelay is how long an acknowledgement waits for others, unless there are
// enough for a request.
const ackDelay = 100 * time.Millisecond

// maxStall is how long nothing is acknowledged, with all held that may be, until
// the run fails. As nothing is pulled then, the watermark stands, and nothing will
// come of it.
const maxStall = 5 * time.Minute

// acknowledge acknowledges messages until the end of the run.
func (p *puller) acknowledge() {
	tick := time.NewTicker(ackDelay)
	defer tick.Stop()
	var retry client.Backoff
	progress := time.Now()
	for p.work.Err() == nil {
		least := 0
		select {
		case <-p.work.Done():
			return
		case <-tick.C:
		case <-p.held.Ledger.Full():
			least = lease.MaxIDs
		}
		n, err := p.flush(p.work, least)
		if n > 0 || err != nil || !p.held.IsFull(p.from.Sub.Outstanding) {
			progress = time.Now()
		}
		switch {
		case err == nil:
			retry = 0
		case p.work.Err() != nil:
			return
		case client.IsFinal(err):
			p.fail(err)
			return
		default:
			retry.Wait(p.work)
		}
		if time.Since(progress) > maxStall+p.clock.Settle {
			p.fail(fmt.Errorf("all of the %d messages that may be held wait for open orders: want outstanding=N larger", p.from.Sub.Outstanding))
			return
		}
	}
}

// maxAcks is how many requests to acknowledge are made at a time.
const maxAcks = 4

// flush acknowledges all that can be, and returns how many messages. What waits
// for an acknowledgement follows it at once. With less than least messages to be
// acknowledged it leaves them: small requests cost the service as much as large
// ones.
func (p *puller) flush(ctx context.Context, least int) (n int, err error) {
	defer p.room.Broadcast()
	for err == nil {
		var made sync.WaitGroup
		var mu sync.Mutex // of what is returned
		requests := 0
		for ; requests < maxAcks && p.held.Ledger.Ready() >= least; requests++ {
			a := p.held.NextAck(lease.MaxIDs)
			if len(a.IDs) == 0 {
				break
			}
			made.Go(func() {
				failed := p.send(ctx, a)
				mu.Lock()
				defer mu.Unlock()
				if failed != nil {
					err = failed
					return
				}
				n += len(a.IDs)
			})
		}
		made.Wait()
		if requests == 0 {
			break
		}
	}
	return n, err
}

// send makes a request to acknowledge.
func (p *puller) send(ctx context.Context, a lease.Ack) error {
	if err := p.service.Acknowledge(ctx, a.IDs); err != nil {
		p.held.Failed(a)
		return err
	}
	p.held.Succeeded(a)
	return nil
}

// extend extends leases until the end of the run.
func (p *puller) extend() {
	tick := time.NewTicker(p.held.Tick())
	defer tick.Stop()
	for {
		select {
		case <-p.work.Done():
			return
		case <-tick.C:
		}
		for p.extendSome() {
		}
	}
}

// extendSome makes one request, and reports whether to go on.
func (p *puller) extendSome() bool {
	due := p.held.Renewals(lease.MaxIDs)
	if len(due) == 0 {
		return false
	}
	ids := make([]string, len(due))
	for i, r := range due {
		ids[i] = r.AckID
	}
	if err := p.service.Extend(p.work, ids, p.from.Sub.Lease); err != nil {
		p.held.NotExtended(due) // where it lasts, the pulls fail, too, and say so
		return false
	}
	p.held.Extended(due)
	return true
}

// giveBack gives back messages that were not handed out.
func (p *puller) giveBack(ctx context.Context, blocks []*block) {
	var messages []*ledger.Message
	for _, b := range blocks {
		messages = append(messages, b.Inputs...)
	}
	p.nack(ctx, p.held.Give(messages))
}

// nack ends leases now. One that it does not reach ends by itself.
func (p *puller) nack(ctx context.Context, ids []string) {
	for len(ids) > 0 {
		n := min(len(ids), lease.MaxIDs)
		if p.service.Extend(ctx, ids[:n], 0) != nil {
			return
		}
		ids = ids[n:]
	}
}
