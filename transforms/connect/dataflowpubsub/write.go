package dataflowpubsub

import (
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/util/protox"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"google.golang.org/protobuf/proto"

	"ordertimeout/transforms/connect/pubsub/message"
	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/order"
)

func init() {
	register.Function1x2(encode)
}

// writeURN is the runner's sink, which wants encoded PubsubMessages.
const writeURN = "beam:transform:pubsub_write:v1"

// Write publishes messages to a topic (see [ParseTopic]), as package publish does:
// PCollection<order.Message> -> the topic. The input is to be unbounded. A message may be
// published twice, and then has the same id.
func Write(s beam.Scope, topic uri.Topic, messages beam.PCollection) {
	s = s.Scope("dataflowpubsub.Write")
	payload := protox.MustEncode(&pipepb.PubSubWritePayload{Topic: topic.String()})
	beam.External(s, writeURN, payload, []beam.PCollection{beam.ParDo(s, encode, messages)}, nil, false)
}

func encode(m order.Message) ([]byte, error) {
	return proto.Marshal(message.Encode(&m))
}
