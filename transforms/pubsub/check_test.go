package pubsub

import (
	"net"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

func TestCheckSaysWhatIsWrong(t *testing.T) {
	denied := pstest.WithErrorInjection("GetSubscription", codes.PermissionDenied, "User not authorized to perform this action.")
	const uri = "pubsub://shop/orders"
	in := func(uri string) string { return `pubsub: -input "` + uri + `": ` }
	for _, test := range []struct {
		reason        string
		uri           string
		within        time.Duration
		subscription  *pubsubpb.Subscription
		deleteTopic   bool
		refused       bool
		options       []pstest.ServerReactorOption
		warning, want string
	}{
		{reason: "all is well", within: 20 * time.Second},
		{reason: "the time is not known"},
		{reason: "the URI is wrong", uri: "pubsub://shop", want: in("pubsub://shop") + "no subscription: want pubsub://PROJECT/SUBSCRIPTION"},
		{reason: "there is no such subscription", uri: "pubsub://shop/other", want: in("pubsub://shop/other") + "no such subscription"},
		{reason: "its topic was deleted", deleteTopic: true, want: in(uri) + "the topic of the subscription was deleted"},
		{reason: "it pushes", subscription: &pubsubpb.Subscription{PushConfig: &pubsubpb.PushConfig{PushEndpoint: "https://x"}},
			want: in(uri) + "the subscription pushes to https://x: want one to pull from"},
		{reason: "it orders", subscription: &pubsubpb.Subscription{EnableMessageOrdering: true},
			want: in(uri) + "the subscription orders its messages, and one that is not acknowledged blocks its key: want one without ordering, or ack=bundle"},
		{reason: "it orders, which ack=bundle can live with", uri: uri + "?ack=bundle", subscription: &pubsubpb.Subscription{EnableMessageOrdering: true}},
		{reason: "a lease as long as orders have", within: 10 * time.Second,
			want: in(uri) + "lease=10s: want less than -within 10s: after a crash orders would time out before their messages come back"},
		{reason: "a shorter one", within: 10*time.Second + 1,
			warning: in(uri) + "lease=10s is more than half of -within 10.000000001s: after a crash most timeouts are told late"},
		{reason: "a little more than half as long", within: 20*time.Second - 1,
			warning: in(uri) + "lease=10s is more than half of -within 19.999999999s: after a crash most timeouts are told late"},
		{reason: "a long one with ack=bundle", uri: uri + "?ack=bundle", within: time.Second},
		{reason: "the subscription gives a minute", subscription: &pubsubpb.Subscription{AckDeadlineSeconds: 60}, within: time.Hour},
		{reason: "the subscription gives more", subscription: &pubsubpb.Subscription{AckDeadlineSeconds: 61}, within: time.Hour,
			warning: in(uri) + "the subscription gives leases of 1m1s: no timeout is told in as long a time after each start: want an acknowledgement deadline of 10s"},
		{reason: "it may not be looked at", options: []pstest.ServerReactorOption{denied},
			want: in(uri) + "no permission: User not authorized to perform this action."},
		{reason: "it may not be pulled from", refused: true,
			want: in(uri) + "no permission: want pubsub.subscriptions.consume"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			server := pstest.NewServerWithCallback(0, func(g *grpc.Server) { iampb.RegisterIAMPolicyServer(g, permissions{granted: !test.refused}) }, test.options...)
			defer server.Close()
			t.Setenv(emulatorVariable, server.Addr)
			addSubscription(t, server, test.subscription)
			if test.deleteTopic {
				if _, err := server.GServer.DeleteTopic(t.Context(), &pubsubpb.DeleteTopicRequest{Topic: testTopic}); err != nil {
					t.Fatal(err)
				}
			}
			if test.uri == "" {
				test.uri = uri
			}
			defer Close(t.Name())
			warning, err := Check(t.Context(), Config{Subscription: test.uri, Within: test.within, Run: t.Name()})
			got := ""
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff([]string{test.want, test.warning}, []string{got, warning}); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// addSubscription adds the subscription of the tests, with what else is wanted.
func addSubscription(t *testing.T, server *pstest.Server, more *pubsubpb.Subscription) {
	t.Helper()
	s := &pubsubpb.Subscription{AckDeadlineSeconds: 10}
	if more != nil {
		s = more
	}
	if s.AckDeadlineSeconds == 0 {
		s.AckDeadlineSeconds = 10
	}
	s.Name, s.Topic = testSubscription, testTopic
	if _, err := server.GServer.CreateTopic(t.Context(), &pubsubpb.Topic{Name: testTopic}); err != nil {
		t.Fatal(err)
	}
	if _, err := server.GServer.CreateSubscription(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func TestCheckNamesAnEmulatorThatIsNotThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(emulatorVariable, l.Addr().String())
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
	t.Setenv(emulatorVariable, l.Addr().String())
	defer Close(t.Name())
	_, err = Check(t.Context(), Config{Subscription: "pubsub://shop/orders", Run: t.Name()})
	want := `pubsub: -input "pubsub://shop/orders": the emulator at ` + l.Addr().String() + " (PUBSUB_EMULATOR_HOST) does not answer: "
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v\nwant %s…", err, want)
	}
}
