package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"cloud.google.com/go/pubsub/v2"
)

// The orders of part c: so many a second, of which every other one is paid, a
// while after it was created.
const (
	ordersPerSecond = 150
	payAfter        = 500 * time.Millisecond
	latencyWithin   = 2 * time.Second
)

// measureLatency is part c: how long after its deadline an alert is published, by
// the clock of the server, which is on this machine.
func measureLatency(ctx context.Context, dir string, s *server, set settings) error {
	fmt.Printf("Deadline to published, %d alerts each, %d orders a second, %v to pay, %s, in ms:\n\n",
		set.orders/2, ordersPerSecond, latencyWithin, s.name)
	fmt.Print("| | p50 | p90 | p99 | max |\n|---|---:|---:|---:|---:|\n")
	for _, row := range []struct {
		name  string
		flags []string
	}{
		{"`-disorder 0s`", []string{"-disorder", "0s"}},
		{"`-disorder 0s -tick 50ms`", []string{"-disorder", "0s", "-tick", "50ms"}},
		{"default (`-disorder 5s`)", nil},
	} {
		ms, err := s.latencies(ctx, dir, set.orders, row.flags)
		if err != nil {
			return fmt.Errorf("%s: %w", row.name, err)
		}
		fmt.Printf("| %s | %.0f | %.0f | %.0f | %.0f |\n", row.name,
			percentile(ms, 50), percentile(ms, 90), percentile(ms, 99), percentile(ms, 100))
	}
	fmt.Println()
	return nil
}

// latencies returns the milliseconds from deadline to publication of the alerts of
// some orders, which are published once the pipeline is at work.
func (s *server) latencies(ctx context.Context, dir string, orders int, flags []string) ([]float64, error) {
	in, err := s.newQueue(ctx)
	if err != nil {
		return nil, err
	}
	alerts, err := s.newQueue(ctx)
	if err != nil {
		return nil, err
	}
	c, err := start(ctx, dir, append([]string{"-input", in.uri() + "?lease=1s", "-timeouts", alerts.uri(), "-success", "none",
		"-within", latencyWithin.String()}, flags...)...)
	if err != nil {
		return nil, err
	}
	err = c.await(ctx, "a watermark", figures.knowsTime)
	if err == nil {
		err = in.publishLive(ctx, 0, orders, ordersPerSecond)
	}
	var ms []float64
	if err == nil {
		ms, err = alerts.receiveLatencies(ctx, 0, orders, orders/2)
	}
	if stopErr := c.stop(); err == nil {
		err = stopErr
	}
	return ms, err
}

// publishLive publishes the events of orders, numbered from a number on, when they
// happen.
func (q queue) publishLive(ctx context.Context, from, orders, perSecond int) error {
	p := q.client.Publisher(q.topic())
	defer p.Stop() // publishes what is under way
	p.PublishSettings.DelayThreshold = time.Millisecond
	interval := time.Second / time.Duration(perSecond)
	between := int(payAfter / interval) // orders from a creation to its payment
	begin := time.Now()
	for i := range orders + between {
		if !pause(ctx, time.Until(begin.Add(time.Duration(i)*interval))) {
			return ctx.Err()
		}
		if i < orders {
			p.Publish(ctx, &pubsub.Message{Data: event(from+i, "create", time.Now())})
		}
		if paid := i - between; paid >= 0 && paid%2 == 1 {
			p.Publish(ctx, &pubsub.Message{Data: event(from+paid, "pay", time.Now())})
		}
	}
	return nil
}

// alertTime is how long the next alert may take to come.
const alertTime = time.Minute

// receiveLatencies returns the milliseconds from deadline to publication of n alerts
// of orders from a number on, up to another: see firstLatencies.
func (q queue) receiveLatencies(ctx context.Context, from, to, n int) ([]float64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	got := make(chan *pubsub.Message)
	ended := make(chan error, 1)
	go func() {
		ended <- q.client.Subscriber(q.subscription()).Receive(ctx, func(ctx context.Context, m *pubsub.Message) {
			m.Ack()
			select {
			case got <- m:
			case <-ctx.Done():
			}
		})
	}()
	return firstLatencies(got, ended, from, to, n)
}

// firstLatencies waits for n alerts of orders from a number on, up to another, and
// returns the milliseconds from deadline to publication of each. One that is published
// twice counts as it was first. It fails where the receiver has ended, and where the
// next alert takes longer than alertTime.
func firstLatencies(got <-chan *pubsub.Message, ended <-chan error, from, to, n int) ([]float64, error) {
	late := map[int]float64{}
	for len(late) < n {
		select {
		case m := <-got:
			number, deadline, err := parseAlert(m.Data)
			if err != nil {
				return nil, err
			}
			ms := float64(m.PublishTime.Sub(deadline).Microseconds()) / 1000
			if before, ok := late[number]; number >= from && number < to && (!ok || ms < before) {
				late[number] = ms
			}
		case err := <-ended:
			return nil, fmt.Errorf("receive alerts: %w", err)
		case <-time.After(alertTime):
			return nil, fmt.Errorf("%d alerts within %v of the last: want %d", len(late), alertTime, n)
		}
	}
	return slices.Collect(maps.Values(late)), nil
}

// parseAlert returns the number of the order that an alert is about, and its deadline.
func parseAlert(data []byte) (number int, deadline time.Time, err error) {
	var alert struct {
		OrderID  string
		Deadline time.Time
	}
	if err = json.Unmarshal(data, &alert); err == nil {
		_, err = fmt.Sscanf(alert.OrderID, "o%d", &number)
	}
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("alert %q: %w", data, err)
	}
	return number, alert.Deadline, nil
}
