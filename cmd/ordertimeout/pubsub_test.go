package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"github.com/google/go-cmp/cmp"
)

// fake is the client library's server in memory. It delivers in random order.
type fake struct {
	*pstest.Server
	*shop

	trap sync.Mutex
	// on is told of each request to publish or to acknowledge, before it is
	// followed. It must not call the server.
	on func(request any)
}

func newFake(t *testing.T) *fake {
	f := &fake{}
	f.Server = pstest.NewServer(
		pstest.ServerReactorOption{FuncName: "Publish", Reactor: f},
		pstest.ServerReactorOption{FuncName: "Acknowledge", Reactor: f},
	)
	t.Cleanup(func() { f.Server.Close() })
	f.shop = newShop(t, f.Addr, &pubsubpb.Subscription{AckDeadlineSeconds: 1})
	return f
}

// React implements pstest.Reactor.
func (f *fake) React(request any) (handled bool, answer any, err error) {
	f.trap.Lock()
	defer f.trap.Unlock()
	if f.on != nil {
		f.on(request)
	}
	return false, nil, nil
}

func (f *fake) setTrap(on func(request any)) {
	f.trap.Lock()
	defer f.trap.Unlock()
	f.on = on
}

// acked counts the messages of the orders' topic by how often they were
// acknowledged.
func (f *fake) acked() map[int]int {
	counts := map[int]int{}
	for _, m := range f.Messages() {
		if m.Topic == ordersTopic {
			counts[m.Acks]++
		}
	}
	return counts
}

// pulled counts the messages of the orders' topic that were delivered.
func (f *fake) pulled() (n int) {
	for _, m := range f.Messages() {
		if m.Topic == ordersTopic && m.Deliveries > 0 {
			n++
		}
	}
	return n
}

// publishWave publishes 40 orders, half of them in one message, and one of each
// kind of reject. It returns the outcome that each order is to have.
func (f *fake) publishWave(name string) map[string]string {
	want := map[string]string{}
	created := time.Now()
	paid := created.Add(300 * time.Millisecond)
	var packed []string
	for i := range 40 {
		orderID := fmt.Sprint(name, i)
		events := []string{liveEvent(orderID, "create", created)}
		want[orderID] = "timeout"
		if i%4 != 0 {
			want[orderID] = "success"
			events = append(events, liveEvent(orderID, "pay", paid))
		}
		if i < 20 {
			f.publish(events...)
		} else {
			packed = append(packed, events...)
		}
	}
	packed = append(packed, "", "[1]")
	f.publish(
		strings.Join(packed, "\n"),
		liveEvent(name+"1", "create", created),   // a publisher's second copy
		liveEvent(name+"none", "pay", paid),      // of an order that nobody knows
		liveEvent(name+"2", "view", paid),        // of a type that the pattern does not name
		"an order, please", "\x1f\x8b\x08\x00zz", // the latter compressed by mistake
		"",
	)
	return want
}

