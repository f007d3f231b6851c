package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// trade publishes an order every few milliseconds, until it is stopped. Orders have
// their fates in turn, all within a quarter of the time that they have. What happens
// is published when it does, or all at once at the end.
type trade struct {
	shop   *shop
	within time.Duration
	packed float64           // the share of the events that come with others in a message of four
	fates  []fate            // of the orders, in turn
	want   map[string]string // the outcome of each order that is to have one
	due    []happening       // what is still to be published
	held   []string          // events of a message that is not full yet
	end    chan struct{}
	ended  chan struct{}
}

// fate is what happens to an order once it is created.
type fate struct {
	then    string // the types of its events, such as "view pay"
	outcome string // what is to come of it; "": nothing
}

// paidOrNot are the fates of the orders of most trades: all but every fifth are paid.
var paidOrNot = []fate{{"", "timeout"}, {"pay", "success"}, {"pay", "success"}, {"pay", "success"}, {"pay", "success"}}

// happening is an event that is to come.
type happening struct {
	orderID, typ string
	at           time.Time
}

// startTrade starts a trade in which a third of the events comes in messages of four.
func (s *shop) startTrade(name string, every, within time.Duration) *trade {
	return s.startFatefulTrade(name, every, within, 1.0/3, paidOrNot)
}

// startPackedTrade starts a trade in which so much of the events comes in messages of
// four.
func (s *shop) startPackedTrade(name string, every, within time.Duration, packed float64) *trade {
	return s.startFatefulTrade(name, every, within, packed, paidOrNot)
}

// startFatefulTrade is startPackedTrade of orders that have these fates.
func (s *shop) startFatefulTrade(name string, every, within time.Duration, packed float64, fates []fate) *trade {
	tr := &trade{shop: s, within: within, packed: packed, fates: fates, want: map[string]string{}, end: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(tr.ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case now := <-tick.C:
				tr.order(fmt.Sprint(name, n), tr.fates[n%len(tr.fates)], now)
				tr.happen(now)
			case <-tr.end:
				tr.happen(time.Now().Add(within))
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

func (tr *trade) order(orderID string, f fate, now time.Time) {
	if f.outcome != "" {
		tr.want[orderID] = f.outcome
	}
	at := now
	types := strings.Fields(f.then)
	for _, typ := range types {
		at = at.Add(time.Millisecond + rand.N(tr.within/4/time.Duration(len(types))))
		tr.due = append(tr.due, happening{orderID, typ, at})
	}
	tr.send(liveEvent(orderID, "create", now))
}

// happen publishes what has happened by now.
func (tr *trade) happen(now time.Time) {
	tr.due = slices.DeleteFunc(tr.due, func(h happening) bool {
		if h.at.After(now) {
			return false
		}
		tr.send(liveEvent(h.orderID, h.typ, h.at))
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
