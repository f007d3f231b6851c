package pull

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"ordertimeout/transforms/connect/pubsub/client"
	"ordertimeout/transforms/connect/pubsub/pubsubtest"
	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/process"
)

// script lets requests fail, in turn, and keeps what each was about.
type script struct {
	mu       sync.Mutex
	errors   []error // nil: that one succeeds
	requests []string
}

// on returns the option by which a server follows the script.
func (s *script) on(function string) pstest.ServerReactorOption {
	return pstest.ServerReactorOption{FuncName: function, Reactor: s}
}

func (s *script) React(request any) (handled bool, ret any, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	what := ""
	switch r := request.(type) {
	case *pubsubpb.AcknowledgeRequest:
		ids := slices.Clone(r.AckIds)
		slices.Sort(ids)
		what = strings.Join(ids, " ")
	case *pubsubpb.PullRequest:
		what = "pull"
		//lint:ignore SA1019 it is what the source asks for
		if r.ReturnImmediately {
			what = "probe"
		}
	}
	if len(s.errors) > 0 {
		err, s.errors = s.errors[0], s.errors[1:]
	}
	if err != nil {
		what += ": " + status.Code(err).String()
	}
	s.requests = append(s.requests, what)
	return err != nil, nil, err
}

func (s *script) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func TestPullThatRanIntoItsEndIsFollowedByAProbe(t *testing.T) {
	over := status.Error(codes.DeadlineExceeded, "over")
	for _, test := range []struct {
		reason   string
		emulator bool
		errors   []error
		want     []string
		code     codes.Code
	}{
		{"there is a message", false, nil, []string{"pull"}, codes.OK},
		{"the service answers the probe: there was none", false, []error{over}, []string{"pull: DeadlineExceeded", "probe"}, codes.OK},
		{"it does not", false, []error{over, over}, []string{"pull: DeadlineExceeded", "probe: DeadlineExceeded"}, codes.DeadlineExceeded},
		{"an emulator answers before the end", true, []error{over}, []string{"pull: DeadlineExceeded"}, codes.DeadlineExceeded},
		{"it failed otherwise", false, []error{status.Error(codes.Unavailable, "x")}, []string{"pull: Unavailable"}, codes.Unavailable},
	} {
		t.Run(test.reason, func(t *testing.T) {
			s := &script{errors: test.errors}
			server := pubsubtest.NewServer(t, 10, s.on("Pull"))
			server.Publish(pubsubtest.Topic, []byte("x"), nil)
			l, err := client.Of(process.Of(t.Name()))
			if err != nil {
				t.Fatal(err)
			}
			c, err := l.Client(t.Context(), "shop")
			if err != nil {
				t.Fatal(err)
			}
			defer process.Of(t.Name()).Close()
			if !test.emulator {
				t.Setenv(uri.Emulator, "")
			}
			_, err = client.Service{Pulls: c.SubscriptionAdminClient, Name: pubsubtest.Subscription, Poll: time.Minute, Batch: 1}.Pull(t.Context())
			if status.Code(err) != test.code {
				t.Errorf("got %v, want %v", err, test.code)
			}
			if diff := cmp.Diff(test.want, s.all()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestFirstStepIsAcknowledgedBeforeLaterOnesAlsoAfterFailures(t *testing.T) {
	down := status.Error(codes.Unavailable, "down")
	s := &script{errors: []error{down, down, nil, down}}
	server := pubsubtest.NewServer(t, 10, s.on("Acknowledge"))
	j := startJob(t, server, "", false, "")
	create := server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event("create")), nil) + ":1"
	pay := server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event("pay")), nil) + ":1"
	j.await("both events", func() bool { return len(j.events) == 2 })
	j.run.Done([]uint64{j.refs["create"], j.refs["pay"]})
	j.await("the acknowledgements", func() bool { return j.unacked() == 0 })
	if err := j.stop(); err != nil {
		t.Error(err)
	}
	want := []string{create + ": Unavailable", create + ": Unavailable", create, pay + ": Unavailable", pay}
	if diff := cmp.Diff(want, s.all()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	pubsubtest.WantAckedOnce(t, server)
}

func TestPullsThatFailAreTriedAgain(t *testing.T) {
	down := status.Error(codes.Unavailable, "down")
	s := &script{errors: []error{down, down, down, down, down, down}}
	server := pubsubtest.NewServer(t, 10, s.on("Pull"))
	server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event("a")), nil)
	j := startJob(t, server, "pulls=2", true, "")
	j.await("the event", func() bool { return len(j.events) == 1 })
	j.await("the acknowledgement", func() bool { return j.unacked() == 0 })
	if err := j.stop(); err != nil {
		t.Error(err)
	}
}

// What cannot be acknowledged is not given back, either: the request would only
// take the time that a stop has.
func TestStopEndsWhereTheServiceIsGone(t *testing.T) {
	server := pstest.NewServer() // closed below, which can be done once
	t.Setenv(uri.Emulator, server.Addr)
	pubsubtest.Add(t, server, new(pubsubpb.Subscription))
	j := startJob(t, server, "", false, "")
	server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event("a")+"\n"+pubsubtest.Event("b")), nil)
	server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event("c")), nil)
	j.await("the events", func() bool { return len(j.events) == 3 })
	server.Close()
	j.run.Done([]uint64{j.refs["c"]})
	if err := j.stop(); err != nil {
		t.Error(err)
	}
	if got := j.unacked(); got != 2 {
		t.Errorf("%d messages are counted as held, want 2", got)
	}
}
