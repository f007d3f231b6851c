package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"github.com/google/go-cmp/cmp"
)

// alertOf returns the alert of an order whose deadline was some time ago.
func alertOf(order string, published time.Time, late time.Duration) *pubsub.Message {
	deadline := published.Add(-late).UTC().Format(time.RFC3339Nano)
	return &pubsub.Message{PublishTime: published, Data: []byte(`{"orderId":"` + order + `","deadline":"` + deadline + `"}`)}
}

// Alerts come in any order. The first publication of one counts, and none of an order
// of earlier.
func TestAlertsThatComeTwiceCountOnce(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	first, again := alertOf("o7", at, time.Hour), alertOf("o7", at, 3*time.Hour)
	earlier, beyond := alertOf("o6", at, 9*time.Hour), alertOf("o10", at, 9*time.Hour)
	last := alertOf("o8", at, 2*time.Hour)
	for _, test := range []struct {
		reason string
		alerts []*pubsub.Message
	}{
		{"as they are published", []*pubsub.Message{earlier, first, again, again, beyond, last}},
		{"the first publication comes later", []*pubsub.Message{again, earlier, again, first, beyond, last}},
	} {
		got := make(chan *pubsub.Message, len(test.alerts))
		for _, m := range test.alerts {
			got <- m
		}
		ms, err := firstLatencies(got, nil, 7, 10, 2)
		slices.Sort(ms)
		if diff := cmp.Diff([]float64{3_600_000, 7_200_000}, ms); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", test.reason, err, diff)
		}
	}
}

func TestAlertsThatDoNotComeAreAnError(t *testing.T) {
	for _, test := range []struct {
		reason string
		ended  error
		want   string
	}{
		{"the receiver has ended", errors.New("no such subscription"), "receive alerts: no such subscription"},
		{"nothing comes", nil, "1 alerts within 1m0s of the last: want 2"},
	} {
		synctest.Test(t, func(t *testing.T) {
			got, ended := make(chan *pubsub.Message), make(chan error, 1)
			go func() {
				got <- alertOf("o1", time.Now(), time.Second)
				if test.ended != nil {
					ended <- test.ended
				}
			}()
			if _, err := firstLatencies(got, ended, 0, 2, 2); err == nil || err.Error() != test.want {
				t.Errorf("%s: got %v, want %s", test.reason, err, test.want)
			}
		})
	}
}

// What the server says of the time of publication is what counts.
func TestAlertsAreReceivedFromTheServer(t *testing.T) {
	q, err := fake(t).newQueue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	alerts := [][]byte{alertOf("o7", time.Now(), time.Hour).Data, alertOf("o8", time.Now(), 2*time.Hour).Data}
	if err := q.publish(t.Context(), alerts); err != nil {
		t.Fatal(err)
	}
	ms, err := q.receiveLatencies(t.Context(), 7, 10, 2)
	if err != nil || len(ms) != 2 {
		t.Fatalf("got %v, %v", ms, err)
	}
	slices.Sort(ms)
	for i, late := range ms {
		if want := float64(i+1) * float64(time.Hour.Milliseconds()); late < want || late > want+60_000 {
			t.Errorf("got %v ms, want %v and a little", late, want)
		}
	}
}

func TestAnAlertIsOfANumberedOrder(t *testing.T) {
	number, deadline, err := parseAlert([]byte(`{"id":"x","orderId":"o17","deadline":"2026-03-01T09:00:00.250Z"}`))
	if want := time.Date(2026, 3, 1, 9, 0, 0, 250e6, time.UTC); err != nil || number != 17 || !deadline.Equal(want) {
		t.Errorf("got %d, %v, %v", number, deadline, err)
	}
	for _, line := range []string{"o17", `{"orderId":"17"}`, `{"deadline":"2026-03-01T09:00:00.250Z"}`} {
		if _, _, err := parseAlert([]byte(line)); err == nil || !strings.HasPrefix(err.Error(), "alert ") {
			t.Errorf("%s: got %v", line, err)
		}
	}
}
