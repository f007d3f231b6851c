package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/pstest"
)

// fake returns the library's fake in this process.
func fake(t *testing.T) *server {
	f := pstest.NewServer()
	t.Cleanup(func() { f.Close() })
	t.Setenv("PUBSUB_EMULATOR_HOST", f.Addr)
	client, err := pubsub.NewClient(t.Context(), project)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return &server{lease: 10 * time.Second, client: client}
}

func TestPullAllAcknowledgesEverythingOnce(t *testing.T) {
	s := fake(t)
	for _, when := range []time.Duration{atOnce, whenAll, 50 * time.Millisecond} {
		q, n, err := s.preload(t.Context(), 1500, 1)
		if err != nil || n != 3000 {
			t.Fatalf("%d messages: %v", n, err)
		}
		if took, err := q.pullAll(t.Context(), n, when, new(tally)); err != nil || took <= max(0, when) {
			t.Fatalf("acknowledged %v later: took %v: %v", when, took, err)
		}
		if left, err := q.pull(t.Context()); err != nil || len(left) > 0 {
			t.Errorf("acknowledged %v later: %d messages are left: %v", when, len(left), err)
		}
		if err := q.delete(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := q.pullAll(t.Context(), 1, when, new(tally)); err == nil {
			t.Error("pulled from a queue that is deleted")
		}
	}
}

// A client that acknowledges nothing before all is read has nothing acknowledged until
// then.
func TestPullAllHoldsWhatItIsTo(t *testing.T) {
	const messages = 1000
	for _, test := range []struct {
		reason string
		comes  bool // the last message, and not the end of the context
		acked  int64
		want   error
	}{
		{"the last one comes", true, messages, nil},
		{"the last one does not come", false, 0, context.Canceled},
	} {
		t.Run(test.reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				waiting := make(chan string, messages)
				for range messages - 1 {
					waiting <- "id"
				}
				var count tally
				ended := make(chan error, 1)
				go func() {
					_, err := clientOf(waiting).takeAll(ctx, messages, whenAll, &count)
					ended <- err
				}()
				time.Sleep(time.Hour)
				synctest.Wait()
				if pulled, acked := count.pulled.Load(), count.acked.Load(); pulled != messages-1 || acked != 0 {
					t.Errorf("%d messages are pulled and %d acknowledged, with one to come", pulled, acked)
				}
				if test.comes {
					waiting <- "id"
				} else {
					cancel()
				}
				if err := <-ended; !errors.Is(err, test.want) || count.acked.Load() != test.acked {
					t.Errorf("got %v, %d acknowledged, want %v, %d", err, count.acked.Load(), test.want, test.acked)
				}
				cancel()
			})
		})
	}
}

// clientOf returns a client that pulls what waits, one at a time, and fails once its
// context has ended.
func clientOf(waiting <-chan string) client {
	return client{
		pull: func(ctx context.Context) ([]string, error) {
			select {
			case id := <-waiting:
				return []string{id}, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		},
		acknowledge: func(ctx context.Context, _ []string) error { return ctx.Err() },
	}
}

func TestPullAllEndsWithItsContext(t *testing.T) {
	q, err := fake(t).newQueue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := q.pullAll(ctx, 1, atOnce, new(tally)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
