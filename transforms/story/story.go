// Package story tells what became of each event of one order, and why: for people. It
// gives the events to the engine as a shard does (package cep is the engine, package shard
// does so for all orders), and looks at what the engine decides.
package story

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/screen"
	"ordertimeout/transforms/shard"
)

// Config says what rule an order's story is about.
type Config struct {
	// Rule is the name of the rule; "" where there is one pattern alone.
	Rule string
	// Prog is the rule's pattern.
	Prog *cep.Prog
	// End is how the input has ended.
	End End
}

// End is how an input has ended, as its last mark says: see order.MarkEnd and
// order.MarkCut.
type End struct {
	// Last is its largest event time. Deadlines after Limit never come. Both are in
	// milliseconds.
	Last, Limit int64
	// Cut says that the log goes on elsewhere.
	Cut bool
}

// undecided returns the place in time from which on nothing is decided.
func (e End) undecided() int64 {
	return shard.Header{Last: e.Last, Limit: e.Limit, Cut: e.Cut}.Undecided()
}

// Event is an event of the order, with its place in time, and where it came from.
type Event struct {
	cep.Event
	Source string
	Line   int64
	// Doubted says that its clock was not believed when it came, so that the watermark has
	// not followed it.
	Doubted bool
}

// Line is a line of a story.
type Line struct {
	// Time is the event time, or that of the end, in milliseconds.
	Time int64
	// Type is the event's; "" where the line tells of an end.
	Type string
	// What has become of it: the class of an event, which is one of package cep's or
	// Undecided; or how a run has ended.
	What string
	// Text is why, and what comes next.
	Text string
}

// What a line may tell beside the classes of package cep.
const (
	Undecided = "undecided" // an event that the end of the input leaves undecided
	Success   = "success"   // a match
	Timeout   = "timeout"   // a run whose deadline came
	Broken    = "broken"    // a run that another event than its next step has ended
	Cancelled = "cancelled" // a run that a negation has ended
	Skipped   = "skipped"   // a run that the match of another has ended
	Overflow  = "overflow"  // a run that would have exceeded a bound
	Held      = "held"      // an event that waits for the one that opens its run
	Reminder  = "reminder"  // a run that is open at an age
	Open      = "open"      // a run that the end of the input leaves open
)

// Tell gives tell the lines of the story of an order, by its key (order.Key) and its
// events in their order of arrival.
func Tell(c Config, key string, events []Event, tell func(Line)) {
	t := teller{Config: c, key: key, matcher: c.Prog.Matcher(), tell: tell, origins: map[origin]*Event{}}
	t.learn()
	sorted := make([]*Event, len(events))
	for i := range events {
		sorted[i] = &events[i]
	}
	slices.SortStableFunc(sorted, func(a, b *Event) int { return c.Prog.Compare(&a.Event, &b.Event) })
	until, decided := c.End.undecided(), 0
	for ; decided < len(sorted) && sorted[decided].At < until; decided++ {
		t.event(sorted[decided])
	}
	t.end()
	for _, e := range sorted[decided:] {
		t.line(e, Undecided, t.whyUndecided(e))
	}
}

// teller tells one story.
type teller struct {
	Config
	key     string
	matcher *cep.Matcher
	state   cep.State
	out     cep.Output
	tell    func(Line)

	first  map[string]bool // the types of first steps
	named  map[string]bool // the types that steps name
	wanted map[string]bool // those that a step names which is not negated
	any    bool            // a step names no type
	never  string          // what a negation at the end of the pattern forbids; "" without one
	next   bool            // it is a notNext

	// window is that of a run which the event at hand opens.
	window cep.Window
	// last is the run that ended last; nil before there is one.
	last *ended
	// origins has, of each event that a run knows, the first one that came.
	origins map[origin]*Event
}

// ended is a run that has ended.
type ended struct {
	how string
	at  int64
}

// origin is by what an event is known to be the same as another: see cep.Config.Timeless.
type origin struct{ typ, id, data string }

func originOf(e *Event) origin {
	if e.ID != "" {
		return origin{typ: e.Type, id: e.ID}
	}
	return origin{typ: e.Type, data: string(e.Data)}
}

