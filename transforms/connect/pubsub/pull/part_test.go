package pull

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"ordertimeout/transforms/connect/pubsub/client"
	"ordertimeout/transforms/connect/pubsub/message"
	"ordertimeout/transforms/connect/pubsub/pubsubtest"
	"ordertimeout/transforms/process"
)

// largest is the size of the largest message that there is, less what its frame takes.
const largest = 9_900_000

// lines returns a message of the same line again and again.
func lines(line string, size int) *pubsubpb.PubsubMessage {
	return &pubsubpb.PubsubMessage{MessageId: "m", Data: bytes.Repeat([]byte(line+"\n"), size/(len(line)+1))}
}

// heap returns how much memory is in use.
func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// The largest message of the shortest lines takes little more memory than itself while
// nobody takes what is read of it.
func TestLargeMessageTakesLittleMemory(t *testing.T) {
	const most = 48 << 20
	for _, line := range []string{"x", `{"orderId":1,"type":"a","time":1}`} {
		p := newIdlePuller()
		m := lines(line, largest)
		want := int64(bytes.Count(m.Data, []byte{'\n'}))
		before := heap()
		r, done := p.reader(), make(chan struct{})
		go func() {
			defer close(done)
			p.add(r, []*pubsubpb.ReceivedMessage{{AckId: "1", Message: m}})
		}()
		filled := func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.queued >= maxQueued
		}
		for !filled() && !ended(done) {
			client.Pause(t.Context(), time.Millisecond)
		}
		if used := heap() - before; used > most {
			t.Errorf("%s: %d bytes in use, want %d at most", line, used, most)
		}
		records, blocks := int64(0), 0
		for b := (*block)(nil); ; {
			finished := ended(done)
			if b, _ = p.next(); b == nil && finished {
				break
			}
			if b == nil {
				select {
				case <-p.arrived:
				case <-done:
				}
				continue
			}
			blocks++
			records += b.Records()
			if b.Held() > 2*message.BlockRecords || b.Size > 2*message.BlockSize+len(line) {
				t.Errorf("%s: a block of %d events and rejects, and of %d bytes", line, b.Held(), b.Size)
			}
		}
		runtime.KeepAlive(m)
		if records != want || blocks < 20 {
			t.Errorf("%s: %d lines in %d blocks, want %d in 20 at least", line, records, blocks, want)
		}
	}
}

func ended(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// A large message is acknowledged once what its last part holds is done, too.
func TestLargeMessageIsReadAndAcknowledgedOnce(t *testing.T) {
	for _, ack := range []string{"outcome", "bundle"} {
		t.Run(ack, func(t *testing.T) {
			server := pubsubtest.NewServer(t, 600)
			j := startJob(t, server, "ack="+ack, true, "")
			const events, bad = 3 * message.BlockRecords, 5 * message.MaxRejects
			var data strings.Builder
			for i := range events {
				data.WriteString(pubsubtest.Event(fmt.Sprint("o", i)) + "\n")
			}
			server.Publish(pubsubtest.Topic, []byte(data.String()+strings.Repeat("x\n", bad)), nil)
			j.await("all events and rejects", func() bool { return len(j.events) == events && len(j.rejects) == message.MaxRejects+1 })
			j.await("the acknowledgement", func() bool { return j.unacked() == 0 })
			if err := j.stop(); err != nil {
				t.Error(err)
			}
			pubsubtest.WantAckedOnce(t, server)
			for place, times := range j.events {
				if times != 1 {
					t.Errorf("%s came %d times", place, times)
				}
			}
			if c := j.run.Counters(); c["read"] != events+bad || c["malformed"] != bad {
				t.Errorf("counted %d lines and %d bad ones, want %d and %d", c["read"], c["malformed"], events+bad, bad)
			}
		})
	}
}

// A stop finds a large message half read, with no room for more.
func TestLargeMessageIsGivenBackAtAStop(t *testing.T) {
	server := pubsubtest.NewServer(t, 600)
	server.Publish(pubsubtest.Topic, lines(`{"orderId":1,"type":"a","time":1}`, 2*maxQueued/message.RecordSize*34).Data, nil)
	server.Publish(pubsubtest.Topic, []byte(pubsubtest.Event("after it, in the same pull or in another")), nil)
	run := process.NewRun()
	defer run.Close()
	p, err := pullerOf(t.Context(), newSource(t, run.ID, run.ID, pubsubtest.URI+"?pulls=1"))
	if err != nil {
		t.Fatal(err)
	}
	for full := false; !full; client.Pause(t.Context(), time.Millisecond) {
		p.mu.Lock()
		full = p.queued >= maxQueued
		p.mu.Unlock()
	}
	run.Stop()
	run.Close()
	for _, m := range server.Messages() {
		if back := givenBack(m); m.Deliveries > 1 || back != m.Deliveries || m.Acks > 0 {
			t.Errorf("message %s: %d times delivered, %d times given back, %d times acknowledged; want it given back if delivered", m.ID, m.Deliveries, back, m.Acks)
		}
	}
}
