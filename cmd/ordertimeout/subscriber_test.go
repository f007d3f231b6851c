package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/google/go-cmp/cmp"
)

// The names at the Pub/Sub of these tests.
const (
	project     = "shop"
	ordersTopic = "projects/shop/topics/orders"
	ordersSub   = "projects/shop/subscriptions/orders"
)

// outputTopics are the topics that the command publishes to, each with a subscription
// of the same name.
var outputTopics = []string{"success", "timeouts", "rejects"}

// shop publishes orders at a server, and collects what the command publishes of
// them.
type shop struct {
	t      *testing.T
	client *pubsub.Client

	mu   sync.Mutex
	told map[string]notice // by the id of the message: one delivered twice counts once
}

// notice is a message that the command published.
type notice struct {
	topic      string
	attributes map[string]string
	body       []byte
	published  time.Time
}

// newShop makes the topics and subscriptions at the server of an address, the one
// of the orders as given, and starts to collect. This process and those that it
// starts find the server by its environment.
func newShop(t *testing.T, address string, orders *pubsubpb.Subscription) *shop {
	t.Helper()
	t.Setenv("PUBSUB_EMULATOR_HOST", address)
	client, err := pubsub.NewClient(t.Context(), project)
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, client: client, told: map[string]notice{}}
	orders.Name, orders.Topic = ordersSub, ordersTopic
	s.create(orders)
	ctx, cancel := context.WithCancel(context.Background())
	var collectors sync.WaitGroup
	for _, topic := range outputTopics {
		s.create(&pubsubpb.Subscription{
			Name: "projects/shop/subscriptions/" + topic, Topic: "projects/shop/topics/" + topic, AckDeadlineSeconds: 10,
		})
		collectors.Go(func() { s.collect(ctx, topic) })
	}
	t.Cleanup(func() {
		cancel()
		collectors.Wait()
		client.Close()
	})
	return s
}

func (s *shop) create(sub *pubsubpb.Subscription) {
	s.t.Helper()
	if _, err := s.client.TopicAdminClient.CreateTopic(s.t.Context(), &pubsubpb.Topic{Name: sub.Topic}); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.client.SubscriptionAdminClient.CreateSubscription(s.t.Context(), sub); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) collect(ctx context.Context, topic string) {
	for ctx.Err() == nil { // a server that was frozen may end it
		_ = s.client.Subscriber(topic).Receive(ctx, func(_ context.Context, m *pubsub.Message) {
			s.mu.Lock()
			s.told[topic+m.ID] = notice{topic, m.Attributes, m.Data, m.PublishTime}
			s.mu.Unlock()
			m.Ack()
		})
	}
}

// notices returns what was published to a topic so far.
func (s *shop) notices(topic string) []notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []notice
	for _, n := range s.told {
		if n.topic == topic {
			list = append(list, n)
		}
	}
	return list
}

// outcomes returns the different outcomes that were told of each order, such as
// "success", or "success timeout" where there are two. A repeat has the same id
// and does not count.
func (s *shop) outcomes() map[string]string {
	ids := map[string]string{}
	for _, topic := range outputTopics[:2] {
		for _, n := range s.notices(topic) {
			ids[n.attributes["id"]] = n.attributes["orderId"] + " " + n.attributes["outcome"]
		}
	}
	told := map[string]string{}
	for _, text := range slices.Sorted(maps.Values(ids)) {
		orderID, outcome, _ := strings.Cut(text, " ")
		told[orderID] = strings.TrimSpace(told[orderID] + " " + outcome)
	}
	return told
}

// checkOutcomes compares the outcomes told so far, and what their attributes say
// with what is in them.
func (s *shop) checkOutcomes(want map[string]string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.outcomes()); diff != "" {
		s.t.Errorf("outcomes of %d orders (-want +got):\n%s", len(want), diff)
	}
	for i, topic := range outputTopics[:2] {
		for _, n := range s.notices(topic) {
			var body struct{ ID, Outcome, OrderID, UserID string }
			err := json.Unmarshal(n.body, &body)
			inside := map[string]string{"id": body.ID, "outcome": body.Outcome, "orderId": body.OrderID, "userId": body.UserID}
			if diff := cmp.Diff(inside, n.attributes); err != nil || diff != "" || body.Outcome != []string{"success", "timeout"}[i] {
				s.t.Errorf("%s: %s, %v, attributes (-body +attributes):\n%s", topic, n.body, err, diff)
			}
		}
	}
}

