// Package openkeys measures what an order takes of the heap while a run of it is open.
//
//	n, err := openkeys.Measure("create followedBy pay within 1h", shop.Default(), 100_000)
//	fmt.Println(n.Bytes / n.Keys)
package openkeys

import (
	"fmt"
	"runtime"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/connect/demo/shop"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
	"ordertimeout/transforms/shard/replica"
)

// Figures are those of a shard of open orders.
type Figures struct {
	// Keys are the orders with an open run, Events the events of all orders.
	Keys, Events int
	// Bytes are those of the heap that the shard takes, once the collector has run: the
	// table of keys, the states, and the events that they keep.
	Bytes int
}

const (
	tick      = 10_000 // milliseconds
	batchSize = 2000
)

// Measure gives the events of a shop's first orders to a shard. The payments and
// cancellations of the shop are left out, so that what begins stays open: the window
// must be longer than it takes to make so many orders.
func Measure(pattern string, c shop.Config, orders int) (Figures, error) {
	parsed, err := syntax.Parse(pattern)
	if err != nil {
		return Figures{}, err
	}
	prog, err := cep.Compile(parsed, cep.Config{Fields: replica.Fields(order.Reader{})})
	if err != nil {
		return Figures{}, err
	}
	s, err := shop.New(c)
	if err != nil {
		return Figures{}, err
	}
	before := heap()
	sh := shard.New(shard.Only(prog), tick)
	events, err := fill(sh, s, orders)
	if err != nil {
		return Figures{}, err
	}
	after := heap()
	f := Figures{Keys: sh.Open(), Events: events, Bytes: int(after) - int(before)}
	runtime.KeepAlive(s) // it counts on both sides
	if f.Keys == 0 {
		return f, fmt.Errorf("openkeys: %s: %d orders leave none open", pattern, orders)
	}
	return f, nil
}

// fill gives a shard the events of so many orders.
func fill(sh *shard.Shard, s *shop.Shop, orders int) (events int, err error) {
	var out shard.Output
	var b shard.Batch
	for created := 0; created < orders; {
		a := s.Next()
		switch e := &a.Event; e.Type {
		case "create":
			created++
		case "pay", "cancel":
			continue
		}
		e := a.Event
		events++
		b.Add(&shard.Event{Key: order.Key(e.UserID, e.OrderID), Event: cep.Event{Type: e.Type, Time: e.Time, At: e.Time, Data: e.Raw}})
		if events%batchSize > 0 && created < orders {
			continue
		}
		if err := sh.Add(b.Bytes()); err != nil {
			return 0, err
		}
		sh.Tick(shard.FloorTick(e.Time, tick), &out)
		out.Reset()
	}
	return events, nil
}

// heap returns the bytes of the heap that are alive.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
