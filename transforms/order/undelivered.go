package order

import (
	"encoding/json"
	"errors"
	"fmt"
)

// ReadReject reads a reject as AppendJSON writes it, without its Refs. The error is a
// line that says why the text is none.
func ReadReject(line []byte) (Reject, error) {
	var r struct{ Reason, Error, Source, Input *string }
	if err := json.Unmarshal(line, &r); err != nil || r.Reason == nil || r.Input == nil {
		return Reject{}, errors.New(`order: not a reject: want a line of {"reason":…,"error":…,"source":…,"input":…}`)
	}
	reject := Reject{Reason: Reason(*r.Reason), Input: *r.Input}
	if r.Error != nil {
		reject.Error = *r.Error
	}
	if r.Source != nil {
		reject.Source = *r.Source
	}
	return reject, nil
}

// Message returns the message that an Undelivered reject holds, to be sent again with
// the same ID. The error is a line that says why there is none: what was not delivered
// is not the outcome of an order, or was cut.
func (r *Reject) Message() (Message, error) {
	var o struct{ Outcome, ID, UserID, OrderID string }
	if err := json.Unmarshal([]byte(r.Input), &o); err != nil {
		return Message{}, errors.New("order: the input of the reject is no JSON object")
	}
	switch {
	case Kind(o.Outcome) != Success && Kind(o.Outcome) != Timeout:
		return Message{}, fmt.Errorf("order: the input of the reject has the outcome %.20q: want success or timeout", o.Outcome)
	case o.ID == "":
		return Message{}, errors.New("order: the input of the reject has no id")
	}
	return Message{Body: []byte(r.Input), Outcome: o.Outcome, ID: o.ID, UserID: o.UserID, OrderID: o.OrderID}, nil
}
