package pull

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/connect/pubsub/lease"
	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/ledger"
	"ordertimeout/transforms/order"
)

// carrier makes the carry points of a source with uri.AckCarry. A message is acknowledged
// once the carry file has what came of it.
//
// Between the writing of a file and the acknowledgement the process may be killed, and the
// message then comes again though its events are in the state. So the file has the ids of
// the messages that are in the state and not known to be acknowledged, and what is
// delivered of them gives no event.
type carrier struct {
	keeper *carry.Keeper

	// Of the calls of the source, which come one after the other.
	begun      bool                     // the state was taken up
	point      int64                    // under way; zero: none
	last       bool                     // the point of the stop was begun
	ended      atomic.Bool              // it is settled
	handed     []*ledger.Message        // whose parts were handed out since the last point
	unfinished map[*ledger.Message]bool // a part of which is to come

	mu sync.Mutex
	// ids are the messages in the state that are not known to be acknowledged, and when
	// they were handed out, in milliseconds.
	ids map[string]int64
	// before are those that an earlier process has handed out.
	before map[string]bool
}

// position is what the carry file has of a subscription.
type position struct {
	// Version is of the layout.
	Version int `json:"version"`
	// Subscription is its full name.
	Subscription string `json:"subscription"`
	// Messages are the ids of messages, by when they were handed out in milliseconds.
	Messages map[int64][]string `json:"messages"`
}

const positionVersion = 1

// maxRetention is the longest that Pub/Sub keeps a message. No id is of use for longer.
const maxRetention = 31 * 24 * time.Hour

// newCarrier returns the carrier of a subscription that goes on from a file, which may be
// nil.
func newCarrier(k *carry.Keeper, start *carry.File, subscription string) (*carrier, error) {
	c := &carrier{keeper: k, unfinished: map[*ledger.Message]bool{}, ids: map[string]int64{}, before: map[string]bool{}}
	if start == nil {
		return c, nil
	}
	p, err := readPosition(start.Position, subscription)
	if err != nil {
		return nil, err
	}
	for at, ids := range p.Messages {
		for _, id := range ids {
			c.ids[id], c.before[id] = at, true
		}
	}
	return c, nil
}

// CheckPosition returns why a source of a subscription cannot go on at a position.
func CheckPosition(text json.RawMessage, sub uri.Subscription) error {
	_, err := readPosition(text, sub.String())
	return err
}

// readPosition reads the position of a subscription.
func readPosition(text json.RawMessage, subscription string) (p position, err error) {
	if err := json.Unmarshal(text, &p); err != nil {
		return p, fmt.Errorf("the position in the carry file: %w", err)
	}
	switch {
	case p.Version != positionVersion:
		err = fmt.Errorf("the position in the carry file has version %d: want %d", p.Version, positionVersion)
	case p.Subscription != subscription:
		err = fmt.Errorf("the carry file is of %s: want that subscription, or another file", p.Subscription)
	}
	return p, err
}

// has reports whether a message is in the state that the run goes on from.
func (c *carrier) has(id string) bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.before[id]
}

// acknowledged takes note that a message was acknowledged.
func (c *carrier) acknowledged(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.ids, id)
	delete(c.before, id)
}

// took takes note of a block that was handed out.
func (c *carrier) took(b *block) {
	at := time.Now().UnixMilli()
	c.handed = append(c.handed, b.Inputs...)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range b.Inputs {
		c.ids[lease.ID(m)] = at
		delete(c.unfinished, m)
	}
	if b.Unfinished != nil {
		c.unfinished[b.Unfinished] = true
	}
}

// position returns what the carry file is to have.
func (c *carrier) position(subscription string) (json.RawMessage, error) {
	p := position{Version: positionVersion, Subscription: subscription, Messages: map[int64][]string{}}
	oldest := time.Now().Add(-maxRetention).UnixMilli()
	c.mu.Lock()
	maps.DeleteFunc(c.ids, func(id string, at int64) bool {
		if at < oldest {
			delete(c.before, id)
			return true
		}
		return false
	})
	for id, at := range c.ids {
		p.Messages[at] = append(p.Messages[at], id)
	}
	c.mu.Unlock()
	for _, ids := range p.Messages {
		slices.Sort(ids)
	}
	return json.Marshal(p)
}

// carry is what a call does of carry points before it hands anything out. It reports
// whether that is all that the call does.
func (c *call) carry(ctx context.Context) (done bool) {
	cr := c.puller.carrier
	if cr == nil {
		return false
	}
	if !cr.begun {
		cr.begun = true
		if start := cr.keeper.Start(); start != nil {
			c.bundle.SetIdle(false)
			c.event(0, []order.Event{{Mark: order.MarkGoOn, At: start.Watermark}})
			return true
		}
	}
	if cr.point == 0 {
		return false
	}
	waiting, cancel := context.WithTimeout(ctx, maxBundleTime)
	defer cancel()
	if !cr.keeper.Settled(waiting, cr.point) {
		return true
	}
	cr.point = 0
	cr.ended.Store(cr.last)
	return false
}

// endAtPoint begins a carry point at the end of the bundle, whose watermark is w, if it is
// time for one.
func (c *call) endAtPoint(w int64) error {
	cr := c.puller.carrier
	if cr == nil || len(cr.unfinished) > 0 {
		return nil
	}
	drained := c.puller.drained()
	due := drained || cr.keeper.Due(c.puller.held.IsFull(c.puller.from.Sub.Outstanding))
	if cr.last || !due || !cr.keeper.Ready() {
		return nil
	}
	cr.last = drained
	c.bundle.SetIdle(false)
	p, err := cr.position(c.puller.from.Sub.String())
	if err != nil {
		return err
	}
	handed := cr.handed
	cr.handed = nil
	cr.point = cr.keeper.Begin(carry.Point{Position: p, Watermark: w, Written: func() { c.puller.held.Ledger.LetGoOfPart(handed) }})
	c.event(beam.EventTime(c.before), []order.Event{{Mark: order.MarkPoint, Line: cr.point, At: w}})
	return nil
}

// drained reports whether the run is to stop, and all that was pulled is handed out.
func (p *puller) drained() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pulled && len(p.queue) == 0
}

// carryOn lets the source make carry points, and go on from the last one.
func (p *puller) carryOn() (err error) {
	k := carry.Of(p.run)
	if k == nil {
		return ErrNoCarry
	}
	if p.carrier, err = newCarrier(k, k.Start(), p.from.Sub.String()); err != nil {
		return err
	}
	p.held.Acknowledged = p.carrier.acknowledged
	if start := k.Start(); start != nil {
		p.clock.Start(start.Watermark)
	}
	return nil
}

// isCarried reports whether the point of the stop is settled, where there is one.
func (p *puller) isCarried() bool { return p.carrier == nil || p.carrier.ended.Load() }
