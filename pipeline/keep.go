package pipeline

import (
	"context"
	"errors"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/beamfix"
	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func init() {
	register.DoFn1x1[order.Reject, error](&keepFn{})
	register.DoFn4x1[context.Context, []byte, func(order.Message), func(order.Message), error](&keptFn{})
	register.DoFn2x0[order.Message, func(order.Message)](&kindFn{})
}

// keep adds what the carry file has of what nothing else has taken, some
// PCollection<order.Reject>. Without a carry file it goes nowhere, and its messages go on
// being held.
func (o *outputs) keep(s beam.Scope, refused []beam.PCollection) {
	if !o.keeps {
		return
	}
	for _, r := range refused {
		beam.ParDo0(s, &keepFn{RunID: o.run}, r)
	}
}

// keepFn gives messages that were not delivered to the run's keeper.
type keepFn struct {
	RunID string

	run    *process.Run
	keeper *carry.Keeper
}

func (fn *keepFn) Setup() error {
	fn.run = process.Of(fn.RunID)
	if fn.keeper = carry.Of(fn.run); fn.keeper == nil {
		return fn.run.Fail(errors.New("pipeline: the carry file is not open in this process: want the process of the command"))
	}
	return nil
}

// ProcessElement keeps the message that a reject is of. That there is none fails the run,
// but not the bundle: others are to be accounted for.
func (fn *keepFn) ProcessElement(r order.Reject) error {
	m, keep, err := unwrap(&r)
	switch {
	case err != nil:
		fn.run.Abort(err)
	case keep:
		fn.keeper.Keep(m)
	}
	return nil
}

// unwrap returns the message that was not delivered: the outcome, also where its reject
// was not delivered either, or the reject of an event. An open event need not be kept: it
// is in the state.
func unwrap(r *order.Reject) (m order.Message, keep bool, err error) {
	kind, id, _ := strings.Cut(r.Source, " ")
	switch {
	case order.Kind(kind) == order.Open:
		return order.Message{}, false, nil
	case kind != rejectKind:
		m, err = r.Message()
		return m, err == nil, err
	}
	if of, err := order.ReadReject([]byte(r.Input)); err == nil && of.Reason == order.Undelivered {
		return unwrap(&of)
	}
	return order.Message{Body: []byte(r.Input), Outcome: kind, ID: id}, true, nil
}

// rejectKind is the order.Message.Outcome of a reject.
const rejectKind = "reject"

// deliverKept adds the delivery of what the run that this one goes on from has kept, if
// there is something.
//
// Its sinks stand beside those of what the run itself makes, though they write to the same:
// in one sink, behind a flatten, what the run makes would not be written when its bundle is
// processed, as a carry point wants it.
func (p Plan) deliverKept(s beam.Scope) {
	if !p.keeps {
		return
	}
	if k := carry.Of(process.Of(p.run)); k == nil || len(k.Undelivered()) == 0 {
		return
	}
	s = s.Scope("kept")
	outcomes, rejects := beam.ParDo2(s, &keptFn{RunID: p.run}, beam.Impulse(s))
	for _, to := range p.outcomes() {
		of := beam.ParDo(s, &kindFn{Kind: to.kind}, outcomes)
		p.refuse(s.Scope("undelivered "+to.scope), to.Write(s.Scope(to.scope), of))
	}
	p.keep(s.Scope("undelivered rejects"), p.Rejects.Write(s.Scope("rejects"), rejects))
}

// kindFn gives the messages of outcomes of a kind.
type kindFn struct{ Kind order.Kind }

func (fn *kindFn) ProcessElement(m order.Message, emit func(order.Message)) {
	if m.Outcome == string(fn.Kind) {
		emit(m)
	}
}

// keptFn gives what the run that this one goes on from has kept, in one bundle.
type keptFn struct {
	RunID string

	run *process.Run
}

func (fn *keptFn) Setup() { fn.run = process.Of(fn.RunID) }

// ProcessElement gives all of it, and lets the keeper know once it is with its sinks.
func (fn *keptFn) ProcessElement(ctx context.Context, _ []byte, outcome, reject func(order.Message)) error {
	bundle, err := beamfix.BundleOf(ctx)
	if err != nil {
		return fn.run.Fail(err)
	}
	k := carry.Of(fn.run)
	bundle.OnProcessed(k.Delivered)
	for _, m := range k.Undelivered() {
		if m.Outcome == rejectKind {
			reject(m)
		} else {
			outcome(m)
		}
	}
	return nil
}
