package cep

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ordertimeout/transforms/cep/ceptest"
	"ordertimeout/transforms/cep/ceptest/whole"
	"ordertimeout/transforms/cep/cond"
	"ordertimeout/transforms/cep/syntax"
)

// jsonFields reads the members of events whose data is a JSON object.
var jsonFields = cond.Fields{
	Members: func(data []byte, names []string, values []any) {
		object := jsonObject(data)
		for i, name := range names {
			values[i] = object[name]
		}
	},
	Whole: jsonObject,
	IDs:   func(key string, _ []byte) (string, string) { return "", key },
}

func jsonObject(data []byte) map[string]any {
	object := map[string]any{}
	if json.Unmarshal(data, &object) != nil {
		return map[string]any{}
	}
	return object
}

// engine runs a pattern over one key, as the model does. After each event and each
// moment the state is encoded and decoded.
type engine struct {
	t     testing.TB
	key   string
	m     *Matcher
	state State
	at    int64
	named map[string]bool // timeouts that were given and not resolved
	rnd   *rand.Rand      // where it is to stop on the way, nil for nowhere
}

// newEngine returns an engine that is run by the table, where there is one, or by the
// machine alone.
func newEngine(t testing.TB, key, text string, p whole.Pattern, table bool) *engine {
	t.Helper()
	pattern, err := syntax.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	c := Config{Remember: ms(p.Remember), MaxBranches: p.MaxBranches, Fields: jsonFields, Started: p.Started, Cancelled: p.Cancelled, Resolve: ms(p.Resolve), Early: ms(p.Early)}
	c.Window, c.MaxWindow, c.RememberOwn = p.Window.Text, ms(p.Window.Most), p.Window.Remembers
	c.Name = func(timeout *Outcome) string { return nameOf(timeout) }
	for _, age := range p.Remind {
		c.Remind = append(c.Remind, ms(age))
	}
	prog, err := compile(pattern, c, table)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if p.MaxTaken > 0 {
		prog.maxEvents = p.MaxTaken
	}
	return &engine{t: t, key: key, m: prog.Matcher(), named: map[string]bool{}}
}

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// kinds are the model's words for what outcomes are.
var kinds = map[How]string{
	Matched: whole.Success, TimedOut: whole.Timeout, Opened: whole.StartedRun, Reminded: whole.Reminder, Cancelled: whole.CancelledRun,
	CalledOff: whole.ResolvedRun,
}

// nameOf calls a timeout by what tells it from the others of its key.
func nameOf(timeout *Outcome) string {
	return fmt.Sprint(timeout.How, timeout.Deadline, timeout.Run[0].Time, timeout.Run[0].ID, string(timeout.Run[0].Data))
}

func (e *engine) Advance(at int64) whole.Change {
	if e.rnd == nil || e.rnd.IntN(2) == 0 {
		return e.advance(at)
	}
	// On the way it stops wherever there is something to do, and anywhere else.
	var all whole.Change
	for last := int64(math.MinInt64); ; {
		due := e.m.prog.Due(&e.state)
		if due <= last {
			e.t.Fatalf("%s: at %d there is something to do at %d", e.m.prog.Text(), last, due)
		}
		if due >= at {
			break
		}
		c := e.advance(due)
		add(&all, c)
		last = max(due, e.at+int64(e.rnd.IntN(3))*(at-e.at)/4)
		c = e.advance(last)
		add(&all, c)
	}
	if at == later && !e.state.Empty() && e.m.prog.pattern.Within > 0 {
		e.t.Errorf("%s: something is left of the state, and nothing is due: %+v", e.m.prog.Text(), e.state.live())
	}
	c := e.advance(at)
	add(&all, c)
	slices.Sort(all.Ends)
	return all
}

func add(all *whole.Change, c whole.Change) {
	all.Outcomes, all.Ends, all.Decided = append(all.Outcomes, c.Outcomes...), append(all.Ends, c.Ends...), append(all.Decided, c.Decided...)
}

// later is when nothing is left.
const later = 1 << 40