// learn looks at what the pattern is about.
func (t *teller) learn() {
	t.first, t.named, t.wanted = map[string]bool{}, map[string]bool{}, map[string]bool{}
	places := t.Prog.Pattern().Places()
	for i, p := range places {
		t.any = t.any || len(p.Step.Types) == 0
		for _, typ := range p.Step.Types {
			t.named[typ] = true
			t.first[typ] = t.first[typ] || i == 0
			t.wanted[typ] = t.wanted[typ] || !p.Negated
		}
	}
	if last := places[len(places)-1]; last.Negated {
		t.never, t.next = screen.Text(last.Name), last.Link == syntax.NotNext
	}
}

// line tells of an event.
func (t *teller) line(e *Event, what, text string) {
	t.tell(Line{Time: e.Time, Type: e.Type, What: what, Text: text})
}

// event gives the order its next event, after what is due before it.
func (t *teller) event(e *Event) {
	t.matcher.Advance(t.key, &t.state, e.At, t.End.Limit, &t.out)
	t.ends(nil)
	before := t.matcher.Look(&t.state, e.At)
	conditions := t.matcher.Conditions(t.key, &t.state, &e.Event)
	t.window = t.matcher.Window(t.key, &e.Event)
	r := t.matcher.Step(t.key, &t.state, &e.Event, &t.out)
	after := t.matcher.Look(&t.state, e.At)
	text := t.why(e, r, before, after)
	if late := e.At - e.Time; late > 0 && r.Class != cep.Late {
		text = join(fmt.Sprintf("came %s behind the watermark", span(late)), text)
	}
	if e.Doubted {
		text = join("its clock was not believed when it came, and time did not follow it", text)
	}
	if !r.Redelivered { // else the pattern has not looked at it
		for i := range conditions {
			text = join(text, conditionText(&conditions[i]))
		}
		if r.Class == cep.Started {
			text = join(text, windowText(t.window))
		}
		switch r.Class {
		case cep.Started, cep.Advanced, cep.Duplicate:
			t.origins[originOf(e)] = e
		}
	}
	if r.Held {
		t.line(e, Held, "waits a while for its order to begin")
	} else {
		t.line(e, r.Class.String(), text)
	}
	t.ends(e)
}

// end tells what becomes of the runs that are open once all events are told.
func (t *teller) end() {
	t.matcher.Advance(t.key, &t.state, t.End.Limit, t.End.Limit, &t.out)
	t.ends(nil)
	text := "the log ends here"
	if t.End.Cut {
		text = "the log goes on from here"
	}
	for _, o := range t.matcher.AppendOpen(t.key, &t.state, t.End.Limit, nil) {
		look := cep.Look{Runs: 1, StartedAt: o.Run[0].Time, Deadline: o.Deadline, Waiting: o.Waiting}
		t.tell(Line{Time: t.End.Limit, What: Open, Text: join(text + ": the run that began at " + clock(o.Run[0].Time, t.End.Limit) + " " + t.waits(look, t.End.Limit))})
	}
}

// join joins what there is of parts of a text.
func join(parts ...string) (text string) {
	for _, p := range parts {
		switch {
		case p == "":
		case text == "":
			text = p
		default:
			text += "; " + p
		}
	}
	return text
}

// conditionText says what a condition said of an event.
func conditionText(c *cep.Condition) string {
	name := c.Step
	if name == "" {
		name = "until"
	}
	name = screen.Text(name + "[" + c.Text + "]")
	switch {
	case c.Err != nil:
		why := strings.TrimPrefix(c.Err.Error(), "cond: condition "+c.Text+": ")
		return name + " fails, which is false: " + screen.Text(why)
	case c.Of == 0:
		return name + " is of a run, and none is open"
	case c.Of == 1:
		return fmt.Sprintf("%s is %t", name, c.Holds == 1)
	}
	return fmt.Sprintf("%s is true of %d of %d branches", name, c.Holds, c.Of)
}

// windowText says what gives the window of a run, where that is an expression.
func windowText(w cep.Window) string {
	length := syntax.FormatDuration(time.Duration(w.Length) * time.Millisecond)
	switch {
	case w.Expression == "":
		return ""
	case w.Err != nil:
		why := strings.TrimPrefix(w.Err.Error(), "cond: condition "+w.Expression+": ")
		return screen.Text("within "+w.Expression) + " fails, so the pattern's " + length + " holds: " + screen.Text(why)
	}
	return screen.Text("within "+w.Expression) + " is " + length
}

// place returns where an event came from, in parentheses.
func place(e *Event) string {
	if e.Source == "" {
		return ""
	}
	return " (" + screen.Text(order.Place(e.Source, e.Line)) + ")"
}
