package uri

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseSubscriptionTakesSettings(t *testing.T) {
	t.Setenv(Emulator, "")
	standard := Subscription{
		Project: "shop", Name: "orders", Pulls: 8, Batch: 1000, Time: TimeOfEvent, Poll: 30 * time.Second,
		Lease: 10 * time.Second, Window: 10 * time.Second, MaxLag: 744 * time.Hour, Outstanding: 1_000_000,
	}
	outcome, bundle, other := standard, standard, standard
	outcome.Ack = AckOutcome
	bundle.Ack, bundle.Time = AckBundle, TimeOfPublish
	other = Subscription{
		Project: "shop", Name: "orders", Pulls: 1, Batch: 2, Time: TimeOfAttribute, Attribute: "a:b",
		Poll: time.Minute, Lease: 20 * time.Second, Window: time.Minute, MaxLag: time.Hour, Outstanding: 3,
	}
	for uri, want := range map[string]Subscription{
		"pubsub://shop/orders":                         standard,
		"pubsub://shop/orders?ack=outcome&time=event":  outcome,
		"pubsub://shop/orders?ack=bundle&time=publish": bundle,
		"pubsub://shop/orders?pulls=1&batch=2&time=attribute:a:b&poll=1m&lease=20s&window=1m&maxlag=1h&outstanding=3": other,
	} {
		got, err := ParseSubscription(uri)
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", uri, diff)
		}
	}
}

func TestPollIsShortWithAnEmulator(t *testing.T) {
	t.Setenv(Emulator, "localhost:1")
	if s, err := ParseSubscription("pubsub://shop/orders"); s.Poll != 2*time.Second || err != nil {
		t.Errorf("poll %v, %v", s.Poll, err)
	}
}
