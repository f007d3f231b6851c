package pull

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/connect/pubsub/pubsubtest"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"

	"cloud.google.com/go/pubsub/v2/pstest"
)

// startCarried starts a job with a carry file, of one shard, whose points come so often.
func startCarried(t *testing.T, server *pstest.Server, path string, every time.Duration) *job {
	t.Helper()
	run := process.NewRun()
	if _, err := carry.Open(run, carry.Config{Path: path, Every: every, Source: "pubsub", Shards: 1}); err != nil {
		t.Fatal(err)
	}
	return startRun(t, run, server, "ack=carry", newTally(false))
}

// publish publishes events of orders by name, one a message.
func publish(server *pstest.Server, name string, n int) {
	for i := range n {
		server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event(fmt.Sprint(name, i))), nil)
	}
}

func TestAMessageIsAcknowledgedOnceTheCarryFileHasIt(t *testing.T) {
	server := pubsubtest.NewServer(t, 10)
	path := filepath.Join(t.TempDir(), "orders.carry")
	j := startCarried(t, server, path, time.Hour)
	publish(server, "o", 300)
	j.await("all events", func() bool { return len(j.events) == 300 })
	if n := j.unacked(); n != 300 || j.refs["o0"] != 0 {
		t.Errorf("before the first point: %d messages are held, and an event has the Ref %d", n, j.refs["o0"])
	}
	if err := j.stop(); err != nil {
		t.Error(err)
	}
	if j.points != 1 {
		t.Errorf("%d points, want that of the stop", j.points)
	}
	pubsubtest.WantAckedOnce(t, server)
	if f, err := carry.Read(path); err != nil || f.Watermark < 0 {
		t.Errorf("the file: %v", err)
	}

	// The next process goes on: it begins with the state, and makes points as it reads.
	j = startCarried(t, server, path, 50*time.Millisecond)
	publish(server, "p", 200)
	j.await("all events and acknowledgements", func() bool { return len(j.events) == 200 && j.unacked() == 0 })
	if err := j.stop(); err != nil {
		t.Error(err)
	}
	if len(j.kinds) == 0 || j.kinds[0] != order.MarkGoOn {
		t.Errorf("the first marks are %v, want the one to go on", j.kinds)
	}
	pubsubtest.WantAckedOnce(t, server)
}

// The process dies behind the file and before the acknowledgements, so that the messages come
// again: their events are in the state.
func TestWhatTheCarryFileHasDoesNotComeAgain(t *testing.T) {
	down := status.Error(codes.Unavailable, "down")
	acks := &script{}
	for range 10_000 {
		acks.errors = append(acks.errors, down)
	}
	server := pubsubtest.NewServer(t, 10, acks.on("Acknowledge"))
	path := filepath.Join(t.TempDir(), "orders.carry")
	j := startCarried(t, server, path, time.Hour)
	publish(server, "o", 100)
	j.await("all events", func() bool { return len(j.events) == 100 })
	if err := j.stop(); err != nil {
		t.Error(err)
	}
	acks.mu.Lock()
	acks.errors = nil
	acks.mu.Unlock()

	j = startCarried(t, server, path, time.Hour)
	publish(server, "p", 10)
	j.await("the new events, and the old messages", func() bool {
		return len(j.events) == 10 && j.run.Counters()[count.Redelivered] == 100 && j.unacked() == 10
	})
	j.run.Close() // as in a crash: there is no point
	<-j.ended

	// What came after the file comes again, and what was acknowledged does not.
	j = startCarried(t, server, path, 50*time.Millisecond)
	j.await("what was read since the file", func() bool { return len(j.events) == 10 && j.unacked() == 0 })
	if err := j.stop(); err != nil {
		t.Error(err)
	}
	if j.events["x"] != 0 || j.run.Counters()[count.Redelivered] != 0 {
		t.Errorf("%d messages came again that were acknowledged", j.run.Counters()[count.Redelivered])
	}
}

// A large message comes in parts. A point stands before or behind it.
func TestACarryPointStandsBetweenMessages(t *testing.T) {
	server := pubsubtest.NewServer(t, 10)
	path := filepath.Join(t.TempDir(), "orders.carry")
	j := startCarried(t, server, path, time.Nanosecond)
	const lines = 30_000
	var text []byte
	for i := range lines {
		text = append(text, pubsubtest.Event(fmt.Sprint("o", i))+"\n"...)
	}
	server.Publish(pubsubtest.Topic, text, nil)
	j.await("all of it", func() bool { return len(j.events) == lines })
	if err := j.stop(); err != nil {
		t.Error(err)
	}
	pubsubtest.WantAckedOnce(t, server)
	for _, at := range j.at {
		if at != 0 && at != lines {
			t.Errorf("a point behind %d of the message's %d events", at, lines)
		}
	}
}

// A position of something else is refused.
func TestAForeignPositionIsRefused(t *testing.T) {
	for _, test := range []struct{ position, want string }{
		{`{"version":1,"subscription":"projects/shop/subscriptions/orders","messages":{"5":["a"]}}`, ""},
		{`{"version":2}`, "the position in the carry file has version 2: want 1"},
		{`{"version":1,"subscription":"projects/shop/subscriptions/others"}`, "the carry file is of projects/shop/subscriptions/others: want that subscription, or another file"},
		{`[]`, "the position in the carry file: json: cannot unmarshal array into Go value of type pull.position"},
	} {
		file := carry.File{Position: []byte(test.position)}
		_, err := newCarrier(nil, &file, "projects/shop/subscriptions/orders")
		if got := fmt.Sprint(err); err != nil && got != test.want || err == nil && test.want != "" {
			t.Errorf("%s: got %v, want %q", test.position, err, test.want)
		}
	}
}