// advance lets time come to a place in one step.
func (e *engine) advance(at int64) whole.Change {
	open := e.open()
	var out Output
	e.m.Advance(e.key, &e.state, at, math.MaxInt64, &out)
	for i := range out.Outcomes {
		if o := &out.Outcomes[i]; o.How == TimedOut && !slices.ContainsFunc(open, func(open Outcome) bool { return foretells(&open, o) }) {
			e.t.Errorf("%s: a timeout at %d of %v, waiting for %d, is none of the open runs %+v", e.m.prog.Text(), o.At, e.events(o.Run), o.Waiting, open)
		}
	}
	e.at = max(e.at, at)
	return e.change(&out)
}

// open returns the open runs, as many as Close tells of. Looking at them changes nothing.
func (e *engine) open() []Outcome {
	before, _ := e.state.AppendBinary(nil)
	open := e.m.AppendOpen(e.key, &e.state, e.at, nil)
	if after, _ := e.state.AppendBinary(nil); !slices.Equal(before, after) {
		e.t.Errorf("%s: a look at the open runs changes the state", e.m.prog.Text())
	}
	if n, _ := e.m.Close(&e.state, &Output{}); int(n) != len(open) {
		e.t.Errorf("%s: %d runs are open, and %d told of", e.m.prog.Text(), n, len(open))
	}
	return open
}

// foretells reports whether a run that is open may end in a timeout if nothing more comes.
// A timeout that shows a branch which had reached a deadline before tells what that waited
// for, and an open run what can still come.
func foretells(open, timeout *Outcome) bool {
	before := timeout.Deadline < timeout.At
	return open.At == timeout.At && open.How == Open && cmp.Equal(open.Run, timeout.Run, cmpopts.IgnoreUnexported(Taken{})) &&
		(before || !slices.ContainsFunc(timeout.Waiting, func(step int) bool { return !slices.Contains(open.Waiting, step) }))
}

func (e *engine) Step(event ceptest.Event) whole.Change {
	given := Event{Type: event.Type, ID: event.ID, Time: event.Time, At: event.At, Data: []byte(event.Data)}
	var out Output
	r := e.m.Step(e.key, &e.state, &given, &out)
	c := e.change(&out)
	c.Class, c.Again = r.Class.String(), r.Redelivered
	if r.Held {
		c.Class = whole.Held
		e.m.Note(&e.state, noteOf(&given))
	}
	return c
}

func (e *engine) End() (open []ceptest.Event, ends []string) {
	var out Output
	n, run := e.m.Close(&e.state, &out)
	for range n {
		ends = append(ends, "open")
	}
	ends = append(ends, endsOf(&out)...)
	slices.Sort(ends)
	return e.events(run), ends
}

// held returns the events that are held.
func (e *engine) held() (held []ceptest.Event) {
	for _, h := range e.m.AppendHeld(&e.state, nil) {
		if h.Note != noteOf(&h.Event) {
			e.t.Errorf("%s: an event that was noted as %q is held with %q", e.m.prog.Text(), noteOf(&h.Event), h.Note)
		}
		held = append(held, eventOf(e.key, &h.Event))
	}
	return held
}

// change returns what an output says in the model's words, and brings the state through
// its encoding.
func (e *engine) change(out *Output) whole.Change {
	c := whole.Change{Ends: endsOf(out)}
	for i := range out.Overflowed {
		c.Overflowed = append(c.Overflowed, e.events(Run{out.Overflowed[i].First})...)
	}
	for i := range out.Outcomes {
		c.Outcomes = append(c.Outcomes, e.outcome(&out.Outcomes[i]))
	}
	for i := range out.Decided {
		d := &out.Decided[i]
		if d.Note != noteOf(&d.Event) || d.Key != e.key {
			e.t.Errorf("%s: an event that was noted as %q comes back as %q of %q", e.m.prog.Text(), noteOf(&d.Event), d.Note, d.Key)
		}
		c.Decided = append(c.Decided, whole.Classed{Event: eventOf(e.key, &d.Event), Class: d.Class.String()})
	}
	b, _ := e.state.AppendBinary(nil)
	state, rest, err := e.m.prog.DecodeState(b)
	if err != nil || len(rest) > 0 {
		e.t.Fatalf("%s: decode a state: %v, %d bytes left", e.m.prog.Text(), err, len(rest))
	}
	if again, _ := state.AppendBinary(nil); !slices.Equal(b, again) {
		e.t.Fatalf("%s: a state is encoded as\n%x and after decoding as\n%x", e.m.prog.Text(), b, again)
	}
	e.state = state
	return c
}

