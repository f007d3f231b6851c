package replica

import (
	"slices"
	"time"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
)

// outcomeBuilder makes outcomes of runs. Each replica has its own, as several of them work
// at a time.
type outcomeBuilder struct {
	config *Config
	rule   *Rule
	steps  []string           // the pattern's, which outcomes share
	events []order.StepEvents // memory for outcomes
	raws   [][]byte           // memory for their events
	page   []byte             // what they are rendered to
}

// newOutcomeBuilders returns one for each rule.
func newOutcomeBuilders(c *Config) []outcomeBuilder {
	builders := make([]outcomeBuilder, len(c.Rules))
	for i := range builders {
		b := &builders[i]
		b.config, b.rule = c, &c.Rules[i]
		for _, step := range b.rule.Prog.Steps() {
			b.steps = append(b.steps, step.Name)
		}
	}
	return builders
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
		if slices.Contains(b.rule.Unread, kindOf(e)) {
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
	case cep.Opened:
		return order.Started
	case cep.Reminded:
		return order.Reminder
	case cep.CalledOff:
		return order.Resolved
	case cep.Cancelled:
		return order.Cancelled
	}
	return order.Timeout
}

func (b *outcomeBuilder) outcome(e *cep.Outcome) (order.Outcome, error) {
	if e.How == cep.CalledOff {
		return b.resolved(e)
	}
	user, id, err := b.config.orderOf(e.Key, &e.Run[0])
	if err != nil {
		return order.Outcome{}, err
	}
	first := &e.Run[0]
	o := order.Outcome{
		Kind:      kindOf(e),
		ID:        b.rule.outcomeID(e),
		Rule:      b.rule.Name,
		Labels:    b.rule.Labels,
		UserID:    user,
		OrderID:   id,
		StartedAt: first.Time,
		EndedAt:   e.EndedAt,
		Deadline:  e.Deadline,
		At:        e.At,
		Events:    b.stepEvents(e.Run),
		Refs:      e.Refs,
	}
	if o.Kind == order.Reminder {
		o.Age = syntax.FormatDuration(time.Duration(e.Age) * time.Millisecond)
	}
	if o.Kind != order.Success && o.Kind != order.Cancelled {
		o.WaitingFor = b.waiting(e.Waiting)
	}
	return o, nil
}

// resolved returns the outcome that calls a timeout off.
func (b *outcomeBuilder) resolved(e *cep.Outcome) (order.Outcome, error) {
	of, id, user := splitName(e.Of)
	_, orderID, err := order.SplitKey(e.Key)
	return order.Outcome{
		Kind: order.Resolved, ID: id, Of: of, Rule: b.rule.Name, Labels: b.rule.Labels, UserID: user, OrderID: orderID,
		StartedAt: e.StartedAt, ResolvedAt: e.EndedAt, Deadline: e.Deadline, At: e.At, Events: b.stepEvents(e.Run), Refs: e.Refs,
	}, err
}

// NameOf returns what is kept of a timeout for the outcome that calls it off: the ids of
// both, and the user.
func NameOf(rule string, prog *cep.Prog, timeout *cep.Outcome, byOrder bool, reader order.Reader) string {
	of := runOf(rule, prog, timeout)
	user, _, err := (&Config{ByOrder: byOrder, Reader: reader}).orderOf(timeout.Key, &timeout.Run[0])
	if err != nil {
		user = ""
	}
	return of.ID(order.Timeout, 0) + of.ID(order.Resolved, 0) + user
}

// splitName returns what a text of NameOf was made of.
func splitName(name string) (timeout, resolved, user string) {
	const size = order.IDSize
	if len(name) < 2*size {
		return "", "", ""
	}
	return name[:size], name[size : 2*size], name[2*size:]
}

// outcomeID returns the id of an outcome of a rule.
func (r *Rule) outcomeID(e *cep.Outcome) string { return OutcomeID(r.Name, r.Prog, e) }

// OutcomeID returns the id of an outcome of a program, of a rule with that name or without
// one; of an open run, that of its timeout. Without every a run is known by the
// time and id of its first event, if the bytes of events have their times: as a run takes
// time, no other run has the same. Rules tell first events without an id by their bytes, as
// two of them may begin at one time.
func OutcomeID(rule string, prog *cep.Prog, e *cep.Outcome) string {
	of := runOf(rule, prog, e)
	if e.How != cep.Matched || !of.ByEvent {
		return of.ID(kindOf(e), e.Age)
	}
	events := make([]order.TakenEvent, len(e.Run))
	for i := range e.Run {
		events[i] = identity(prog, &e.Run[i])
	}
	return of.MatchID(events)
}

// runOf returns what ids know of the run of an outcome that has its first event.
func runOf(rule string, prog *cep.Prog, e *cep.Outcome) order.RunOf {
	of := order.RunOf{
		Rule: rule, Pattern: prog.Text(), Key: e.Key, First: identity(prog, &e.Run[0]), ByEvent: prog.Pattern().Every || prog.Timeless(),
	}
	if rule != "" {
		of.Pattern = prog.WindowlessText()
	}
	return of
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
	steps := b.rule.Prog.Steps()
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
