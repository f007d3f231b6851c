package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// measureOpen is part d: many orders stay open, whose messages are held; then
// others come, and are paid.
func measureOpen(ctx context.Context, dir string, s *server, set settings) error {
	q, err := s.newQueue(ctx)
	if err != nil {
		return err
	}
	if err := q.publish(ctx, eventsOf(set.more, set.open, "create")); err != nil {
		return err
	}
	c, err := start(ctx, dir, "-input", q.uri()+"?window=1s", "-within", "30m", "-disorder", "1s", "-tick", "1s",
		"-success", filepath.Join(dir, "success.jsonl"), "-timeouts", "none")
	if err != nil {
		return err
	}
	held, err := hold(ctx, c, q, set)
	if err == nil {
		held.memory, err = c.peakMemory()
	}
	if stopErr := c.stop(); err == nil {
		err = stopErr
	}
	if err != nil {
		return err
	}
	fmt.Printf("%d open orders, their messages held (`ack=outcome`) for %v, %s:\n\n", set.open, set.hold, s.name)
	fmt.Print("| | |\n|---|---:|\n")
	fmt.Printf("| messages held, at least | %.0f |\n| events read twice | %.0f |\n", held.least, held.twice)
	fmt.Printf("| %d more orders, created and paid: until all are acked | %.1f s |\n| peak memory | %.0f MiB |\n\n", set.more, held.seconds, held.memory)
	return nil
}

// eventsOf returns an event of now of each of n orders, from a number on.
func eventsOf(from, n int, kind string) [][]byte {
	var events [][]byte
	for i := range n {
		events = append(events, event(from+i, kind, time.Now()))
	}
	return events
}

// holding is what part d finds.
type holding struct {
	least, twice    float64 // messages held at the least, and events that came again
	seconds, memory float64
}

// hold waits until the orders are open, watches them for a while, and then has
// more orders created and paid.
func hold(ctx context.Context, c *command, q queue, set settings) (holding, error) {
	h := holding{least: float64(set.open)}
	open, more := float64(set.open), float64(set.more)
	opened := func(f figures) bool { return f[openOrders] == open && f.knowsTime() }
	if err := c.await(ctx, "all orders to be open", opened); err != nil {
		return h, err
	}
	fmt.Fprintf(os.Stderr, "d: all orders are open; they stay so for %v\n", set.hold)
	end := time.Now().Add(set.hold)
	watched := func(f figures) bool {
		h.least = min(h.least, f[unacked])
		return time.Now().After(end)
	}
	if err := c.await(ctx, "the end of -hold", watched); err != nil {
		return h, err
	}
	begin := time.Now()
	for _, kind := range []string{"create", "pay"} {
		if err := q.publish(ctx, eventsOf(0, set.more, kind)); err != nil {
			return h, err
		}
	}
	done := func(f figures) bool {
		h.twice = f[eventsRead] - open - 2*more + f[duplicates]
		return f[successes] >= more && f[unacked] == open
	}
	err := c.await(ctx, "the other orders to be paid", done)
	h.seconds = time.Since(begin).Seconds()
	return h, err
}