// publish publishes messages.
func (s *shop) publish(bodies ...string) {
	s.t.Helper()
	if err := s.tryPublish(bodies); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) tryPublish(bodies []string) error {
	request := &pubsubpb.PublishRequest{Topic: ordersTopic}
	for _, body := range bodies {
		m := &pubsubpb.PubsubMessage{Data: []byte(body)}
		if body == "" { // which a server takes only with an attribute
			m.Attributes = map[string]string{"is": "empty"}
		}
		request.Messages = append(request.Messages, m)
	}
	_, err := s.client.TopicAdminClient.Publish(context.Background(), request)
	return err
}

// liveEvent is an event as a line of JSON.
func liveEvent(orderID, typ string, at time.Time) string {
	return fmt.Sprintf(`{"orderId":%q,"userId":"user of %s","type":%q,"time":%d}`, orderID, orderID, typ, at.UnixMilli())
}

// trade publishes an order every few milliseconds, until it is stopped. All but
// every fifth are paid, within a quarter of the time that they have. A payment is
// published when it is made, or all at once at the end.
type trade struct {
	shop   *shop
	within time.Duration
	packed float64           // the share of the events that come with others in a message of four
	want   map[string]string // the outcome of each order
	due    []payment
	held   []string // events of a message that is not full yet
	end    chan struct{}
	ended  chan struct{}
}

type payment struct {
	orderID string
	at      time.Time
}

// startTrade starts a trade in which a third of the events comes in messages of four.
func (s *shop) startTrade(name string, every, within time.Duration) *trade {
	return s.startPackedTrade(name, every, within, 1.0/3)
}

// startPackedTrade starts a trade in which so much of the events comes in messages of
// four.
func (s *shop) startPackedTrade(name string, every, within time.Duration, packed float64) *trade {
	tr := &trade{shop: s, within: within, packed: packed, want: map[string]string{}, end: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(tr.ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case now := <-tick.C:
				tr.order(fmt.Sprint(name, n), n%5 != 0, now)
				tr.pay(now)
			case <-tr.end:
				tr.pay(time.Now().Add(within))
				tr.flush()
				return
			}
		}
	}()
	return tr
}

// stop ends the trade and returns the outcome that each of its orders is to have.
func (tr *trade) stop() map[string]string {
	close(tr.end)
	<-tr.ended
	return tr.want
}

func (tr *trade) order(orderID string, paid bool, now time.Time) {
	tr.want[orderID] = "timeout"
	if paid {
		tr.want[orderID] = "success"
		tr.due = append(tr.due, payment{orderID, now.Add(rand.N(tr.within / 4))})
	}
	tr.send(liveEvent(orderID, "create", now))
}

func (tr *trade) pay(now time.Time) {
	tr.due = slices.DeleteFunc(tr.due, func(p payment) bool {
		if p.at.After(now) {
			return false
		}
		tr.send(liveEvent(p.orderID, "pay", p.at))
		return true
	})
}

// send publishes an event, or keeps it for a message of many.
func (tr *trade) send(event string) {
	if rand.Float64() >= tr.packed {
		tr.publish(event)
		return
	}
	if tr.held = append(tr.held, event); len(tr.held) == 4 {
		tr.flush()
	}
}

func (tr *trade) flush() {
	if len(tr.held) > 0 {
		tr.publish(strings.Join(tr.held, "\n"))
	}
	tr.held = nil
}

// publish tries until the server has the message.
func (tr *trade) publish(body string) {
	end := time.Now().Add(time.Minute)
	for err := tr.shop.tryPublish([]string{body}); err != nil; err = tr.shop.tryPublish([]string{body}) {
		if time.Now().After(end) {
			tr.shop.t.Error(err)
			return
		}
	}
}

