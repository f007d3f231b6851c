package cep

import (
	"fmt"
	"math"
	"time"

	"ordertimeout/transforms/cep/cond"
	"ordertimeout/transforms/cep/syntax"
)

// CompileWindow returns an expression that gives the windows of a pattern's runs, each by its
// first event, for Config.Window. The names of steps are refused: there are none yet. Its
// error is a *cond.Error.
func CompileWindow(expression string, pattern syntax.Pattern) (*cond.Cond, error) {
	names := cond.Names{Refused: map[string]string{}}
	for _, place := range pattern.Places() {
		names.Refused[place.Name] = place.Name + " is a step: want members of the first event bare, such as channel (one called " + place.Name + ": event." + place.Name + ")"
	}
	return cond.CompileDuration(expression, names)
}

// endOfTime is the end of the year 9999 in milliseconds: what can be written out as a time.
const endOfTime = 253_402_300_800_000

// deadlineOfRun returns the deadline of a run that the event at hand opens.
func (m *Matcher) deadlineOfRun() int64 {
	if m.prog.within == 0 {
		return math.MaxInt64
	}
	return m.event.Time + m.windowOfRun()
}

// windowOfRun returns the window of a run that the event at hand opens, in milliseconds, of a
// pattern that has one. The expression is evaluated once an event, and why it fails counted
// once a run is opened by that.
func (m *Matcher) windowOfRun() int64 {
	if m.prog.window == nil {
		return m.prog.within
	}
	if m.window == 0 {
		if m.window, m.windowErr = m.evalWindow(); m.windowErr != nil {
			m.window = m.prog.within
		}
	}
	return m.window
}

// rememberOfRun returns for how long a run is remembered that the event at hand opens, in
// milliseconds.
func (m *Matcher) rememberOfRun() int64 {
	if m.prog.rememberOwn {
		return m.windowOfRun()
	}
	return m.prog.remember
}

func (m *Matcher) evalWindow() (int64, error) {
	d, err := m.evaluator.Duration(m.prog.window)
	window := d.Milliseconds()
	switch {
	case err != nil:
		return 0, err
	case window > m.prog.maxWindow:
		return 0, fmt.Errorf("cep: window %s: got %v: want at most %v", m.prog.window, d, time.Duration(m.prog.maxWindow)*time.Millisecond)
	case m.event.Time >= endOfTime-window:
		return 0, fmt.Errorf("cep: window %s: got %v: want a deadline before the year 10000", m.prog.window, d)
	}
	return window, nil
}

// extra returns for how much longer than others an open run will be remembered, or shorter.
func (p *Prog) extra(l *live, r *run) int64 {
	if !p.rememberOwn {
		return 0
	}
	return r.deadline - l.first(r) - p.remember
}
