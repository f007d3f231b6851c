package pubsub

import (
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/connect/pubsub/pubsubtest"
	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/process"
)

func TestCheckSaysWhatIsWrong(t *testing.T) {
	denied := pstest.WithErrorInjection("GetSubscription", codes.PermissionDenied, "User not authorized to perform this action.")
	const standard = pubsubtest.URI
	const silent, deadline = "no alert comes in the first ", ": want an acknowledgement deadline of 10s (gcloud pubsub subscriptions update orders --ack-deadline=10)"
	in := func(uri string) string { return `pubsub: -input "` + uri + `": ` }
	keeps := func(d time.Duration) *pubsubpb.Subscription {
		return &pubsubpb.Subscription{MessageRetentionDuration: durationpb.New(d)}
	}
	unchecked := in(standard) + "lease=10s cannot be checked where an expression gives windows: want all of them above it: after a crash orders would time out before their messages come back"
	for _, test := range []struct {
		reason        string
		uri           string
		within        time.Duration
		windows       connect.Windows
		most          time.Duration // found for windows by expression
		subscription  *pubsubpb.Subscription
		deleteTopic   bool
		refused       bool
		options       []pstest.ServerReactorOption
		warning, want string
		more          string // another warning
	}{
		{reason: "all is well", within: 20 * time.Second},
		{reason: "the time is not known"},
		{reason: "the URI is wrong", uri: "pubsub://shop", want: in("pubsub://shop") + "no subscription: want pubsub://PROJECT/SUBSCRIPTION"},
		{reason: "there is no such subscription", uri: "pubsub://shop/other", want: in("pubsub://shop/other") + "no such subscription"},
		{reason: "its topic was deleted", deleteTopic: true, want: in(standard) + "the topic of the subscription was deleted"},
		{reason: "it pushes", subscription: &pubsubpb.Subscription{PushConfig: &pubsubpb.PushConfig{PushEndpoint: "https://x"}},
			want: in(standard) + "the subscription pushes to https://x: want one to pull from"},
		{reason: "it orders", subscription: &pubsubpb.Subscription{EnableMessageOrdering: true},
			want: in(standard) + "the subscription orders its messages, and one that is not acknowledged blocks its key: want one without ordering, or ack=bundle"},
		{reason: "it orders, which ack=bundle can live with", uri: standard + "?ack=bundle", subscription: &pubsubpb.Subscription{EnableMessageOrdering: true}},
		{reason: "a lease as long as orders have", within: 10 * time.Second,
			want: in(standard) + "lease=10s: want less than the window of 10s: after a crash orders would time out before their messages come back"},
		{reason: "a shorter one", within: 10*time.Second + 1,
			warning: in(standard) + "lease=10s is more than half of the window of 10.000000001s: after a crash most timeouts are told late"},
		{reason: "a little more than half as long", within: 20*time.Second - 1,
			warning: in(standard) + "lease=10s is more than half of the window of 19.999999999s: after a crash most timeouts are told late"},
		{reason: "a long one with ack=bundle", uri: standard + "?ack=bundle", within: time.Second},
		{reason: "no alert for less than a minute", subscription: &pubsubpb.Subscription{AckDeadlineSeconds: 58}, within: time.Hour},
		{reason: "for a minute", subscription: &pubsubpb.Subscription{AckDeadlineSeconds: 59}, within: time.Hour,
			warning: in(standard) + silent + "1m0s after a start, or after Pub/Sub was out of reach, as the subscription gives leases of 59s" + deadline},
		{reason: "for ten minutes, with ack=bundle, too", uri: standard + "?ack=bundle", subscription: &pubsubpb.Subscription{AckDeadlineSeconds: 600}, within: time.Hour,
			warning: in(standard+"?ack=bundle") + silent + "10m1s after a start, or after Pub/Sub was out of reach, as the subscription gives leases of 10m0s" + deadline},
		{reason: "for as long as leases are extended", uri: standard + "?lease=2m", subscription: &pubsubpb.Subscription{AckDeadlineSeconds: 60}, within: time.Hour,
			warning: in(standard+"?lease=2m") + silent + "2m1s after a start, or after Pub/Sub was out of reach: want lease=10s"},
		{reason: "for as long as a lag counts", uri: standard + "?window=3m", within: time.Hour,
			warning: in(standard+"?window=3m") + silent + "3m0s after a start, or after Pub/Sub was out of reach: want window=10s"},
		{reason: "it keeps messages for as long as orders are open", windows: connect.Windows{Longest: time.Hour}, subscription: keeps(time.Hour),
			want: in(standard) + "the subscription keeps messages for 1h0m0s, and orders are open for up to 1h0m0s: an order that is open at a restart would be lost: " +
				"want to keep them for longer (gcloud pubsub subscriptions update orders --message-retention-duration=7d)"},
		{reason: "it keeps them for longer", windows: connect.Windows{Longest: time.Hour - 1}, subscription: keeps(time.Hour)},
		{reason: "no longer, with ack=bundle", uri: standard + "?ack=bundle", windows: connect.Windows{Longest: 2 * time.Hour}, subscription: keeps(time.Hour)},
		{reason: "it keeps them for longer than an expression may say", windows: connect.Windows{Longest: time.Hour, ByEvent: true}, subscription: keeps(7 * 24 * time.Hour),
			warning: unchecked, more: in(standard) + "-max-within is 144h0m0s: the subscription keeps messages for 168h0m0s, and with ack=outcome an order that is open for longer would be lost at a restart",
			most: 144 * time.Hour},
		{reason: "where that is said", windows: connect.Windows{Longest: 167 * time.Hour, ByEvent: true, Most: 167 * time.Hour}, subscription: keeps(168 * time.Hour), warning: unchecked},
		{reason: "it keeps them for no day more", windows: connect.Windows{Longest: time.Hour, ByEvent: true}, subscription: keeps(24 * time.Hour),
			want: in(standard) + "the subscription keeps messages for 24h0m0s, and an expression gives how long orders are open: want -max-within, of less than that"},
		{reason: "with ack=bundle all is well", uri: standard + "?ack=bundle", windows: connect.Windows{Longest: time.Hour, ByEvent: true}, subscription: keeps(time.Hour)},
		{reason: "it has a dead-letter policy, and delivers exactly once", within: time.Hour,
			subscription: &pubsubpb.Subscription{DeadLetterPolicy: &pubsubpb.DeadLetterPolicy{DeadLetterTopic: pubsubtest.Topic, MaxDeliveryAttempts: 7}, EnableExactlyOnceDelivery: true},
			warning: in(standard) + "the dead-letter policy takes a message away after 7 deliveries, and each restart is one of each open order's: " +
				"want none (gcloud pubsub subscriptions update orders --clear-dead-letter-policy)",
			more: in(standard) + "exactly-once delivery makes acknowledgements slow and refuses late ones, and repeats are known without it: " +
				"want it off (gcloud pubsub subscriptions update orders --no-enable-exactly-once-delivery)"},
		{reason: "which ack=bundle can live with", uri: standard + "?ack=bundle", within: time.Hour,
			subscription: &pubsubpb.Subscription{DeadLetterPolicy: &pubsubpb.DeadLetterPolicy{DeadLetterTopic: pubsubtest.Topic}}},
		{reason: "it may not be looked at", options: []pstest.ServerReactorOption{denied},
			want: in(standard) + "no permission: User not authorized to perform this action."},
		{reason: "it may not be pulled from", refused: true,
			want: in(standard) + "no permission: want pubsub.subscriptions.consume"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			server := pubsubtest.NewEmptyServer(t, !test.refused, test.options...)
			if test.subscription == nil {
				test.subscription = &pubsubpb.Subscription{}
			}
			pubsubtest.Add(t, server, test.subscription)
			if test.deleteTopic {
				if _, err := server.GServer.DeleteTopic(t.Context(), &pubsubpb.DeleteTopicRequest{Topic: pubsubtest.Topic}); err != nil {
					t.Fatal(err)
				}
			}
			if test.uri == "" {
				test.uri = standard
			}
			defer process.Of(t.Name()).Close()
			test.windows.Smallest = test.within
			found, err := Check(t.Context(), Config{Subscription: test.uri, Windows: test.windows, Run: t.Name()})
			got := ""
			if err != nil {
				got = err.Error()
			}
			warnings := slices.DeleteFunc([]string{test.warning, test.more}, func(line string) bool { return line == "" })
			if diff := cmp.Diff(append([]string{test.want}, warnings...), append([]string{got}, found.Warnings...)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if found.MaxWithin != test.most {
				t.Errorf("windows may be %v: want %v", found.MaxWithin, test.most)
			}
			if (found.Topic == pubsubtest.Topic) != (err == nil) {
				t.Errorf("got topic %q with %v", found.Topic, err)
			}
		})
	}
}

