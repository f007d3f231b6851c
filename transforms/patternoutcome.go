package transforms

import (
	"bytes"
	"fmt"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
	"ordertimeout/transforms/shard/replica"
)

func init() {
	beam.RegisterType(reflect.TypeFor[PatternOutcome]())
	beam.RegisterType(reflect.TypeFor[PatternReject]())
}

// PatternOutcome is a match of a pattern, or a timeout: what began and reached a deadline.
// All times are milliseconds since the Unix epoch.
type PatternOutcome struct {
	// Key is that of the events.
	Key string
	// ID is the same after a replay, a restart or on another runner: a receiver can drop
	// repeats by it. Two matches share one only if they have the same events at the same
	// steps, which a loop of loops can find in several ways.
	ID string
	// TimedOut tells a timeout from a match.
	TimedOut bool
	// StartedAt is the time of the first event. EndedAt is, of a match, that of the last
	// one, or the deadline at which a pattern that ends in notFollowedBy matched.
	StartedAt, EndedAt int64
	// Deadline is when it was to time out as its last event came. Of a timeout it is when
	// what is shown did.
	Deadline int64
	// At is the event time of the outcome: of a timeout when its last branch timed out, of
	// a match EndedAt, or later where a skip held it back. The element has this timestamp, or that of the
	// watermark where this is behind it.
	At int64
	// WaitingFor are, of a timeout, the names of the steps that could have come next, in
	// the order of the pattern.
	WaitingFor []string
	// Steps are the steps that took some events, in the order of the pattern.
	Steps []PatternStep
}

// PatternStep are the events that a step took.
type PatternStep struct {
	// Name is the name of the step: what "as" gives, or else its type.
	Name string
	// Events are in the order in which they were taken; there is at least one. They have
	// no At.
	Events []cep.Event
}

// Events returns the events that a step took, nil where it took none.
func (o *PatternOutcome) Events(step string) []cep.Event {
	for i := range o.Steps {
		if o.Steps[i].Name == step {
			return o.Steps[i].Events
		}
	}
	return nil
}

// PatternReject is an event that took no part in any outcome, and why.
type PatternReject struct {
	Key string
	// Event is the event. Its At is its place in time: where a late one came.
	Event  cep.Event
	Reason order.Reason
	// Error is one line that says what is wrong.
	Error string
}

// patternBuilder makes outcomes, which may be kept and changed.
type patternBuilder struct{ prog *cep.Prog }

func (b patternBuilder) outcome(e *cep.Outcome) PatternOutcome {
	o := PatternOutcome{
		Key: e.Key, ID: replica.OutcomeID("", b.prog, e), TimedOut: e.How == cep.TimedOut,
		StartedAt: e.Run[0].Time, EndedAt: e.EndedAt, Deadline: e.Deadline, At: e.At,
	}
	steps := b.prog.Steps()
	for _, n := range e.Waiting {
		o.WaitingFor = append(o.WaitingFor, steps[n].Name)
	}
	for n := range steps {
		var events []cep.Event
		for i := range e.Run {
			if e.Run[i].Step == n {
				events = append(events, eventOf(&e.Run[i]))
			}
		}
		if len(events) > 0 {
			o.Steps = append(o.Steps, PatternStep{steps[n].Name, events})
		}
	}
	return o
}

func eventOf(t *cep.Taken) cep.Event {
	return cep.Event{Type: t.Type, ID: t.ID, Time: t.Time, Data: bytes.Clone(t.Data)}
}

// putAside returns the reject of an event that the pattern was given.
func putAside(r *shard.Reject) PatternReject {
	e := r.Event.Event
	e.Data = bytes.Clone(e.Data)
	reject := PatternReject{Key: r.Key, Event: e}
	switch {
	case r.Class == cep.Late:
		reject.Reason = order.Late
		reject.Error = fmt.Sprintf("%s at %s is too late: the watermark had reached %s", e.Type, order.FormatTime(e.Time), order.FormatTime(e.At))
	case r.Class == cep.Orphan:
		reject.Reason, reject.Error = order.Orphan, e.Type+" where nothing of its key is open"
	case r.Redelivered:
		reject.Reason, reject.Error = order.Duplicate, e.Type+" delivered again"
	default:
		reject.Reason, reject.Error = order.Duplicate, e.Type+" while a match of its key is open"
	}
	return reject
}

// overflowed returns the reject of the first event of a run that had too many branches or
// events.
func overflowed(o *cep.Overflow) PatternReject {
	return PatternReject{
		Key: o.Key, Event: eventOf(&o.First), Reason: order.Overflow,
		Error: "what began with " + o.First.Type + " has more ways to match, or more events, than are allowed, and was given up",
	}
}