// noteOf is what is noted of an event that is held.
func noteOf(e *Event) string { return fmt.Sprint(e.Type, e.Time, e.ID, string(e.Data)) }

func eventOf(key string, e *Event) ceptest.Event {
	return ceptest.Event{Key: key, Type: e.Type, ID: e.ID, Data: string(e.Data), Time: e.Time, At: e.At}
}

func endsOf(out *Output) []string {
	var ends []string
	for how, n := range out.Ends {
		for range n {
			ends = append(ends, How(how).String())
		}
	}
	slices.Sort(ends)
	return ends
}

func (e *engine) outcome(o *Outcome) whole.Outcome {
	steps := e.m.prog.Steps()
	w := whole.Outcome{Kind: kinds[o.How], Key: e.key, At: o.At, StartedAt: o.Run[0].Time, EndedAt: o.EndedAt, Deadline: o.Deadline, Age: o.Age}
	switch o.How {
	case TimedOut:
		e.named[nameOf(o)] = true
	case CalledOff:
		if w.StartedAt = o.StartedAt; !e.named[o.Of] {
			e.t.Errorf("%s: %s is resolved: it was not given, or twice", e.m.prog.Text(), o.Of)
		}
		delete(e.named, o.Of)
	}
	for i, event := range e.events(o.Run) {
		w.Taken = append(w.Taken, whole.StepEvent{Step: steps[o.Run[i].Step].Name, Event: event})
	}
	for _, n := range o.Waiting {
		w.WaitingFor = append(w.WaitingFor, steps[n].Name)
	}
	return w
}

// events returns what was taken as the model has it, but for the place in time, which is
// not kept.
func (e *engine) events(run Run) []ceptest.Event {
	var events []ceptest.Event
	for i := range run {
		t := &run[i]
		events = append(events, ceptest.Event{Key: e.key, Type: t.Type, ID: t.ID, Data: string(t.Data), Time: t.Time})
	}
	return events
}

// Every timeline holds, by the table and by the machine.
func TestWholeLanguageTimelines(t *testing.T) {
	timelines, err := whole.Timelines()
	if err != nil {
		t.Fatal(err)
	}
	for _, timeline := range timelines {
		for _, table := range []bool{true, false} {
			e := newEngine(t, "k", timeline.Text, timeline.Pattern, table)
			for _, fault := range timeline.Check(e) {
				t.Errorf("table %v: %s", table, fault)
			}
		}
	}
}

// shapes are the kinds of random patterns.
var shapes = map[string]whole.Shape{
	"all":          {EmptyRounds: true},
	"linear":       {Linear: true, Negations: true},
	"without else": {Linear: true},
}

// patterns is the number of random patterns to try of each shape.
func patterns() uint64 {
	if testing.Short() {
		return 300
	}
	return 3000
}

// Whatever the pattern and the log: the engine does with each event and with each passing
// of time what the model does.
func TestRandomPatternsAgreeWithTheModel(t *testing.T) {
	for name, shape := range shapes {
		for seed := range patterns() {
			rnd := rand.New(rand.NewPCG(seed, uint64(len(name))))
			p := whole.RandomPattern(rnd, shape)
			p.Remember = []int64{0, 1, 40, max(p.Within, 100)}[rnd.IntN(4)]
			p.MaxBranches = []int{0, 0, 0, 20}[rnd.IntN(4)]
			p.Life = randomLife(rand.New(rand.NewPCG(seed, 1)), p)
			log, _ := ceptest.Stamp(p.RandomLog(rnd, 4+rnd.IntN(25)), []int64{0, 3, 20}[rnd.IntN(3)], 0)
			for _, key := range []string{"k0", "k1", "k2"} {
				if fault := compareKey(t, p, key, log, rnd.IntN(2) == 0); fault != "" {
					t.Fatalf("%s, seed %d: %v remember %d, max branches %d, %+v\n%s", name, seed, p, p.Remember, p.MaxBranches, p.Life, fault)
				}
			}
		}
	}
}