func TestCheckNamesAnEmulatorThatIsNotThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(uri.Emulator, l.Addr().String())
	l.Close()
	_, err = Check(t.Context(), Config{Subscription: "pubsub://shop/orders", Run: t.Name()})
	want := `pubsub: -input "pubsub://shop/orders": the emulator at ` + l.Addr().String() + " (PUBSUB_EMULATOR_HOST) does not answer: "
	if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v\nwant %s…", err, want)
	}
}

func TestCheckEndsWhereNothingAnswers(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 5 s")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // takes connections and says nothing
	t.Setenv(uri.Emulator, l.Addr().String())
	defer process.Of(t.Name()).Close()
	_, err = Check(t.Context(), Config{Subscription: "pubsub://shop/orders", Run: t.Name()})
	want := `pubsub: -input "pubsub://shop/orders": the emulator at ` + l.Addr().String() + " (PUBSUB_EMULATOR_HOST) does not answer: "
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v\nwant %s…", err, want)
	}
}

func TestTopicOfASubscription(t *testing.T) {
	server := pstest.NewServer() // closed below, which can be done once
	t.Setenv(uri.Emulator, server.Addr)
	pubsubtest.Add(t, server, &pubsubpb.Subscription{})
	for name, want := range map[string]string{"orders": "", "other": "pubsub: subscription projects/shop/subscriptions/other: no such subscription"} {
		topic, err := TopicOf(t.Context(), uri.Subscription{Project: "shop", Name: name})
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want || (topic == pubsubtest.Topic) != (want == "") {
			t.Errorf("%s: got %q, %q, want %q", name, topic, got, want)
		}
	}
	server.Close()
	if _, err := TopicOf(t.Context(), uri.Subscription{Project: "shop", Name: "orders"}); err == nil || !strings.HasPrefix(err.Error(), "pubsub: the emulator at ") {
		t.Errorf("of a server that is gone: %v", err)
	}
}
