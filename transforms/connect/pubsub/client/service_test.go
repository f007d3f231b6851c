package client

import (
	"context"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/google/go-cmp/cmp"
)

func TestLeaseOfASubscriptionThatDoesNotSay(t *testing.T) {
	for given, want := range map[int32]time.Duration{0: 10 * time.Second, 1: time.Second, 600: 10 * time.Minute} {
		if got := LeaseOf(&pubsubpb.Subscription{AckDeadlineSeconds: given}); got != want {
			t.Errorf("%d s: got %v, want %v", given, got, want)
		}
	}
}

func TestBackoffGrowsToALimit(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var b Backoff
	var got []time.Duration
	for range 9 {
		if b.Wait(ended) {
			t.Error("waited, though it was not to")
		}
		got = append(got, time.Duration(b)/time.Millisecond)
	}
	if diff := cmp.Diff([]time.Duration{50, 100, 200, 400, 800, 1600, 3200, 5000, 5000}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
