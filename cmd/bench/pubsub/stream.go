package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"cloud.google.com/go/pubsub/v2"

	"ordertimeout/transforms/connect/pubsub/uri"
)

// A backlog shows what a start costs: until what another process may have had leased
// has come back nothing is acknowledged, and a server that holds it all is slow. A
// stream shows what goes through once that is over. It is published as fast as it is
// read, with at most maxUnread messages that are not, so that what is measured is the
// reader. The publisher's work is the same for each.
const maxUnread = 30_000

// measureStream is part a for a stream.
func measureStream(ctx context.Context, dir string, s *server, set settings) error {
	rows := []row{
		{name: "pull and ack alone, and the publisher", turn: func(c *cost) (float64, error) {
			return s.libraryStream(ctx, set.streamed/2, atOnce, c)
		}},
		{name: "the same, but each is acknowledged a second later", turn: func(c *cost) (float64, error) {
			return s.libraryStream(ctx, set.streamed/2, later, c)
		}},
	}
	for _, ack := range acks {
		rows = append(rows, row{name: fmt.Sprintf("ordertimeout, `ack=%s`, `-disorder %v`", ack, streamDisorder), turn: func(c *cost) (float64, error) {
			return s.pipelineStream(ctx, dir, ack, set.streamed/2, c)
		}})
	}
	if err := takeTurns("a: stream", set.rounds, rows); err != nil {
		return err
	}
	fmt.Printf("The same as a stream that is published as fast as it is read, %d messages:\n\n", set.streamed/2*2)
	printRows(rows)
	return nil
}

// libraryStream returns the messages a second of the library alone.
func (s *server) libraryStream(ctx context.Context, orders int, when time.Duration, c *cost) (float64, error) {
	q, err := s.newQueue(ctx)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var count tally
	ended := make(chan error, 2)
	m := s.meter(os.Getpid())
	go func() {
		_, err := q.pullAll(ctx, 2*orders, when, &count)
		ended <- err
	}()
	go func() { ended <- q.publishFlow(ctx, orders, count.pulled.Load) }()
	rate, err := flowRate(ctx, 2*orders, ended, count.acked.Load)
	if err != nil {
		return 0, err
	}
	c.add(m.since(), 2*orders)
	return rate, q.delete(ctx)
}

// pipelineStream returns the messages a second of the pipeline.
func (s *server) pipelineStream(ctx context.Context, dir string, ack uri.Ack, orders int, used *cost) (rate float64, err error) {
	q, err := s.newQueue(ctx)
	if err != nil {
		return 0, err
	}
	c, err := startReading(ctx, dir, q, ack, streamDisorder)
	if err != nil {
		return 0, err
	}
	if err = c.await(ctx, "a watermark", figures.knowsTime); err == nil {
		m := s.meter(c.cmd.Process.Pid)
		rate, err = c.stream(ctx, q, orders)
		used.add(m.since(), 2*orders)
	}
	if stopErr := c.stop(); err == nil {
		err = stopErr
	}
	if err != nil {
		return 0, err
	}
	return rate, q.delete(ctx)
}

// stream has the command read a stream of orders, all of which are to be paid in time.
func (c *command) stream(ctx context.Context, q queue, orders int) (float64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var count tally
	ended := make(chan error, 2)
	go func() {
		ended <- c.await(ctx, "all to be paid and acknowledged", func(f figures) bool {
			count.pulled.Store(int64(f[eventsRead]))
			count.acked.Store(int64(f[eventsRead] - f[unacked]))
			return f[successes] == float64(orders) && f[unacked] == 0
		})
	}()
	go func() { ended <- q.publishFlow(ctx, orders, count.pulled.Load) }()
	return flowRate(ctx, 2*orders, ended, count.acked.Load)
}

// flowRate returns the messages a second, from when a fifth of them is acknowledged
// until four fifths are: what it takes to begin, and to end, when the last orders wait for
// the watermark, is no part of what goes through. Where they are too few to be seen in
// between, it is that of all. Two that are at work say when they have ended.
func flowRate(ctx context.Context, messages int, ended <-chan error, acked func() int64) (float64, error) {
	begin := mark{at: time.Now()}
	var from, to mark
	for left := 2; left > 0; {
		select {
		case err := <-ended:
			if err != nil {
				return 0, err
			}
			left--
		case <-time.After(time.Millisecond):
		}
		now := mark{time.Now(), acked()}
		if from.acked == 0 && now.acked >= int64(messages/5) {
			from = now
		}
		if to.acked == 0 && now.acked >= int64(messages/5*4) {
			to = now
		}
	}
	if from.acked == to.acked {
		from, to = begin, mark{time.Now(), int64(messages)}
	}
	return float64(to.acked-from.acked) / to.at.Sub(from.at).Seconds(), ctx.Err()
}

// mark is how many messages were acknowledged at a time.
type mark struct {
	at    time.Time
	acked int64
}

// publishFlow publishes the events of orders as they happen: see flow.
func (q queue) publishFlow(ctx context.Context, orders int, read func() int64) error {
	p := q.client.Publisher(q.topic())
	defer p.Stop() // publishes what is under way
	p.PublishSettings.CountThreshold = 1000
	return flow(ctx, orders, read, func(event []byte) { p.Publish(ctx, &pubsub.Message{Data: event}) })
}

// flow publishes the events of orders as they happen, and waits while too many are not
// read.
func flow(ctx context.Context, orders int, read func() int64, publish func(event []byte)) error {
	published := int64(0)
	for _, s := range steps(orders) {
		for published-read() >= maxUnread {
			if !pause(ctx, time.Millisecond) {
				return ctx.Err()
			}
		}
		publish(event(s.number, s.kind, time.Now()))
		published++
	}
	return nil
}
