package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"ordertimeout/transforms/connect/pubsub/uri"
)

// measureSingle is part a for a backlog.
func measureSingle(ctx context.Context, dir string, s *server, set settings) error {
	rows := []row{
		{name: fmt.Sprintf("pull and ack alone, %d pulls of up to %d", pulls, pullBatch), turn: func(c *cost) (float64, error) {
			return s.libraryRate(ctx, set.messages/2, atOnce, c)
		}},
		{name: "the same, but nothing is acknowledged before all is read", turn: func(c *cost) (float64, error) {
			return s.libraryRate(ctx, set.messages/2, whenAll, c)
		}},
	}
	for _, ack := range acks {
		rows = append(rows, row{name: fmt.Sprintf("ordertimeout, `ack=%s`, all outcomes written, all acked", ack), turn: func(c *cost) (float64, error) {
			_, whole, err := s.pipelineRate(ctx, dir, ack, set.messages/2, 1, c)
			return whole, err
		}})
	}
	if err := takeTurns("a: backlog", set.rounds, rows); err != nil {
		return err
	}
	fmt.Printf("One event a message, %d messages, medians of %d rounds (least-most), %s:\n\n", set.messages/2*2, set.rounds, s.name)
	printRows(rows)
	return nil
}

// packedEvents is how many events a message of part b has.
const packedEvents = 100

// measurePacked is part b.
func measurePacked(ctx context.Context, dir string, s *server, set settings) error {
	var read, whole []float64
	for round := range set.rounds {
		r, w, err := s.pipelineRate(ctx, dir, uri.AckOutcome, set.packed/2, packedEvents, new(cost))
		if err != nil {
			return err
		}
		read, whole = append(read, r), append(whole, w)
		fmt.Fprintf(os.Stderr, "b: round %d of %d: %.0f events/s\n", round+1, set.rounds, w)
	}
	fmt.Printf("%d events a message, %d events, medians of %d rounds (least-most), %s:\n\n", packedEvents, set.packed/2*2, set.rounds, s.name)
	fmt.Print("| | events/s |\n|---|---:|\n")
	fmt.Printf("| ordertimeout, reading | %s |\n", spread("%.0f", read))
	fmt.Printf("| ordertimeout, all outcomes written, all acked | %s |\n\n", spread("%.0f", whole))
	return nil
}

// preload returns a queue with the backlog of some orders.
func (s *server) preload(ctx context.Context, orders, inMessage int) (queue, int, error) {
	q, err := s.newQueue(ctx)
	if err != nil {
		return q, 0, err
	}
	messages := pack(backlog(orders, time.Now()), inMessage)
	return q, len(messages), q.publish(ctx, messages)
}

// libraryRate returns the events a second of the library alone.
func (s *server) libraryRate(ctx context.Context, orders int, when time.Duration, c *cost) (float64, error) {
	q, n, err := s.preload(ctx, orders, 1)
	if err != nil {
		return 0, err
	}
	m := s.meter(os.Getpid())
	took, err := q.pullAll(ctx, n, when, new(tally))
	if err != nil {
		return 0, fmt.Errorf("pull: %w", err)
	}
	c.add(m.since(), n)
	return float64(n) / took.Seconds(), q.delete(ctx)
}

// pipelineRate returns the events a second at which the pipeline reads a backlog,
// and those until all of its outcomes are written and its messages acknowledged.
//
// What is not counted is the time in which the pipeline has read everything and
// waits: at a start no order ends in the first seconds, until all that a process
// before may have had leased has come back. What is done in that time is not counted
// either: the events get as far as the state of their orders.
func (s *server) pipelineRate(ctx context.Context, dir string, ack uri.Ack, orders, inMessage int, used *cost) (read, whole float64, err error) {
	q, messages, err := s.preload(ctx, orders, inMessage)
	if err != nil {
		return 0, 0, err
	}
	c, err := startReading(ctx, dir, q, ack, backlogDisorder)
	if err != nil {
		return 0, 0, err
	}
	t := times{meter: s.meter(c.cmd.Process.Pid)}
	events := float64(2 * orders)
	if err = c.await(ctx, "all to be acknowledged", func(f figures) bool { return t.saw(f, events) }); err != nil {
		_ = c.stop()
		return 0, 0, err
	}
	if err := c.stop(); err != nil {
		return 0, 0, err
	}
	used.add(t.used, messages)
	idle := max(0, t.known.Sub(t.read))
	return events / t.read.Sub(t.first).Seconds(), events / (t.acked.Sub(t.first) - idle).Seconds(), q.delete(ctx)
}

// acks are the ways to acknowledge. With ack=bundle, for runners that keep the state, it
// loses as much in a crash as a client that acknowledges at once.
var acks = []uri.Ack{uri.AckOutcome, uri.AckBundle}

// How much the events may be out of order. The publisher makes several requests at a
// time, and in those of a backlog that a server takes first, events may be seconds apart.
const (
	backlogDisorder = 5 * time.Second
	streamDisorder  = time.Second
)

// startReading starts the pipeline on a queue.
func startReading(ctx context.Context, dir string, q queue, ack uri.Ack, disorder time.Duration) (*command, error) {
	return start(ctx, dir, "-input", q.uri()+"?window=1s&ack="+string(ack), "-within", "10m", "-disorder", disorder.String(), "-tick", "100ms",
		"-success", filepath.Join(dir, "success.jsonl"), "-timeouts", "none")
}

// times are when the pipeline was last seen without a message, and first seen with
// all read, with a watermark, and with all acknowledged.
type times struct {
	first, read, known, acked time.Time

	meter meter
	used  [2]time.Duration // of CPU, without the time in which it waited
}

// saw takes note of the figures, and reports whether all is done.
func (t *times) saw(f figures, events float64) bool {
	now := time.Now()
	if f[unacked] == 0 && f[eventsRead] == 0 {
		t.first = now
	}
	if t.read.IsZero() && f[eventsRead] >= events {
		t.read, t.used = now, t.meter.since()
	}
	if t.known.IsZero() {
		if f.knowsTime() {
			t.known = now
		}
		if !t.read.IsZero() {
			t.meter = t.meter.again()
		}
	}
	if f[successes] >= events/2 && f[unacked] == 0 {
		last := t.meter.since()
		t.acked, t.used = now, [2]time.Duration{t.used[0] + last[0], t.used[1] + last[1]}
	}
	return !t.acked.IsZero()
}
