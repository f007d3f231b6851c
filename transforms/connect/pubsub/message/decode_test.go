package message

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/ledger"
	"ordertimeout/transforms/order"
)

// read reads one message and returns what it holds as text.
func read(sub uri.Subscription, m *pubsubpb.PubsubMessage) []string {
	next := uint64(0)
	r := &Reader{Sub: sub, Decoder: &order.Decoder{}, Expect: func(_ *ledger.Message, events, rejects int, _ bool) uint64 {
		n := uint64(events + rejects)
		next += n
		return next - n + 1
	}}
	r.Add(m, &ledger.Message{})
	var got []string
	for _, b := range r.Blocks {
		for _, e := range b.Events[1:] {
			got = append(got, fmt.Sprintf("#%d %s %s@%d %s", e.Ref, order.Place(e.Source, e.Line), e.OrderID, e.Time, e.Raw))
		}
		for _, x := range b.Rejects {
			got = append(got, fmt.Sprintf("#%d %s: %s", x.Refs, x.Source, x.Error))
		}
	}
	return got
}

func TestMessageIsReadLineByLine(t *testing.T) {
	published := timestamppb.New(time.UnixMilli(5000))
	publish, attribute := uri.Subscription{Time: uri.TimeOfPublish}, uri.Subscription{Time: uri.TimeOfAttribute, Attribute: "at"}
	for _, test := range []struct {
		reason     string
		sub        uri.Subscription
		data       string
		attributes map[string]string
		want       []string
	}{{
		reason: "one event, no line break",
		data:   `{"orderId":"o","type":"a","time":1}`,
		want:   []string{`#1 message m:1 o@1 {"orderId":"o","type":"a","time":1}`},
	}, {
		reason: "blank lines count as lines, and as nothing else",
		data:   "\r\n" + `{"orderId":"o","type":"a","time":1}` + "\n \n" + `{"orderId":"p","type":"a","time":2}` + "\n\n",
		want: []string{
			`#1 message m:2 o@1 {"orderId":"o","type":"a","time":1}`,
			`#2 message m:4 p@2 {"orderId":"p","type":"a","time":2}`,
		},
	}, {
		reason: "a bad line spoils no other, and has a Ref of its own",
		data:   "{}\n" + `{"orderId":"o","type":"a","time":1}`,
		want: []string{
			`#1 message m:2 o@1 {"orderId":"o","type":"a","time":1}`,
			`#[2] message m:1: type: missing, want a non-empty string`,
		},
	}, {
		reason: "the publish time stands for any other, and the event stays as it came",
		sub:    publish,
		data:   ` {"orderId":"o","type":"a","time":"noon" } ` + "\n" + `{"orderId":"p","type":"a"}`,
		want: []string{
			`#1 message m:1 o@5000 {"orderId":"o","type":"a","time":"noon" }`,
			`#2 message m:2 p@5000 {"orderId":"p","type":"a"}`,
		},
	}, {
		reason: "an empty object is not made an event by a time", sub: publish,
		data: "{ }",
		want: []string{`#[1] message m:1: type: missing, want a non-empty string`},
	}, {
		reason: "nor is what is no object made one", sub: publish,
		data: "[1]\n}\n" + `{"orderId":"o","type":"}`,
		want: []string{
			`#[1] message m:1: got [1], want a JSON object`,
			`#[2] message m:2: not JSON: invalid character '}' looking for beginning of value at byte 1`,
			`#[3] message m:3: not JSON: unexpected end of JSON input at byte 24`,
		},
	}, {
		reason: "an attribute of integer milliseconds", sub: attribute, attributes: map[string]string{"at": "7000"},
		data: `{"orderId":"o","type":"a"}`,
		want: []string{`#1 message m:1 o@7000 {"orderId":"o","type":"a"}`},
	}, {
		reason: "an attribute of RFC 3339", sub: attribute, attributes: map[string]string{"at": "1970-01-01T00:00:07.0009Z"},
		data: `{"orderId":"o","type":"a"}`,
		want: []string{`#1 message m:1 o@7000 {"orderId":"o","type":"a"}`},
	}, {
		reason: "an attribute that is not there", sub: attribute, attributes: map[string]string{"At": "7000"},
		data: `{"orderId":"o","type":"a"}`,
		want: []string{`#[1] message m: attribute "at": missing, want the time of the event`},
	}, {
		reason: "an attribute that is no time, but JSON", sub: attribute, attributes: map[string]string{"at": `1,"orderId":"x"`},
		data: `{"orderId":"o","type":"a"}`,
		want: []string{`#[1] message m: attribute "at": time: got "1,\"orderId\":\"x\"", want RFC 3339 with an offset, or integer milliseconds`},
	}, {
		reason: "an attribute before 1970", sub: attribute, attributes: map[string]string{"at": "-1"},
		data: `{"orderId":"o","type":"a"}`,
		want: []string{`#[1] message m: attribute "at": time: got -1, want one of the years 1970 to 9999`},
	}, {
		reason: "no data at all",
		want:   []string{`#[1] message m: empty: no event in the message, want JSON, one object a line`},
	}, {
		reason: "blank lines and nothing else", data: "\n \r\n",
		want: []string{`#[1] message m: empty: no event in the message, want JSON, one object a line`},
	}, {
		reason: "gzip", data: "\x1f\x8b\x08\x00",
		want: []string{`#[1] message m: compressed (gzip): want JSON text, one object a line`},
	}, {
		reason: "zstandard", data: "\x28\xb5\x2f\xfd\n{}",
		want: []string{`#[1] message m: compressed (zstd): want JSON text, one object a line`},
	}} {
		m := &pubsubpb.PubsubMessage{MessageId: "m", Data: []byte(test.data), Attributes: test.attributes, PublishTime: published}
		if diff := cmp.Diff(test.want, read(test.sub, m)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.reason, diff)
		}
	}
}

