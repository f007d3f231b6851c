package whole

import (
	"fmt"
	"slices"
	"strings"

	"ordertimeout/transforms/cep/ceptest"
)

// Timeline is a scenario of one key. The README beside the files of Timelines tells
// their language.
type Timeline struct {
	// Name says what it shows, Place where it stands.
	Name, Place string
	// Text is the pattern's text, and Pattern what it says, with Remember and the bounds.
	Text    string
	Pattern Pattern
	// Beyond says that a condition is beyond what the model knows, so that a Key cannot run
	// the scenario. Timelines has none of that.
	Beyond bool
	Lines  []Line
	// deadlines says that the deadlines of all outcomes are shown, durations that times are
	// written as durations.
	deadlines, durations bool
	labels               map[ceptest.Event]string
}

// Line is a line of a Timeline: time comes to a place, and then there may be an event,
// or the end of the input.
type Line struct {
	Number int
	At     int64
	// Event is the event, where IsEvent says so; IsEnd says that the input ends.
	Event          ceptest.Event
	IsEvent, IsEnd bool
	// Want is what becomes of it.
	Want string
}

// label calls an event by its type and its number among those of the type, if the same
// event has not been called yet.
func (t *Timeline) label(e ceptest.Event) {
	e.At = 0
	if t.labels[e] != "" {
		return
	}
	n := 1
	for other := range t.labels {
		if other.Type == e.Type {
			n++
		}
	}
	t.labels[e] = fmt.Sprint(e.Type, n)
}

func (t *Timeline) labelsOf(events []ceptest.Event) string {
	var all []string
	for _, e := range events {
		e.At = 0
		if t.labels[e] == "" {
			return fmt.Sprintf("an event that was not given: %v", e)
		}
		all = append(all, t.labels[e])
	}
	return strings.Join(all, ",")
}

// Machine is what runs a Timeline: a Key, or what is checked.
type Machine interface {
	// Advance lets time come to a place.
	Advance(at int64) Change
	// Step gives the next event. Time has come to its place.
	Step(e ceptest.Event) Change
	// End returns the events of the open runs, each once, and how runs are counted at the
	// end, sorted.
	End() (open []ceptest.Event, ends []string)
}

// Check runs the scenario and returns a fault a line in which the machine differs.
func (t Timeline) Check(m Machine) []string {
	var faults []string
	for _, l := range t.Lines {
		got := t.words(l, m.Advance(l.At))
		switch {
		case l.IsEvent:
			got = append(got, t.words(l, m.Step(l.Event))...)
		case l.IsEnd:
			open, ends := m.End()
			got = append(got, ends...)
			if len(open) > 0 {
				got = append(got, "events "+t.labelsOf(open))
			}
		}
		if len(got) == 0 {
			got = []string{"nothing"}
		}
		if got := strings.Join(got, "; "); got != l.Want {
			file, _, _ := strings.Cut(t.Place, ":")
			faults = append(faults, fmt.Sprintf("%s:%d: %s\n\t%s\n\tgot:  %s\n\twant: %s", file, l.Number, t.Name, t.Text, got, l.Want))
		}
	}
	return faults
}

// words says what has changed.
func (t *Timeline) words(l Line, c Change) []string {
	var words []string
	if c.Class != "" {
		class := c.Class
		if c.Again {
			class += " again"
		}
		words = append(words, class)
	}
	for _, o := range c.Outcomes {
		words = append(words, t.outcome(l, o))
	}
	for _, d := range c.Decided {
		words = append(words, t.labelsOf([]ceptest.Event{d.Event})+" "+d.Class)
	}
	for _, how := range c.Ends {
		if how != TimedOut { // The outcome says so.
			words = append(words, how)
		}
	}
	return words
}

// outcome says what an outcome is, at a line.
func (t *Timeline) outcome(l Line, o Outcome) string {
	words := []string{map[string]string{Success: "match", Timeout: "timeout", StartedRun: "opened", Reminder: "reminder", CancelledRun: "cancel", ResolvedRun: "call off"}[o.Kind]}
	if o.At != l.At {
		words[0] += "@" + t.time(o.At)
	}
	for _, pl := range places(t.Pattern.Sequence) {
		events := o.Of(pl.step.Name)
		if len(events) == 0 {
			continue
		}
		word := t.labelsOf(events)
		if slices.ContainsFunc(events, func(e ceptest.Event) bool { return e.Type != pl.step.Name }) {
			word = pl.step.Name + "=" + word
		}
		words = append(words, word)
	}
	if o.Kind == Timeout || o.Kind == StartedRun || o.Kind == Reminder {
		words = append(words, "waits")
		words = append(words, o.WaitingFor...)
		if len(o.WaitingFor) == 0 {
			words = append(words, "for nothing")
		}
	}
	if (o.Kind == Success || o.Kind == CancelledRun) && o.EndedAt != o.At {
		words = append(words, "ended "+t.time(o.EndedAt))
	}
	if o.Kind == Reminder {
		words = append(words, "age "+t.time(o.Age))
	}
	if t.deadlines || o.Kind == Timeout && o.Deadline != o.At {
		deadline := t.time(o.Deadline)
		if o.Deadline == Never {
			deadline = "never"
		}
		words = append(words, "deadline "+deadline)
	}
	if o.Kind == ResolvedRun {
		words = append(words, "of", t.time(o.StartedAt), "waited", strings.Join(o.WaitingFor, " "))
	} else if o.StartedAt != o.Taken[0].Event.Time {
		words = append(words, "startedAt wrong: "+t.time(o.StartedAt))
	}
	return strings.Join(words, " ")
}
