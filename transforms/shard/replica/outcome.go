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
	steps  []string           // the pattern's, which outcomes share
	events []order.StepEvents // memory for outcomes
	raws   [][]byte           // memory for their events
	page   []byte             // what they are rendered to
}

func newOutcomeBuilder(c *Config) outcomeBuilder {
	b := outcomeBuilder{config: c}
	for _, step := range c.Prog.Pattern().Steps {
		b.steps = append(b.steps, step.Type)
	}
	return b
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
	prog, taken := b.config.Prog, len(e.Run)
	first, last := &e.Run[0], &e.Run[taken-1]
	o := order.Outcome{
		Kind:      kindOf(e),
		ID:        order.OutcomeID(prog.Text(), e.Key, first.Time, first.ID),
		UserID:    user,
		OrderID:   id,
		StartedAt: first.Time,
		Deadline:  first.Time + prog.Pattern().Within.Milliseconds(),
		Events:    b.stepEvents(e.Run),
		Refs:      e.Run.Refs(),
	}
	if o.Kind == order.Success {
		o.EndedAt, o.At = last.Time, last.Time
	} else {
		o.At, o.WaitingFor = o.Deadline, b.steps[taken:taken+1:taken+1]
	}
	return o, nil
}

// stepEvents returns the events of a run by step. Many outcomes share an allocation.
func (b *outcomeBuilder) stepEvents(run cep.Run) []order.StepEvents {
	n := len(run)
	if len(b.events) < n {
		size := max(n, 512)
		b.events, b.raws = make([]order.StepEvents, size), make([][]byte, size)
	}
	events, raws := b.events[:n:n], b.raws[:n:n]
	b.events, b.raws = b.events[n:], b.raws[n:]
	for i := range run {
		raws[i] = run[i].Data
		events[i] = order.StepEvents{Step: b.steps[i], Raws: raws[i : i+1 : i+1]}
	}
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
