package message

import (
	"errors"
	"strings"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"ordertimeout/transforms/order"
)

// mode returns how a message holds CloudEvents, by the Pub/Sub binding of CloudEvents 1.0: in
// binary mode the envelope is in attributes ce-…, and the type of the data in content-type.
// A content-type of application/cloudevents is structured mode: the events are lines.
func (r *Reader) mode(m *pubsubpb.PubsubMessage) (e order.Envelope, binary bool, err error) {
	if !r.Decoder.CloudEvents() {
		return e, false, nil
	}
	a := m.GetAttributes()
	content := a["content-type"]
	if content == "" {
		content = a["Content-Type"]
	}
	switch lower := strings.ToLower(content); {
	case strings.HasPrefix(lower, "application/cloudevents-batch"):
		return e, false, errors.New("content-type: got a batch of CloudEvents, want one event")
	case strings.HasPrefix(lower, "application/cloudevents"):
		return e, false, nil
	}
	if _, binary = a["ce-specversion"]; !binary {
		return e, false, nil
	}
	return order.Envelope{
		SpecVersion: a["ce-specversion"], ID: a["ce-id"], Source: a["ce-source"],
		Type: a["ce-type"], Time: a["ce-time"], ContentType: content,
	}, true, nil
}

// binary reads a message that is one CloudEvent in binary mode.
func (p *part) binary(data []byte, envelope order.Envelope, stamp *int64) {
	e, err := p.Decoder.Binary(data, envelope, stamp)
	if err != nil {
		p.rejectAll(err, data)
		return
	}
	p.add(e, 1)
}
