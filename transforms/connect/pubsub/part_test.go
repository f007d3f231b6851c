package pubsub

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// largest is the size of the largest message that there is, less what its frame takes.
const largest = 9_900_000

// lines returns a message of the same line again and again.
func lines(line string, size int) *pubsubpb.PubsubMessage {
	return &pubsubpb.PubsubMessage{MessageId: "m", Data: bytes.Repeat([]byte(line+"\n"), size/(len(line)+1))}
}

func TestLinesBeyondTheLimitShareAReject(t *testing.T) {
	for n, beyond := range map[int]string{
		maxRejects:     "",
		maxRejects + 1: "#[1001] message m:1001: not JSON: invalid character 'x' looking for beginning of value at byte 1",
		10 * maxRejects: "#[1001] message m:1001: 9000 more lines of the message are no events, of which this is the first: " +
			"not JSON: invalid character 'x' looking for beginning of value at byte 1",
	} {
		r := &reader{decoder: &order.Decoder{}}
		got := read(Subscription{}, lines("x", 2*n))
		last := ""
		if len(got) > maxRejects {
			last = got[len(got)-1]
		}
		if len(got) > maxRejects+1 || last != beyond {
			t.Errorf("%d lines: %d rejects, the last is %s, want %s", n, len(got), last, beyond)
		}
		r.add(lines("x", 2*n), &input{})
		if got := r.blocks[0].records(); got != int64(n) || r.blocks[0].malformed != got {
			t.Errorf("%d lines: %d are counted", n, got)
		}
	}
}

// What a message holds is the same in parts, each line once.
func TestLargeMessageIsReadInParts(t *testing.T) {
	var data strings.Builder
	want := 0
	for data.Len() < 8*blockSize {
		switch want++; want % 10 {
		case 0:
			fmt.Fprintf(&data, "x\n\n")
		case 1: // larger than a block
			fmt.Fprintf(&data, `{"orderId":%q,"type":"a","time":1}`+"\n", strings.Repeat("o", want%20/10*2*blockSize))
		default:
			fmt.Fprintf(&data, `{"orderId":%d,"type":"a","time":1}`+"\n \n", want)
		}
	}
	m := &pubsubpb.PubsubMessage{MessageId: "m", Data: []byte(data.String() + strings.Repeat("\n", 2*blockSize))}
	refs, parts, lastParts := 0, 0, 0
	r := &reader{decoder: &order.Decoder{}, expect: func(_ *input, events, rejects int, last bool) uint64 {
		n := events + rejects
		if parts++; last {
			lastParts++
		}
		refs += n
		return uint64(refs - n + 1)
	}}
	r.add(m, &input{})
	places, size, records := map[string]int{}, 0, 0
	for _, b := range r.blocks {
		size, records = size+b.size, records+int(b.records())
		if b.records() == 0 || len(b.inputs) != 1 {
			t.Errorf("a block of %d lines and %d inputs", b.records(), len(b.inputs))
		}
		for _, e := range b.events[1:] {
			places[order.Place(e.Source, e.Line)]++
		}
		for _, x := range b.rejects {
			places[x.Source]++
		}
	}
	if parts != len(r.blocks) || parts < 4 || lastParts != 1 {
		t.Errorf("%d blocks, %d parts, %d last ones", len(r.blocks), parts, lastParts)
	}
	if len(places) != want || records != want || refs != want || size != len(m.Data) {
		t.Errorf("%d places, %d lines, %d Refs of %d; %d bytes of %d", len(places), records, refs, want, size, len(m.Data))
	}
}

func TestBlocksAreBoundedInRecordsAndSize(t *testing.T) {
	for _, line := range []string{`{"orderId":1,"type":"a","time":1}`, `{"orderId":"` + strings.Repeat("o", 9000) + `","type":"a","time":1}`, "x"} {
		r := &reader{decoder: &order.Decoder{}}
		for _, size := range []int{500, 5000, 500_000, 2_000_000} {
			for range 3 {
				r.add(lines(line, size), &input{})
			}
		}
		for _, b := range r.blocks {
			if b.held() > 2*blockRecords || b.size > 2*blockSize+len(line) {
				t.Errorf("%.9s…: a block of %d events and rejects, and of %d bytes", line, b.held(), b.size)
			}
		}
	}
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
			pause(t.Context(), time.Millisecond)
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
			records += b.records()
			if b.held() > 2*blockRecords || b.size > 2*blockSize+len(line) {
				t.Errorf("%s: a block of %d events and rejects, and of %d bytes", line, b.held(), b.size)
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
			server := newServer(t, 600)
			j := startJob(t, server, "ack="+ack, true, "")
			const events, bad = 3 * blockRecords, 5 * maxRejects
			var data strings.Builder
			for i := range events {
				data.WriteString(event(fmt.Sprint("o", i)) + "\n")
			}
			server.Publish(testTopic, []byte(data.String()+strings.Repeat("x\n", bad)), nil)
			j.await("all events and rejects", func() bool { return len(j.events) == events && len(j.rejects) == maxRejects+1 })
			j.await("the acknowledgement", func() bool { return j.unacked() == 0 })
			if err := j.stop(); err != nil {
				t.Error(err)
			}
			wantAckedOnce(t, server)
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
	server := newServer(t, 600)
	server.Publish(testTopic, lines(`{"orderId":1,"type":"a","time":1}`, 2*maxQueued/recordSize*34).Data, nil)
	server.Publish(testTopic, []byte(event("after it, in the same pull or in another")), nil)
	run := process.NewRun()
	defer run.Close()
	p, err := pullerOf(t.Context(), run.ID, Config{Subscription: "pubsub://shop/orders?pulls=1", Run: run.ID, Within: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	for full := false; !full; pause(t.Context(), time.Millisecond) {
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