// process is a command that runs.
type child struct {
	t      *testing.T
	cmd    *exec.Cmd
	stderr bytes.Buffer // complete once ended
	ended  chan struct{}
	err    error
}

// ordersURI is the subscription of the orders, with a lease and a window that let a
// run begin within seconds.
const ordersURI = "pubsub://shop/orders?lease=1s&window=500ms"

// liveFlags are the flags of a command that reads the orders and publishes what
// comes of them.
func liveFlags(within time.Duration, more ...string) []string {
	return append([]string{
		"-input", ordersURI, "-within", within.String(), "-disorder", "500ms",
		"-success", "pubsub://shop/success", "-timeouts", "pubsub://shop/timeouts", "-rejects", "pubsub://shop/rejects",
	}, more...)
}

// start starts the command, with more in its environment.
func start(t *testing.T, environment []string, args ...string) *child {
	t.Helper()
	return startTo(t, nil, environment, args...)
}

// startTo is start of a command whose standard output is a file; nil: it goes nowhere.
func startTo(t *testing.T, stdout *os.File, environment []string, args ...string) *child {
	t.Helper()
	p := &child{t: t, cmd: command(t, args...), ended: make(chan struct{})}
	if stdout != nil {
		p.cmd.Stdout = stdout
	}
	p.cmd.Env = append(p.cmd.Env, environment...)
	p.cmd.Stderr = &p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		p.err = p.cmd.Wait()
	}()
	t.Cleanup(p.kill)
	return p
}

func (p *child) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// wait waits for a command that ends by itself.
func (p *child) wait() result {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		_ = p.cmd.Process.Signal(syscall.SIGQUIT) // it then says where it stands
		<-p.ended
		p.t.Fatalf("the command does not end: %v: %s", p.cmd.Args[1:], &p.stderr)
	}
	return finished(p.t, p.err, new(bytes.Buffer), &p.stderr)
}

// stopTime is how long a command may take to end once it was asked to.
const stopTime = 5 * time.Second

// stop asks the command to end, and checks that it does so in time.
func (p *child) stop() result {
	p.t.Helper()
	start := time.Now()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	r := p.wait()
	took := time.Since(start)
	p.t.Logf("the command has ended in %v with %d: %s", took.Round(time.Millisecond), r.status, r.stderr)
	if took > stopTime {
		p.t.Errorf("it took %v to stop: want at most %v", took, stopTime)
	}
	return r
}

// stopWell is stop of a command that is to have nothing to complain of, and that
// may leave messages to the next run only where that is said.
func (p *child) stopWell(mayLeave bool) {
	p.t.Helper()
	r := p.stop()
	lines := strings.Count(r.stderr, "\n")
	for _, advice := range []string{"rejects: ", "orphans: ", "late: "} { // there may be any, after a restart
		lines -= strings.Count(r.stderr, "ordertimeout: "+advice)
	}
	if mayLeave && strings.Contains(r.stderr, "messages were left to the next run") {
		lines--
	}
	if r.status != 0 || strings.Count(r.stderr, "(adds up)") != 2 || lines != 3 {
		p.t.Errorf("status %d, want 0 and two lines that add up after one about the signal:\n%s", r.status, r.stderr)
	}
}

// pollEvery is how often a test looks whether something has happened.
const pollEvery = 10 * time.Millisecond

// await waits until something holds, for a limited time, while the command runs.
func (p *child) await(what string, limit time.Duration, holds func() bool) {
	p.t.Helper()
	eventually(p.t, what, limit, func() bool {
		select {
		case <-p.ended:
			p.t.Fatalf("the command ended before %s: %v: %s", what, p.err, &p.stderr)
		default:
		}
		return holds()
	})
}

// eventually waits until something holds, for a limited time.
func eventually(t *testing.T, what string, limit time.Duration, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !holds(); time.Sleep(pollEvery) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}
