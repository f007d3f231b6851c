package message

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/ledger"
	"ordertimeout/transforms/order"
)

func lines(line string, size int) *pubsubpb.PubsubMessage {
	return &pubsubpb.PubsubMessage{MessageId: "m", Data: bytes.Repeat([]byte(line+"\n"), size/(len(line)+1))}
}

func TestLinesBeyondTheLimitShareAReject(t *testing.T) {
	for n, beyond := range map[int]string{
		MaxRejects:     "",
		MaxRejects + 1: "#[1001] message m:1001: not JSON: invalid character 'x' looking for beginning of value at byte 1",
		10 * MaxRejects: "#[1001] message m:1001: 9000 more lines of the message are no events, of which this is the first: " +
			"not JSON: invalid character 'x' looking for beginning of value at byte 1",
	} {
		r := &Reader{Decoder: &order.Decoder{}}
		got := read(uri.Subscription{}, lines("x", 2*n))
		last := ""
		if len(got) > MaxRejects {
			last = got[len(got)-1]
		}
		if len(got) > MaxRejects+1 || last != beyond {
			t.Errorf("%d lines: %d rejects, the last is %s, want %s", n, len(got), last, beyond)
		}
		r.Add(lines("x", 2*n), &ledger.Message{})
		if got := r.Blocks[0].Records(); got != int64(n) || r.Blocks[0].Malformed != got {
			t.Errorf("%d lines: %d are counted", n, got)
		}
	}
}

// What a message holds is the same in parts, each line once.
func TestLargeMessageIsReadInParts(t *testing.T) {
	var data strings.Builder
	want := 0
	for data.Len() < 8*BlockSize {
		switch want++; want % 10 {
		case 0:
			fmt.Fprintf(&data, "x\n\n")
		case 1: // larger than a block
			fmt.Fprintf(&data, `{"orderId":%q,"type":"a","time":1}`+"\n", strings.Repeat("o", want%20/10*2*BlockSize))
		default:
			fmt.Fprintf(&data, `{"orderId":%d,"type":"a","time":1}`+"\n \n", want)
		}
	}
	m := &pubsubpb.PubsubMessage{MessageId: "m", Data: []byte(data.String() + strings.Repeat("\n", 2*BlockSize))}
	refs, parts, lastParts := 0, 0, 0
	r := &Reader{Decoder: &order.Decoder{}, Expect: func(_ *ledger.Message, events, rejects int, last bool) uint64 {
		n := events + rejects
		if parts++; last {
			lastParts++
		}
		refs += n
		return uint64(refs - n + 1)
	}}
	r.Add(m, &ledger.Message{})
	places, size, records := map[string]int{}, 0, 0
	for _, b := range r.Blocks {
		size, records = size+b.Size, records+int(b.Records())
		if b.Records() == 0 || len(b.Inputs) != 1 {
			t.Errorf("a block of %d lines and %d inputs", b.Records(), len(b.Inputs))
		}
		for _, e := range b.Events[1:] {
			places[order.Place(e.Source, e.Line)]++
		}
		for _, x := range b.Rejects {
			places[x.Source]++
		}
	}
	if parts != len(r.Blocks) || parts < 4 || lastParts != 1 {
		t.Errorf("%d blocks, %d parts, %d last ones", len(r.Blocks), parts, lastParts)
	}
	if len(places) != want || records != want || refs != want || size != len(m.Data) {
		t.Errorf("%d places, %d lines, %d Refs of %d; %d bytes of %d", len(places), records, refs, want, size, len(m.Data))
	}
}

func TestBlocksAreBoundedInRecordsAndSize(t *testing.T) {
	for _, line := range []string{`{"orderId":1,"type":"a","time":1}`, `{"orderId":"` + strings.Repeat("o", 9000) + `","type":"a","time":1}`, "x"} {
		r := &Reader{Decoder: &order.Decoder{}}
		for _, size := range []int{500, 5000, 500_000, 2_000_000} {
			for range 3 {
				r.Add(lines(line, size), &ledger.Message{})
			}
		}
		for _, b := range r.Blocks {
			if b.Held() > 2*BlockRecords || b.Size > 2*BlockSize+len(line) {
				t.Errorf("%.9s…: a block of %d events and rejects, and of %d bytes", line, b.Held(), b.Size)
			}
		}
	}
}