func TestBlockEndsBetweenMessages(t *testing.T) {
	r := &Reader{Decoder: &order.Decoder{}}
	line := `{"orderId":"` + strings.Repeat("o", 1000) + `","type":"a","time":1}` + "\n"
	for range 3 {
		r.Add(&pubsubpb.PubsubMessage{Data: bytes.Repeat([]byte(line), 200)}, &ledger.Message{})
	}
	var sizes []int
	for _, b := range r.Blocks {
		sizes = append(sizes, len(b.Events)-1)
	}
	if diff := cmp.Diff([]int{400, 200}, sizes); diff != "" {
		t.Errorf("events of the blocks: (-want +got)\n%s", diff)
	}
}

// Whatever a message holds, it gives an event or a reject, each with a Ref of its
// own, and events are as they came.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{"", "x", "{}", `{"orderId":"o","type":"a","time":1}`, "{\"orderId\":\"o\",\r\"type\":\"a\"}\n\n[", "\x1f\x8b", `{"a":"}`, `{"a":"\}`} {
		f.Add([]byte(seed), "7000")
		f.Add([]byte(seed), "1970-01-01T00:00:01Z")
	}
	f.Fuzz(func(t *testing.T, data []byte, at string) {
		for _, sub := range []uri.Subscription{{Time: uri.TimeOfEvent}, {Time: uri.TimeOfPublish}, {Time: uri.TimeOfAttribute, Attribute: "at"}} {
			refs := 0
			r := &Reader{Sub: sub, Decoder: &order.Decoder{}, Expect: func(_ *ledger.Message, events, rejects int, _ bool) uint64 {
				refs += events + rejects
				return 1
			}}
			m := &pubsubpb.PubsubMessage{
				MessageId: "m", Data: bytes.Clone(data), PublishTime: timestamppb.New(time.UnixMilli(5000)),
				Attributes: map[string]string{"at": at},
			}
			r.Add(m, &ledger.Message{})
			b := r.Blocks[0]
			if n := b.Held(); n == 0 || n != refs || int64(n) != b.Records() || b.Size != len(data) {
				t.Fatalf("%q: %d events and rejects of %d lines and %d bytes, %d Refs", data, n, b.Records(), b.Size, refs)
			}
			seen := map[uint64]bool{}
			for _, e := range b.Events[1:] {
				raw := bytes.ReplaceAll(data, []byte{'\r'}, []byte{' '})
				if !bytes.Contains(raw, e.Raw) || seen[e.Ref] || sub.Time == uri.TimeOfPublish && e.Time != 5000 {
					t.Errorf("%q gave the event %s at %d", data, e.Raw, e.Time)
				}
				seen[e.Ref] = true
			}
			for _, x := range b.Rejects {
				if len(x.Refs) != 1 || seen[x.Refs[0]] {
					t.Errorf("%q: reject with the Refs %d", data, x.Refs)
				}
				seen[x.Refs[0]] = true
			}
		}
	})
}
