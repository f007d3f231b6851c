package story

import (
	"fmt"
	"strings"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/screen"
	"ordertimeout/transforms/shard/replica"
)

// ends tells how runs have ended, by an event or, where that is nil, by time.
func (t *teller) ends(by *Event) {
	for i := range t.out.Decided {
		t.decided(&t.out.Decided[i])
	}
	for i := range t.out.Outcomes {
		switch o := &t.out.Outcomes[i]; o.How {
		case cep.Matched:
			t.success(o)
		case cep.TimedOut:
			t.timeout(o)
		case cep.Reminded:
			t.tell(Line{Time: o.At, What: Reminder, Text: t.names(o.Waiting) + " has not come " + span(o.Age) + " after its first event"})
		}
	}
	for i := range t.out.Overflowed {
		t.endOf(by, Overflow, replica.WhyOverflow(&t.out.Overflowed[i]))
	}
	for range t.out.Ends[cep.Cancelled] {
		t.endOf(by, Cancelled, "by "+byText(by))
	}
	for range t.out.Ends[cep.Broken] {
		t.endOf(by, Broken, "by "+byText(by))
	}
	for range t.out.Ends[cep.Skipped] {
		t.endOf(by, Skipped, "a match of another run has ended it")
	}
	t.out.Reset()
}

// decided tells what has become of an event that was held.
func (t *teller) decided(d *cep.Decided) {
	text := fmt.Sprintf("the %s that was held: its order had not begun in time", screen.Text(d.Event.Type))
	switch d.Class {
	case cep.Advanced:
		text = fmt.Sprintf("the %s that was held: its order has begun", screen.Text(d.Event.Type))
	case cep.Resolved:
		text = fmt.Sprintf("the %s that was held calls a timeout off", screen.Text(d.Event.Type))
	}
	t.tell(Line{Time: d.Event.Time, What: d.Class.String(), Text: text})
}

// endOf tells of an end that gives no outcome. Its time is the event's, or else that of the
// match which has ended the run.
func (t *teller) endOf(by *Event, what, text string) {
	var at int64
	switch {
	case by != nil:
		at = by.Time
	case t.last != nil:
		at = t.last.at
	}
	t.last = &ended{how: what, at: at}
	t.tell(Line{Time: at, What: what, Text: text})
}

// byText says what has ended a run.
func byText(e *Event) string {
	if e == nil {
		return "time"
	}
	return "this " + screen.Text(e.Type)
}

// success tells of a match.
func (t *teller) success(o *cep.Outcome) {
	first, last := &o.Run[0], &o.Run[len(o.Run)-1]
	text := span(o.EndedAt-first.Time) + " after its first event"
	if last.Time < o.EndedAt && o.EndedAt == o.Deadline {
		text = "by its deadline nothing had come that may not come"
	}
	if o.At > o.EndedAt {
		text += fmt.Sprintf(", held back until %s by an earlier run", clock(o.At, o.EndedAt))
	}
	t.last = &ended{Success, o.EndedAt}
	t.tell(Line{Time: o.EndedAt, What: Success, Text: text + ": " + t.took(o.Run, o.EndedAt)})
}

// timeout tells of a run that its deadline has ended.
func (t *teller) timeout(o *cep.Outcome) {
	missed := "the pattern was not complete"
	if len(o.Waiting) > 0 {
		missed = t.names(o.Waiting) + " had not come"
	}
	text := fmt.Sprintf("%s %s after its first event: %s", missed, span(o.At-o.Run[0].Time), t.took(o.Run, o.At))
	t.last = &ended{Timeout, o.At}
	t.tell(Line{Time: o.At, What: Timeout, Text: text})
}

// mostTaken is how many events of a run are told of in one line.
const mostTaken = 6

// took says what a run has taken.
func (t *teller) took(run cep.Run, now int64) string {
	var parts []string
	for i := range run {
		if rest := len(run) - i; i == mostTaken-1 && rest > 1 {
			parts = append(parts, fmt.Sprintf("and %d more", rest))
			break
		}
		parts = append(parts, screen.Text(t.Prog.Steps()[run[i].Step].Name)+" "+clock(run[i].Time, now))
	}
	return strings.Join(parts, ", ")
}
