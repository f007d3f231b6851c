package message

import (
	"testing"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/order"
)

// A message is a CloudEvent in binary mode or, by its attributes, in structured mode.
func TestCloudEvents(t *testing.T) {
	const data = "{\"orderId\":\n\"o\"}"
	attributes := func(more ...string) map[string]string {
		a := map[string]string{"ce-specversion": "1.0", "ce-id": "7", "ce-source": "/s", "ce-type": "pay", "ce-time": "1970-01-01T00:00:01Z"}
		for i := 0; i < len(more); i += 2 {
			a[more[i]] = more[i+1]
		}
		return a
	}
	for name, test := range map[string]struct {
		data       string
		attributes map[string]string
		want       string
	}{
		"binary":               {data, attributes(), `o pay /s#7 {"orderId": "o"}`},
		"JSON":                 {data, attributes("content-type", "application/json"), `o pay /s#7 {"orderId": "o"}`},
		"text":                 {data, attributes("content-type", "text/plain"), `datacontenttype: got "text/plain", want JSON, such as application/json`},
		"no id":                {data, attributes("ce-id", ""), "id: missing, want a non-empty string"},
		"0.3":                  {data, attributes("ce-specversion", "0.3"), `specversion: got "0.3", want "1.0", as CloudEvents have`},
		"a batch":              {"[]", attributes("content-type", "application/cloudevents-batch+json"), "content-type: got a batch of CloudEvents, want one event"},
		"one in another":       {`{"specversion":"1.0"}`, attributes(), "data: got specversion, want no CloudEvent in the data of another"},
		"no JSON":              {"{", attributes(), "data: not JSON: unexpected end of JSON input at byte 1"},
		"structured":           {`{"specversion":"1.0","id":"1","source":"s","type":"a","time":"1970-01-01T00:00:01Z","data":{"orderId":"p"}}`, map[string]string{"content-type": "application/cloudevents+json"}, `p a s#1 {"specversion":"1.0","id":"1","source":"s","type":"a","time":"1970-01-01T00:00:01Z","data":{"orderId":"p"}}`},
		"neither of the modes": {data, nil, "not JSON: unexpected end of JSON input at byte 11"},
	} {
		decoder := order.DecoderConfig{Names: order.Names{Format: order.FormatCloudEvents}.Text()}.Decoder()
		got := ""
		Decode(&pubsubpb.PubsubMessage{Data: []byte(test.data), Attributes: test.attributes}, uri.Subscription{}, decoder, func(p Part) {
			if len(p.Events) > 0 {
				e := p.Events[0]
				got = e.OrderID + " " + e.Type + " " + e.ID + " " + string(e.Raw)
			} else if len(p.Rejects) > 0 {
				got = p.Rejects[0].Error
			}
		})
		if got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}