// randomLife returns settings for a pattern: mostly none.
func randomLife(rnd *rand.Rand, p whole.Pattern) whole.Life {
	var life whole.Life
	if rnd.IntN(3) == 0 {
		return life
	}
	life.Started, life.Cancelled = rnd.IntN(2) == 0, rnd.IntN(2) == 0
	if oneEnd("", syntax.MustParse(p.String())) == nil && rnd.IntN(4) > 0 {
		life.Resolve = []int64{1, 2, 7, 20, 100}[rnd.IntN(5)]
	}
	if oneEnd("", syntax.MustParse(p.String())) == nil && rnd.IntN(2) > 0 {
		life.Early = []int64{1, 2, 7, 19}[rnd.IntN(4)]
	}
	if p.Within > 0 && rnd.IntN(2) == 0 {
		life.Window = randomWindow(rnd)
	}
	for age := int64(0); rnd.IntN(4) > 0; {
		if age += 1 + int64(rnd.IntN(12)); p.Within > 0 && age >= p.Within {
			break
		}
		life.Remind = append(life.Remind, age)
	}
	return life
}

// randomWindow returns a window by the event, which may fail on it.
func randomWindow(rnd *rand.Rand) whole.Window {
	condition := []string{"n > 1", "n == 0 || m > 1", "n < 2 && m > 1", "n > 9"}[rnd.IntN(4)]
	window, err := whole.ParseWindow(fmt.Sprintf(`%s ? "%dms" : "%dms"`, condition, 1+rnd.IntN(20), 10+rnd.IntN(100)))
	if err != nil {
		panic(err)
	}
	window.Most, window.Remembers = []int64{0, 0, 50}[rnd.IntN(3)], rnd.IntN(2) == 0
	return window
}

// compareKey runs the events of a key, and returns where engine and model part.
func compareKey(t *testing.T, p whole.Pattern, key string, log []ceptest.Event, table bool) string {
	t.Helper()
	var events []ceptest.Event
	for _, e := range log {
		if e.Key == key {
			events = append(events, e)
		}
	}
	slices.SortStableFunc(events, p.Compare)
	want, got := whole.NewKey(p), newEngine(t, key, p.String(), p, table)
	got.rnd = rand.New(rand.NewPCG(uint64(len(events)), 5))
	past := ""
	for _, e := range events {
		past += fmt.Sprintf("%s %v at %d\n", e.Type, e, e.At)
		if diff := cmp.Diff(want.Advance(e.At), got.Advance(e.At), cmpopts.EquateEmpty()); diff != "" {
			return past + "time (-want +got):\n" + diff
		}
		if diff := cmp.Diff(want.Step(e), got.Step(e), cmpopts.EquateEmpty()); diff != "" {
			return past + "event (-want +got):\n" + diff
		}
	}
	if diff := cmp.Diff(want.Held(), got.held(), cmpopts.EquateEmpty()); diff != "" {
		return past + "held (-want +got):\n" + diff
	}
	wantOpen, wantEnds := want.End()
	gotOpen, gotEnds := got.End()
	if diff := cmp.Diff(wantOpen, gotOpen, cmpopts.EquateEmpty()) + cmp.Diff(wantEnds, gotEnds, cmpopts.EquateEmpty()); diff != "" {
		return past + "end (-want +got):\n" + diff
	}
	if diff := cmp.Diff(want.Advance(later), got.Advance(later), cmpopts.EquateEmpty()); diff != "" {
		return past + "at last (-want +got):\n" + diff
	}
	if p.Within > 0 && !got.state.Empty() {
		return past + "something is left of the state"
	}
	return ""
}
