package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// trade publishes an order every few milliseconds, until it is stopped. All but
// every fifth are paid, within a quarter of the time that they have. A payment is
// published when it is made, or all at once at the end.
type trade struct {
	shop   *shop
	within time.Duration
	packed float64           // the share of the events that come with others in a message of four
	want   map[string]string // the outcome of each order
	due    []payment
	held   []string // events of a message that is not full yet
	end    chan struct{}
	ended  chan struct{}
}

type payment struct {
	orderID string
	at      time.Time
}

// startTrade starts a trade in which a third of the events comes in messages of four.
func (s *shop) startTrade(name string, every, within time.Duration) *trade {
	return s.startPackedTrade(name, every, within, 1.0/3)
}

// startPackedTrade starts a trade in which so much of the events comes in messages of
// four.
func (s *shop) startPackedTrade(name string, every, within time.Duration, packed float64) *trade {
	tr := &trade{shop: s, within: within, packed: packed, want: map[string]string{}, end: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(tr.ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case now := <-tick.C:
				tr.order(fmt.Sprint(name, n), n%5 != 0, now)
				tr.pay(now)
			case <-tr.end:
				tr.pay(time.Now().Add(within))
				tr.flush()
				return
			}
		}
	}()
	return tr
}

// stop ends the trade and returns the outcome that each of its orders is to have.
func (tr *trade) stop() map[string]string {
	close(tr.end)
	<-tr.ended
	return tr.want
}

func (tr *trade) order(orderID string, paid bool, now time.Time) {
	tr.want[orderID] = "timeout"
	if paid {
		tr.want[orderID] = "success"
		tr.due = append(tr.due, payment{orderID, now.Add(rand.N(tr.within / 4))})
	}
	tr.send(liveEvent(orderID, "create", now))
}

func (tr *trade) pay(now time.Time) {
	tr.due = slices.DeleteFunc(tr.due, func(p payment) bool {
		if p.at.After(now) {
			return false
		}
		tr.send(liveEvent(p.orderID, "pay", p.at))
		return true
	})
}

// send publishes an event, or keeps it for a message of many.
func (tr *trade) send(event string) {
	if rand.Float64() >= tr.packed {
		tr.publish(event)
		return
	}
	if tr.held = append(tr.held, event); len(tr.held) == 4 {
		tr.flush()
	}
}

func (tr *trade) flush() {
	if len(tr.held) > 0 {
		tr.publish(strings.Join(tr.held, "\n"))
	}
	tr.held = nil
}

// publish tries until the server has the message.
func (tr *trade) publish(body string) {
	end := time.Now().Add(time.Minute)
	for err := tr.shop.tryPublish([]string{body}); err != nil; err = tr.shop.tryPublish([]string{body}) {
		if time.Now().After(end) {
			tr.shop.t.Error(err)
			return
		}
	}
}
