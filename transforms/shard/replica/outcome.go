package replica

import (
	"slices"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
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
	for _, step := range c.Prog.Steps() {
		b.steps = append(b.steps, step.Name)
	}
	return b
}

// pageSize is the size in bytes of what many outcomes are rendered to. One that is longer
// has a page of its own.
const pageSize = 64 << 10

// outcomes returns the outcomes of matches and timeouts, rendered. It leaves out those that
// nobody reads.
func (b *outcomeBuilder) outcomes(ended []cep.Outcome) ([]order.Outcome, error) {
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

func kindOf(e *cep.Outcome) order.Kind {
	switch e.How {
	case cep.Matched:
		return order.Success
	case cep.Open:
		return order.Open
	}
	return order.Timeout
}

func (b *outcomeBuilder) outcome(e *cep.Outcome) (order.Outcome, error) {
	user, id, err := b.config.orderOf(e.Key, &e.Run[0])
	if err != nil {
		return order.Outcome{}, err
	}
	first := &e.Run[0]
	o := order.Outcome{
		Kind:      kindOf(e),
		ID:        OutcomeID(b.config.Prog, e),
		UserID:    user,
		OrderID:   id,
		StartedAt: first.Time,
		EndedAt:   e.EndedAt,
		Deadline:  e.Deadline,
		At:        e.At,
		Events:    b.stepEvents(e.Run),
		Refs:      e.Refs,
	}
	if o.Kind != order.Success {
		o.WaitingFor = b.waiting(e.Waiting)
	}
	return o, nil
}

// OutcomeID returns the id of an outcome of a program; of an open run, that of its timeout.
// Without every a run is known by the
// time and id of its first event, if the bytes of events have their times: as a run takes
// time, no other run has the same.
func OutcomeID(prog *cep.Prog, e *cep.Outcome) string {
	first := &e.Run[0]
	switch {
	case !prog.Pattern().Every && !prog.Timeless():
		return order.OutcomeID(prog.Text(), e.Key, first.Time, first.ID)
	case e.How != cep.Matched:
		return order.TimeoutID(prog.Text(), e.Key, identity(prog, first))
	}
	events := make([]order.TakenEvent, len(e.Run))
	for i := range e.Run {
		events[i] = identity(prog, &e.Run[i])
	}
	return order.MatchID(prog.Text(), e.Key, events)
}

func identity(prog *cep.Prog, t *cep.Taken) order.TakenEvent {
	return order.TakenEvent{Step: prog.Steps()[t.Step].Name, Type: t.Type, Time: t.Time, ID: t.ID, Raw: t.Data}
}

// waiting returns the names of steps. Where there is one the outcomes share it.
func (b *outcomeBuilder) waiting(steps []int) []string {
	if len(steps) == 1 {
		return b.steps[steps[0] : steps[0]+1 : steps[0]+1]
	}
	names := make([]string, len(steps))
	for i, n := range steps {
		names[i] = b.steps[n]
	}
	return names
}

// stepEvents returns the events of a run by step, in the pattern's order. Many outcomes
// share an allocation.
func (b *outcomeBuilder) stepEvents(run cep.Run) []order.StepEvents {
	n := len(run)
	if len(b.events) < n {
		size := max(n, 512)
		b.events, b.raws = make([]order.StepEvents, size), make([][]byte, size)
	}
	events, raws := b.events[:0:n], b.raws[:0:n]
	b.events, b.raws = b.events[n:], b.raws[n:]
	steps := b.config.Prog.Steps()
	for step := b.nextStep(run, -1); step < len(steps); step = b.nextStep(run, step) {
		start := len(raws)
		for i := range run {
			if run[i].Step == step {
				raws = append(raws, run[i].Data)
			}
		}
		events = append(events, order.StepEvents{Step: b.steps[step], List: steps[step].List, Raws: raws[start:len(raws):len(raws)]})
	}
	return events
}

// nextStep returns the first step of a run's events after one; the number of steps if
// there is none.
func (b *outcomeBuilder) nextStep(run cep.Run, after int) int {
	next := len(b.steps)
	for i := range run {
		if step := run[i].Step; step > after {
			next = min(next, step)
		}
	}
	return next
}

// orderOf returns the ids of an order by its key, and by the first of its events where the
// key has no user.
func (c *Config) orderOf(key string, first *cep.Taken) (user, id string, err error) {
	user, id, err = order.SplitKey(key)
	if err == nil && c.ByOrder {
		user, _ = c.Reader.IDs(key, first.Data)
	}
	return user, id, err
}
