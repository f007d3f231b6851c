package message

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"cloud.google.com/go/pubsub/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ordertimeout/transforms/order"
)

func TestMessageNamesWhatItHolds(t *testing.T) {
	for _, test := range []struct {
		reason  string
		in      order.Message
		ordered bool
		want    pubsub.Message
	}{{
		reason: "all names become attributes; there is no key unless it is asked for",
		in:     order.Message{Body: []byte("{}"), ID: "1", Outcome: "timeout", OrderID: "o", UserID: "u"},
		want: pubsub.Message{Data: []byte("{}"),
			Attributes: map[string]string{"id": "1", "outcome": "timeout", "orderId": "o", "userId": "u"}},
	}, {
		reason: "absent names are left out", ordered: true,
		in:   order.Message{Body: []byte("{}"), ID: "1", Outcome: "reject"},
		want: pubsub.Message{Data: []byte("{}"), Attributes: map[string]string{"id": "1", "outcome": "reject"}},
	}, {
		reason: "the user is the ordering key", ordered: true,
		in: order.Message{ID: "1", OrderID: "o", UserID: "u"},
		want: pubsub.Message{OrderingKey: "u",
			Attributes: map[string]string{"id": "1", "orderId": "o", "userId": "u"}},
	}, {
		reason: "without a user, the order is", ordered: true,
		in:   order.Message{ID: "1", OrderID: "o"},
		want: pubsub.Message{OrderingKey: "o", Attributes: map[string]string{"id": "1", "orderId": "o"}},
	}} {
		if diff := cmp.Diff(&test.want, ToPublish(&test.in, test.ordered), cmpopts.IgnoreUnexported(pubsub.Message{})); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.reason, diff)
		}
	}
}

func TestFitNameKeepsWhatFits(t *testing.T) {
	a := strings.Repeat("a", maxName)
	for _, value := range []string{"", "u1", a, "é"} {
		if got := fitName(value); got != value {
			t.Errorf("%q became %q", value, got)
		}
	}
	for _, value := range []string{a + "a", a + "b", "\xff", "\xfe", a[1:] + "é", strings.Repeat("é", maxName), strings.Repeat("\xff", 3*maxName)} {
		got := fitName(value)
		if len(got) > maxName || !utf8.ValidString(got) || got != fitName(value) {
			t.Errorf("%.10q… of %d bytes became %d bytes, %q", value, len(value), len(got), got)
		}
	}
	if fitName(a+"a") == fitName(a+"b") || fitName("\xff") == fitName("\xfe") {
		t.Error("two names became one")
	}
}

func TestFitBodyCutsTheEventsFirst(t *testing.T) {
	const body = `{"outcome":"timeout","id":"1","userId":"u<é","deadline":"x","events":{"create":{"a":[1,2]}}}`
	const cut = `{"outcome":"timeout","id":"1","userId":"u<é","deadline":"x","truncated":true}`
	const least = `{"outcome":"timeout","id":"1","userId":"u","truncated":true}`
	m := order.Message{Body: []byte(body), Outcome: "timeout", ID: "1", UserID: "u"}
	for _, test := range []struct {
		reason string
		limit  int
		want   string
	}{
		{"at the limit it is whole", len(body), body},
		{"above it the events go", len(body) - 1, cut},
		{"without events it is at the limit", len(cut), cut},
		{"it is too long without them, too", len(cut) - 1, least},
	} {
		if diff := cmp.Diff(test.want, string(fitBody(&m, test.limit))); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.reason, diff)
		}
	}
	for _, odd := range []string{`["a","b"]`, `{"events":`, "\xff\xff", `{"a":1}}`} {
		m.Body = []byte(odd)
		if diff := cmp.Diff(least, string(fitBody(&m, len(odd)-1))); diff != "" {
			t.Errorf("%q, which is no object: (-want +got)\n%s", odd, diff)
		}
	}
}

// Whatever is too long, what is published instead is JSON and is not.
func FuzzMessageIsWithinLimits(f *testing.F) {
	f.Add([]byte(`{"outcome":"timeout","id":"1","events":{}}`), "timeout", "1", "u", "o")
	f.Add([]byte(`{"events":{},"events":1,"\u0065vents":2}`), "", "", "", "")
	f.Add([]byte("not json"), "reject", strings.Repeat("é", 700), "\xff", strings.Repeat("o", 2000))
	f.Fuzz(func(t *testing.T, body []byte, outcome, id, user, orderID string) {
		m := order.Message{Body: body, Outcome: outcome, ID: id, UserID: user, OrderID: orderID}
		out := ToPublish(&m, true)
		for name, value := range out.Attributes {
			if value == "" || len(value) > maxName || !utf8.ValidString(value) {
				t.Errorf("attribute %s is %q", name, value)
			}
		}
		if len(out.OrderingKey) > maxName || !utf8.ValidString(out.OrderingKey) {
			t.Errorf("the ordering key is %q", out.OrderingKey)
		}
		cut := fitBody(&m, len(body)-1)
		var object struct{ Truncated bool }
		if err := json.Unmarshal(cut, &object); err != nil || !object.Truncated {
			t.Errorf("%q was cut to %q: %v", body, cut, err)
		}
	})
}
