package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2"
)

// printOutcomes prints the outcomes as they come, until ctx ends.
func (s *service) printOutcomes(ctx context.Context, out io.Writer) error {
	var receivers sync.WaitGroup
	var errs [2]error
	for i, name := range []string{paidTopic, timeoutsTopic} {
		receivers.Go(func() {
			errs[i] = s.client.Subscriber(name).Receive(ctx, func(_ context.Context, m *pubsub.Message) {
				fmt.Fprintln(out, line(m.Data, m.PublishTime))
				m.Ack()
			})
		})
	}
	receivers.Wait()
	return errors.Join(errs[:]...)
}

// outcome is what of an outcome is printed.
type outcome struct {
	Outcome, OrderID, UserID     string
	StartedAt, EndedAt, Deadline time.Time
}

// line returns an outcome as a line to read: when it was published, what it is, and
// how long after the deadline, or the creation, that was.
func line(body []byte, published time.Time) string {
	var o outcome
	if err := json.Unmarshal(body, &o); err != nil {
		return fmt.Sprintf("not an outcome: %q: %v", body, err)
	}
	text := fmt.Sprintf("%s  %-7s  order %-5s user %-5s", published.Local().Format("15:04:05.000"), o.Outcome, o.OrderID, o.UserID)
	if o.Outcome == "timeout" {
		return fmt.Sprintf("%s not paid; told %.2f s after the deadline", text, published.Sub(o.Deadline).Seconds())
	}
	return fmt.Sprintf("%s paid after %.2f s", text, o.EndedAt.Sub(o.StartedAt).Seconds())
}

// printTime is how long the last outcomes have to be printed.
const printTime = 2 * time.Second

// awaitPrinted waits until all outcomes that were published are printed.
func (s *service) awaitPrinted() {
	for end := time.Now().Add(printTime); time.Now().Before(end) && !s.allPrinted(); {
		time.Sleep(20 * time.Millisecond) // the server tells no one
	}
}

// allPrinted reports whether each outcome is acknowledged, which it is once it is
// printed.
func (s *service) allPrinted() bool {
	for _, m := range s.server.Messages() {
		if m.Attributes["outcome"] != "" && m.Acks == 0 {
			return false
		}
	}
	return true
}
