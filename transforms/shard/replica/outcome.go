package replica

import (
	"slices"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

// outcomeBuilder makes outcomes of runs. Each replica has its own, as several of them work
// at a time.
type outcomeBuilder struct {
	config *Config
	events []order.StepEvent // memory for outcomes
	page   []byte            // what they are rendered to
}

// pageSize is the size in bytes of what many outcomes are rendered to. One that is longer
// has a page of its own.
const pageSize = 64 << 10

// outcomes returns the outcomes of runs that have ended as matches or timeouts, rendered.
// It leaves out those that nobody reads.
func (b *outcomeBuilder) outcomes(ended []shard.Ended) ([]order.Outcome, error) {
	made := make([]order.Outcome, 0, len(ended))
	for i := range ended {
		e := &ended[i]
		if slices.Contains(b.config.Unread, kindOf(e)) {
			continue
		}
		o, err := b.outcome(e)
		if err != nil {
			return nil, err
		}
		if cap(b.page)-len(b.page) < pageSize/16 {
			b.page = make([]byte, 0, pageSize)
		}
		b.page = o.Render(b.page)
		made = append(made, o)
	}
	return made, nil
}

func kindOf(e *shard.Ended) order.Kind {
	if e.How == cep.Matched {
		return order.Success
	}
	return order.Timeout
}

func (b *outcomeBuilder) outcome(e *shard.Ended) (order.Outcome, error) {
	user, id, err := b.config.orderOf(e)
	if err != nil {
		return order.Outcome{}, err
	}
	prog := b.config.Prog
	pattern, first := prog.Pattern(), &e.Run[0]
	o := order.Outcome{
		Kind:      kindOf(e),
		ID:        order.OutcomeID(prog.Text(), e.Key, first.Time, first.ID),
		UserID:    user,
		OrderID:   id,
		CreatedAt: first.Time,
		Deadline:  first.Time + pattern.Within.Milliseconds(),
		Events:    b.stepEvents(len(e.Run)),
		Refs:      e.Run.Refs(),
	}
	if o.Kind == order.Success {
		o.PaidAt = e.Run[len(e.Run)-1].Time
	}
	for i := range e.Run {
		o.Events[i] = order.StepEvent{Step: pattern.Steps[i].Type, Raw: e.Run[i].Data}
	}
	return o, nil
}

// stepEvents returns memory for the n events of an outcome. Many outcomes share an
// allocation.
func (b *outcomeBuilder) stepEvents(n int) []order.StepEvent {
	if len(b.events) < n {
		b.events = make([]order.StepEvent, max(n, 512))
	}
	events := b.events[:n:n]
	b.events = b.events[n:]
	return events
}

// orderOf returns the ids of a run's order.
func (c *Config) orderOf(e *shard.Ended) (user, id string, err error) {
	user, id, err = order.SplitKey(e.Key)
	if err == nil && c.ByOrder {
		var first order.Event
		first, err = new(order.Decoder).JSON(e.Run[0].Data)
		user = first.UserID
	}
	return user, id, err
}
