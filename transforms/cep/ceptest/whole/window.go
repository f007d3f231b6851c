package whole

import (
	"fmt"
	"regexp"
	"time"
)

// Window is a window for each run by its first event: IF ? "THEN" : "ELSE". The pattern's
// holds where the condition cannot be evaluated, and where the window is more than Most.
type Window struct {
	// Text is the expression, "" for none.
	Text       string
	If         Condition
	Then, Else int64
	// Most is the longest that it may give, 0 for any.
	Most int64
	// Remembers says that a run is remembered for as long as its window, in place of
	// Remember.
	Remembers bool
}

var windows = regexp.MustCompile(`^(.*) \? "([\w.]+)" : "([\w.]+)"$`)

// ParseWindow reads a Window whose runs are remembered as long.
func ParseWindow(text string) (Window, error) {
	m := windows.FindStringSubmatch(text)
	if m == nil {
		return Window{}, fmt.Errorf("whole: window %q: want a condition and two durations", text)
	}
	w := Window{Text: text, Remembers: true}
	var err error
	if w.If, err = ParseCondition(m[1]); err != nil {
		return Window{}, err
	}
	for i, to := range []*int64{&w.Then, &w.Else} {
		d, err := time.ParseDuration(m[2+i])
		if err != nil {
			return Window{}, err
		}
		*to = d.Milliseconds()
	}
	return w, nil
}

// windowOf returns the window of a run that begins with an event.
func (p Pattern) windowOf(e event) int64 {
	if p.Window.Text == "" {
		return p.Within
	}
	holds, err := p.Window.If.evaluate(e.Event, nil)
	window := p.Window.Else
	if holds {
		window = p.Window.Then
	}
	if err != nil || p.Window.Most > 0 && window > p.Window.Most {
		return p.Within
	}
	return window
}

// deadlineOf returns the deadline of a run that begins with an event.
func (p Pattern) deadlineOf(e event) int64 {
	if p.Within == 0 {
		return Never
	}
	return e.Time + p.windowOf(e)
}

// rememberOf returns for how long a run is remembered that begins with an event.
func (p Pattern) rememberOf(e event) int64 {
	if p.Window.Remembers {
		return p.windowOf(e)
	}
	return p.Remember
}
