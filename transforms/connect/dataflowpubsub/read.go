package dataflowpubsub

import (
	"context"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/typex"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/util/protox"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/util/reflectx"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"ordertimeout/transforms/connect/pubsub/message"
	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func init() {
	register.DoFn4x0[beam.EventTime, []byte, func([]order.Event), func(order.Reject)](&decodeFn{})
	register.Emitter1[[]order.Event]()
	register.Emitter1[order.Reject]()
}

// readURN is the runner's source, which gives messages as encoded PubsubMessages.
const readURN = "beam:transform:pubsub_read:v1"

// Read reads the subscription:
// () -> PCollection<[]order.Event>, PCollection<order.Reject>.
//
// A block has the events of a message, a line each, or some of those of a large one,
// and the timestamp that the runner gave the message: the time of publishing, or that of the attribute which
// is the time of the events. The watermark follows those timestamps.
//
// An event's place in time, its At, is WatermarkSlack before that timestamp where its own
// time is even before that: it is late then. So what is late depends on the
// messages alone, and not on how many wait. All other events have none, and get
// it from the clock of their shard, which is behind their time unless the
// watermark was wrong.
//
// What is not an event becomes a reject, as with package pubsub. Read panics where
// [Config.Validate] has an error: call it first.
func Read(s beam.Scope, c Config) (events, rejects beam.PCollection) {
	sub, err := c.parse()
	if err != nil {
		panic(err)
	}
	return read(s, c, sub)
}

// read is Read of a subscription that the settings have named.
func read(s beam.Scope, c Config, sub Subscription) (events, rejects beam.PCollection) {
	s = s.Scope("dataflowpubsub.Read")
	payload := protox.MustEncode(&pipepb.PubSubReadPayload{
		Subscription:       sub.String(),
		TimestampAttribute: sub.Attribute, // none: the time of publishing
		IdAttribute:        sub.IDAttribute,
		WithAttributes:     true,
	})
	messages := beam.External(s, readURN, payload, nil, []beam.FullType{typex.New(reflectx.ByteSlice)}, false)[0]
	return beam.ParDo2(s, &decodeFn{Config: c, Sub: sub.Subscription}, messages)
}

// decodeFn makes events of messages.
type decodeFn struct {
	Config Config
	// Sub is the subscription that the Config names.
	Sub uri.Subscription

	decoder *order.Decoder
	counts  count.Source
}

func (fn *decodeFn) StartBundle(_ func([]order.Event), _ func(order.Reject)) {
	fn.decoder = fn.Config.Decoder() // it counts
	fn.counts = count.Source{}
}

// ProcessElement reads a message. at is the timestamp that the runner gave it.
func (fn *decodeFn) ProcessElement(at beam.EventTime, encoded []byte, event func([]order.Event), reject func(order.Reject)) {
	m := new(pubsubpb.PubsubMessage)
	if err := proto.Unmarshal(encoded, m); err != nil {
		fn.counts.Records++
		fn.counts.Malformed++
		// The text of the error is not, by design of the library, the same in two builds.
		fn.reject(reject, order.NewReject(order.Malformed, "not a message of Pub/Sub", "", 0, encoded))
		return
	}
	if fn.Sub.Time == uri.TimeOfPublish {
		m.PublishTime = timestamppb.New(at.ToTime()) // as the watermark follows this one
	}
	earliest := at.Milliseconds() - fn.Config.WatermarkSlack.Milliseconds()
	message.Decode(m, fn.Sub, fn.decoder, func(part message.Part) {
		for i := range part.Events {
			if e := &part.Events[i]; e.Time < earliest {
				e.At = earliest
			}
		}
		fn.counts.Records += int64(len(part.Events)) + part.Malformed
		fn.counts.Malformed += part.Malformed
		if len(part.Events) > 0 {
			event(part.Events)
		}
		for _, r := range part.Rejects {
			fn.reject(reject, r)
		}
	})
}

// reject emits a reject, if someone reads it.
func (fn *decodeFn) reject(emit func(order.Reject), r order.Reject) {
	if !fn.Config.RejectsUnread {
		emit(r)
	}
}

func (fn *decodeFn) FinishBundle(ctx context.Context, _ func([]order.Event), _ func(order.Reject)) {
	fn.counts.Integers, fn.counts.January = fn.decoder.IntegerTimes, fn.decoder.January
	fn.counts.Add(ctx, process.Of(""))
}
