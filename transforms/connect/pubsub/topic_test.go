package pubsub

import (
	"context"
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

func TestParseTopicTakesWhatTheServiceTakes(t *testing.T) {
	for uri, want := range map[string]Topic{
		"pubsub://shop/timeouts":                          {Project: "shop", Name: "timeouts", Timeout: DefaultTimeout},
		"pubsub://example.com:shop-1/a.b_c~d+e%f-0":       {Project: "example.com:shop-1", Name: "a.b_c~d+e%f-0", Timeout: DefaultTimeout},
		"pubsub://shop/timeouts?ordering=user":            {Project: "shop", Name: "timeouts", Ordered: true, Timeout: DefaultTimeout},
		"pubsub://shop/timeouts?timeout=1s&ordering=user": {Project: "shop", Name: "timeouts", Ordered: true, Timeout: time.Second},
		"pubsub://shop/" + strings.Repeat("t", 255):       {Project: "shop", Name: strings.Repeat("t", 255), Timeout: DefaultTimeout},
	} {
		got, err := ParseTopic(uri)
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v", uri, got, err)
		}
	}
}

func TestParseTopicNamesTheWrongPart(t *testing.T) {
	for uri, want := range map[string]string{
		"":                                 `pubsub: "": want pubsub://PROJECT/TOPIC`,
		"pubsub:shop/t":                    `pubsub: "pubsub:shop/t": want pubsub://PROJECT/TOPIC`,
		"pubsub://":                        `pubsub: "pubsub://": project "" is not a project id: want pubsub://PROJECT/TOPIC`,
		"pubsub://Shop/timeouts":           `pubsub: "pubsub://Shop/timeouts": project "Shop" is not a project id: want pubsub://PROJECT/TOPIC`,
		"pubsub://shop":                    `pubsub: "pubsub://shop": no topic: want pubsub://PROJECT/TOPIC`,
		"pubsub://shop/":                   `pubsub: "pubsub://shop/": no topic: want pubsub://PROJECT/TOPIC`,
		"pubsub://shop/a/b":                `pubsub: "pubsub://shop/a/b": topic "a/b" is not a name: want 3 to 255 letters, digits and -_.~+%, a letter first, and not goog`,
		"pubsub://shop/ab":                 `pubsub: "pubsub://shop/ab": topic "ab" is not a name: want 3 to 255 letters, digits and -_.~+%, a letter first, and not goog`,
		"pubsub://shop/google":             `pubsub: "pubsub://shop/google": topic "google" is not a name: want 3 to 255 letters, digits and -_.~+%, a letter first, and not goog`,
		"pubsub://shop/abc?x=1":            `pubsub: "pubsub://shop/abc?x=1": no setting "x": want ordering, timeout`,
		"pubsub://shop/abc?a;b":            `pubsub: "pubsub://shop/abc?a;b": settings "a;b": want name=value&name=value`,
		"pubsub://shop/abc?ordering=order": `pubsub: "pubsub://shop/abc?ordering=order": ordering "order": want user`,
		"pubsub://shop/abc?ordering=user&ordering=user": `pubsub: "pubsub://shop/abc?ordering=user&ordering=user": setting ordering is given 2 times`,
		"pubsub://shop/abc?timeout=999ms":               `pubsub: "pubsub://shop/abc?timeout=999ms": timeout "999ms": want a duration of at least 1s, such as 10s`,
		"pubsub://shop/abc?timeout=10":                  `pubsub: "pubsub://shop/abc?timeout=10": timeout "10": want a duration of at least 1s, such as 10s`,
	} {
		_, err := ParseTopic(uri)
		if err == nil {
			t.Errorf("%s: no error", uri)
			continue
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", uri, diff)
		}
	}
}

func FuzzParseTopic(f *testing.F) {
	f.Add("pubsub://shop/timeouts?ordering=user&timeout=30s")
	f.Add("pubsub://a:b/c%?%zz=&=")
	f.Fuzz(func(t *testing.T, uri string) {
		topic, err := ParseTopic(uri)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("more than one line: %v", err)
			}
			return
		}
		if again, err := ParseTopic(Scheme + topic.Project + "/" + topic.Name); err != nil || again.String() != topic.String() {
			t.Errorf("%q is %s, and that %s, %v", uri, topic, again, err)
		}
	})
}

// permissions is a server that grants what is asked for, or nothing.
type permissions struct {
	iampb.UnimplementedIAMPolicyServer
	granted bool
}

func (p permissions) TestIamPermissions(_ context.Context, r *iampb.TestIamPermissionsRequest) (*iampb.TestIamPermissionsResponse, error) {
	if !p.granted {
		return &iampb.TestIamPermissionsResponse{}, nil
	}
	return &iampb.TestIamPermissionsResponse{Permissions: r.Permissions}, nil
}

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
			serve(t, permissions{granted: test.granted}, test.options...)
			err := CheckTopic(t.Context(), test.uri)
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
	err := CheckTopic(ctx, "pubsub://shop/timeouts")
	want := "pubsub: topic projects/shop/topics/timeouts: the emulator at " + address + " (PUBSUB_EMULATOR_HOST) does not answer: "
	if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v\nwant %s…", err, want)
	}
}

// serve starts a Pub/Sub server with the topic projects/shop/topics/timeouts.
func serve(t *testing.T, iam permissions, options ...pstest.ServerReactorOption) *pstest.Server {
	t.Helper()
	s := pstest.NewServerWithCallback(0, func(g *grpc.Server) { iampb.RegisterIAMPolicyServer(g, iam) }, options...)
	t.Cleanup(func() { s.Close() })
	t.Setenv(emulatorVariable, s.Addr)
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
	t.Setenv(emulatorVariable, l.Addr().String())
	return l.Addr().String()
}
