package pubsub

import (
	"fmt"
	"testing"
	"time"

	"ordertimeout/transforms/process"
)

// A pull that is out at a stop would get at once what is given back then, and
// where it is cancelled as it does, the message is nobody's until its lease ends.
func TestWhatIsGivenBackAtAStopIsNotPulledAgain(t *testing.T) {
	server := newServer(t, 600)
	const n = 50
	for i := range n {
		server.Publish(testTopic, []byte(event(fmt.Sprint("o", i))), nil)
	}
	run := process.NewRun()
	defer run.Close()
	p, err := pullerOf(t.Context(), run.ID, Config{Subscription: "pubsub://shop/orders", Run: run.ID, Within: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	for !p.held.isFull(n) {
		pause(t.Context(), time.Millisecond)
	}
	run.Stop()
	pause(t.Context(), pullGrace) // by then the pulls that were out have ended
	run.Close()
	for _, m := range server.Messages() {
		if back := givenBack(m); m.Deliveries != 1 || back != 1 {
			t.Errorf("message %s: %d times delivered, %d times given back; want 1 and 1", m.ID, m.Deliveries, back)
		}
	}
}
