package publish

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"ordertimeout/transforms/connect/pubsub/pubsubtest"
	"ordertimeout/transforms/connect/pubsub/uri"
)

func TestCheckTopicSaysWhyNot(t *testing.T) {
	denied := pstest.WithErrorInjection("GetTopic", codes.PermissionDenied, "User not authorized\nto perform this action.")
	for _, test := range []struct {
		reason  string
		uri     string
		granted bool
		options []pstest.ServerReactorOption
		want    string // "": nothing is wrong
	}{
		{reason: "it exists", uri: "pubsub://shop/timeouts"},
		{reason: "it does not", uri: "pubsub://shop/another",
			want: "pubsub: topic projects/shop/topics/another: does not exist"},
		{reason: "it may not be looked at, but published to", uri: "pubsub://shop/timeouts", granted: true,
			options: []pstest.ServerReactorOption{denied}},
		{reason: "it may not be published to", uri: "pubsub://shop/timeouts", options: []pstest.ServerReactorOption{denied},
			want: "pubsub: topic projects/shop/topics/timeouts: no permission: User not authorized to perform this action."},
		{reason: "the URI is wrong", uri: "pubsub://shop",
			want: `pubsub: "pubsub://shop": no topic: want pubsub://PROJECT/TOPIC`},
	} {
		t.Run(test.reason, func(t *testing.T) {
			serve(t, test.granted, test.options...)
			topic, err := uri.ParseTopic(test.uri)
			if err == nil {
				err = CheckTopic(t.Context(), topic)
			}
			got := ""
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestCheckTopicNamesAServerThatDoesNotAnswer(t *testing.T) {
	address := serveNothing(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	err := CheckTopic(ctx, uri.Topic{Project: "shop", Name: "timeouts"})
	want := "pubsub: topic projects/shop/topics/timeouts: the emulator at " + address + " (PUBSUB_EMULATOR_HOST) does not answer: "
	if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v\nwant %s…", err, want)
	}
}

// serve starts a Pub/Sub server with the topic projects/shop/topics/timeouts, and with all
// permissions or none.
func serve(t *testing.T, granted bool, options ...pstest.ServerReactorOption) *pstest.Server {
	t.Helper()
	s := pubsubtest.NewEmptyServer(t, granted, options...)
	if _, err := s.GServer.CreateTopic(t.Context(), &pubsubpb.Topic{Name: "projects/shop/topics/timeouts"}); err != nil {
		t.Fatal(err)
	}
	return s
}

// serveNothing starts a server that takes connections and never says anything.
func serveNothing(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	t.Setenv(uri.Emulator, l.Addr().String())
	return l.Addr().String()
}