func TestOrdersFromTopicToTopic(t *testing.T) {
	f := newFake(t)
	want := f.publishWave("a") // a backlog
	summary := t.TempDir() + "/summary"
	// The last of two flags counts. Whatever the load, nothing is to be late.
	p := start(t, nil, liveFlags(2*time.Second, "-summary", summary, "-disorder", "3s")...)
	p.await("the outcome of an order", 30*time.Second, func() bool { return len(f.outcomes()) > 0 })
	maps.Copy(want, f.publishWave("b"))
	p.await("the outcomes of all orders", 30*time.Second, func() bool { return len(f.outcomes()) == len(want) })
	p.await("an acknowledgement of every message", 30*time.Second, func() bool { return f.acked()[0] == 0 })
	p.stopWell(false)

	f.checkOutcomes(want)
	eventually(t, "the rejects", 30*time.Second, func() bool { return len(f.notices("rejects")) >= 12 })
	for _, topic := range outputTopics {
		if got, want := len(f.notices(topic)), map[string]int{"success": 60, "timeouts": 20, "rejects": 12}[topic]; got != want {
			t.Errorf("%s: %d messages, want %d: nothing is to be told twice", topic, got, want)
		}
	}
	reasons := map[string]int{}
	for _, n := range f.notices("rejects") {
		var r struct{ Reason, Error, Source string }
		if err := json.Unmarshal(n.body, &r); err != nil || r.Error == "" || !strings.HasPrefix(r.Source, "message m") || n.attributes["outcome"] != "reject" {
			t.Errorf("reject %s, %v: %v", n.body, n.attributes, err)
		}
		reasons[r.Reason]++
	}
	if diff := cmp.Diff(map[string]int{"duplicate": 2, "orphan": 2, "malformed": 8}, reasons); diff != "" {
		t.Errorf("reasons of the rejects (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[int]int{1: 84}, f.acked()); diff != "" {
		t.Errorf("messages by number of acknowledgements (-want +got):\n%s", diff)
	}
	const counters = `{"read":154,"started":80,"advanced":60,"duplicate":2,"orphan":2,"other":2,"late":0,"malformed":8,"returned":0,"success":60,"timeout":20,"broken":0,"open":0}`
	if got := read(t, summary); got != counters+"\n" {
		t.Errorf("summary %swant    %s", got, counters)
	}
}

// An order that is open at a stop has no outcome before the next process gives it.
func TestStopUnderLoad(t *testing.T) {
	const within = 6 * time.Second
	f := newFake(t)
	tr := f.startTrade("o", 5*time.Millisecond, within)
	p := start(t, nil, liveFlags(within)...)
	p.await("200 successes", 60*time.Second, func() bool { return len(f.notices("success")) >= 200 })
	p.stopWell(true) // a busy machine may not deliver all in the time that it has
	if unacked := f.acked()[0]; unacked == 0 {
		t.Error("every message is acknowledged: no order was open at the stop")
	}
	next := start(t, nil, liveFlags(within)...)
	want := tr.stop()
	next.await("the outcomes of all orders", 60*time.Second, func() bool { return len(f.outcomes()) >= len(want) })
	next.await("an acknowledgement of every message", 30*time.Second, func() bool { return f.acked()[0] == 0 })
	next.stopWell(false)
	f.checkOutcomes(want)
	f.checkAlertTimes()
}

// checkAlertTimes checks that no timeout was told before its deadline.
func (s *shop) checkAlertTimes() {
	s.t.Helper()
	for _, n := range s.notices("timeouts") {
		var alert struct{ Deadline time.Time }
		if err := json.Unmarshal(n.body, &alert); err != nil || n.published.Before(alert.Deadline) {
			s.t.Errorf("published at %v, before the deadline: %s, %v", n.published, n.body, err)
		}
	}
}

// A server that goes away keeps no process from ending, and what it could not
// deliver or acknowledge is for the next one.
func TestStopWithoutServer(t *testing.T) {
	for _, test := range []struct {
		name, reason string
		fail         func(*link)
	}{
		{"cut", "connections are refused", (*link).cut},
		{"frozen", "requests are never answered", (*link).freeze},
	} {
		t.Run(test.name, func(t *testing.T) {
			const within = 6 * time.Second
			f := newFake(t)
			l := newLink(t, f.Addr)
			tr := f.startTrade("o", 5*time.Millisecond, within)
			p := start(t, []string{"PUBSUB_EMULATOR_HOST=" + l.address()}, liveFlags(within)...)
			p.await("200 successes", 60*time.Second, func() bool { return len(f.notices("success")) >= 200 })
			test.fail(l)
			r := p.stop()
			if r.status != 0 || strings.Count(r.stderr, "(adds up)") != 2 {
				t.Errorf("%s: status %d, want 0 as nothing is lost, and figures that add up: %s", test.reason, r.status, r.stderr)
			}
			next := start(t, nil, liveFlags(within)...)
			want := tr.stop()
			next.await("the outcomes of all orders", 60*time.Second, func() bool { return len(f.outcomes()) >= len(want) })
			next.await("an acknowledgement of every message", 30*time.Second, func() bool { return f.acked()[0] == 0 })
			next.stopWell(false)
			f.checkOutcomes(want)
			f.checkAlertTimes()
		})
	}
}

// link is a way to a server that can fail.
type link struct {
	listener net.Listener
	server   string
	gate     sync.RWMutex // locked while the link is frozen

	mu    sync.Mutex
	conns []net.Conn
}

func newLink(t *testing.T, server string) *link {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &link{listener: listener, server: server}
	go l.serve()
	t.Cleanup(func() {
		l.cut()
		if !l.gate.TryLock() { // it was frozen
			l.gate.Unlock()
		}
	})
	return l
}

func (l *link) address() string { return l.listener.Addr().String() }

func (l *link) serve() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", l.server)
		if err != nil {
			near.Close()
			continue
		}
		l.mu.Lock()
		l.conns = append(l.conns, near, far)
		l.mu.Unlock()
		go l.carry(near, far)
		go l.carry(far, near)
	}
}

func (l *link) carry(to, from net.Conn) {
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		l.gate.RLock()
		_, err = to.Write(buf[:n])
		l.gate.RUnlock()
		if err != nil {
			return
		}
	}
}

// freeze lets nothing through any more.
func (l *link) freeze() { l.gate.Lock() }

// cut ends all connections and takes no more.
func (l *link) cut() {
	l.listener.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		c.Close()
	}
}
