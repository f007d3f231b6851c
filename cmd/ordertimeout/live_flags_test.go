package main

import (
	"net"
	"strings"
	"testing"
	"time"
)

// What is wrong with a subscription, topic or webhook is said in one line, before
// anything is pulled.
func TestWrongLiveFlags(t *testing.T) {
	f := newFake(t)
	f.publish(liveEvent("o1", "create", time.Now()))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody listens there any more
	const secret = "ORDERTIMEOUT_WEBHOOK_SECRET=0123456789abcdef01234567"
	for _, test := range []struct {
		reason, args, environment string
		status                    int
		want                      string
	}{
		{"no name", "-input pubsub://shop", "", 2, `-input "pubsub://shop": no subscription: want pubsub://PROJECT/SUBSCRIPTION`},
		{"no project", "-input pubsub:///orders", "", 2, `project "" is not a project id`},
		{"not a name", "-input pubsub://shop/o!", "", 2, `subscription "o!" is not a name`},
		{"unknown setting", "-input pubsub://shop/orders?leese=1s", "", 2, `no setting "leese": want pulls,`},
		{"wrong value", "-input pubsub://shop/orders?ack=never", "", 2, "ack=never: want outcome or bundle"},
		{"half a second", "-input pubsub://shop/orders?lease=1500ms", "", 2, "lease=1500ms: want whole seconds"},
		{"two subscriptions", "-input pubsub://shop/orders -input pubsub://shop/success", "", 2, "and 1 more: want one subscription alone"},
		{"an end", "-input pubsub://shop/orders -at-end timeout", "", 2, "-at-end: a subscription has no end"},
		{"open orders", "-input pubsub://shop/orders -open x", "", 2, "-open"},
		{"not JSON", "-input pubsub://shop/orders -format csv", "", 2, `-format "csv"`},
		{"columns", "-input pubsub://shop/orders -columns a,b", "", 2, `-columns "a,b": a message holds JSON lines`},
		{"wrong topic", "-input pubsub://shop/orders -success pubsub://shop/", "", 2, "-success: pubsub"},
		{"setting of the other kind", "-input pubsub://shop/orders -timeouts pubsub://shop/timeouts?lease=1s", "", 2, `no setting "lease"`},
		{"nowhere for what is refused", "-input pubsub://shop/orders -timeouts https://x.example/", "", 2, "-timeouts: a webhook wants -rejects"},
		{"in the clear", "-input pubsub://shop/orders -rejects pubsub://shop/rejects -timeouts http://x.example/", secret, 2, "want https"},

		{"no such subscription", "-input pubsub://shop/none", "", 1, `pubsub://shop/none": no such subscription`},
		{"no such project", "-input pubsub://shoe/orders", "", 1, `pubsub://shoe/orders": no such subscription`},
		{"no such topic", "-input pubsub://shop/orders -rejects pubsub://shop/none", "", 1, "-rejects: pubsub: topic projects/shop/topics/none: does not exist"},
		{"a lease of all the time", "-input pubsub://shop/orders?lease=3s -within 3s", "", 1, "lease=3s: want less than the window of 3s"},
		{"no secret", "-input pubsub://shop/orders -rejects pubsub://shop/rejects -timeouts https://x.example/", "", 1, "-timeouts: webhook: no secret to sign with: set ORDERTIMEOUT_WEBHOOK_SECRET"},
		{"nobody there", "-input pubsub://shop/orders", "PUBSUB_EMULATOR_HOST=" + l.Addr().String(), 1, "connection refused"},
	} {
		p := start(t, []string{test.environment}, strings.Fields(test.args)...)
		r := p.wait()
		first, rest, _ := strings.Cut(r.stderr, "\n")
		lines := 0 // after the first
		if test.status == exitUsage {
			lines = 1
		}
		if r.status != test.status || !strings.HasPrefix(first, "ordertimeout: ") || !strings.Contains(first, test.want) || strings.Count(rest, "\n") != lines {
			t.Errorf("%s: status %d, stderr:\n%swant %d, one line with: %s", test.reason, r.status, r.stderr, test.status, test.want)
		}
	}
	if n := f.pulled(); n > 0 {
		t.Errorf("%d messages were pulled", n)
	}
}
