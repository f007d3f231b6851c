package transforms

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/order"
)

func init() {
	register.Function1x1(formatOutcome)
	register.Function1x1(formatReject)
}

// FormatOutcomes writes outcomes as lines of JSON.
//
// PCollection<*order.Outcome> -> PCollection<order.Message>
func FormatOutcomes(s beam.Scope, outcomes beam.PCollection) beam.PCollection {
	s = s.Scope("transforms.FormatOutcomes")
	return beam.ParDo(s, formatOutcome, outcomes)
}

// FormatRejects writes rejects as lines of JSON.
//
// PCollection<order.Reject> -> PCollection<order.Message>
func FormatRejects(s beam.Scope, rejects beam.PCollection) beam.PCollection {
	s = s.Scope("transforms.FormatRejects")
	return beam.ParDo(s, formatReject, rejects)
}

func formatOutcome(o *order.Outcome) order.Message {
	return order.Message{Body: o.JSON(), Outcome: string(o.Kind), ID: o.ID, UserID: o.UserID, OrderID: o.OrderID, Refs: o.Refs}
}

func formatReject(r order.Reject) order.Message {
	body := r.AppendJSON(nil)
	return order.Message{Body: body, Outcome: "reject", ID: bodyID(body), Refs: r.Refs}
}

// bodyID returns an id for a message that has none of its own.
func bodyID(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}
