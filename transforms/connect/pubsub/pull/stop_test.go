package pull

import (
	"fmt"
	"testing"
	"time"

	"ordertimeout/transforms/connect/pubsub/client"
	"ordertimeout/transforms/connect/pubsub/pubsubtest"
	"ordertimeout/transforms/process"
)

// A pull that is out at a stop would get at once what is given back then, and
// where it is cancelled as it does, the message is nobody's until its lease ends.
func TestWhatIsGivenBackAtAStopIsNotPulledAgain(t *testing.T) {
	server := pubsubtest.NewServer(t, 600)
	const n = 50
	for i := range n {
		server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event(fmt.Sprint("o", i))), nil)
	}
	run := process.NewRun()
	defer run.Close()
	p, err := pullerOf(t.Context(), newSource(t, run.ID, run.ID, pubsubtest.URI))
	if err != nil {
		t.Fatal(err)
	}
	awaitHeld(t, p, n)
	run.Stop()
	p.pulling.Wait() // for the pulls that were out
	run.Close()
	for _, m := range server.Messages() {
		if back := givenBack(m); m.Deliveries != 1 || back != 1 {
			t.Errorf("message %s: %d times delivered, %d times given back; want 1 and 1", m.ID, m.Deliveries, back)
		}
	}
}

// awaitHeld waits until so many messages are held.
func awaitHeld(t *testing.T, p *puller, n int) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !p.held.IsFull(n); client.Pause(t.Context(), time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %d messages", n)
		}
	}
}
