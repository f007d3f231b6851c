package files

import (
	"slices"
	"time"
)

// doubt decides which events the clock of the log follows. One event of a wrong clock,
// a day ahead, would move the watermark by that day: all that is open would time out,
// and all that comes after be late.
//
// An event more than jump beyond the largest time so far is a gap in the log if the
// next eight events of its file are so far beyond it, too. Else its clock is wrong. The
// clock of the first event of all is wrong if the next eight are all more than jump
// before it. Where the file ends before there are eight, those that there are decide.
type doubt struct {
	jump int64 // in milliseconds; 0: every event is followed
	// goesOn says that the log goes on elsewhere. An event at the end of a file is then
	// no gap if it is in the future: what comes next would tell, but is not here.
	goesOn bool
	now    func() time.Time
}

// witnesses is how many events behind one say whether its clock is wrong.
const witnesses = 8

// verdict is what is to be done with an event.
type verdict int

const (
	followed verdict = iota // the clock of the log follows it
	wrong                   // its own clock is wrong, so the log's does not follow it
	unknown                 // more events have to come first
)

// near reports that an event is no more than jump beyond the largest time: nothing
// else needs to be known of it. Nearly all are.
func (d *doubt) near(c *clock, time int64) bool {
	return d.jump == 0 || c.begun && time <= c.largest+d.jump
}

// judge decides on an event by those after it in its file. next gives the time of one of
// them by its number, from 0 on; ok is false where there is none, or not yet. ended says
// whether there will be none.
func (d *doubt) judge(c *clock, at int64, next func(i int) (time int64, ok bool), ended func() bool) verdict {
	if d.near(c, at) {
		return followed
	}
	for i := range witnesses {
		t, ok := next(i)
		switch {
		case !ok && !ended():
			return unknown
		case !ok:
			return d.judgeLast(c, at, i)
		case !c.begun && t >= at-d.jump:
			return followed
		case c.begun && t <= c.largest+d.jump:
			return wrong
		}
	}
	if !c.begun {
		return wrong
	}
	return followed
}

// judgeLast decides on an event near the end of its file: the few behind it, of number n,
// all speak against the clock so far.
func (d *doubt) judgeLast(c *clock, at int64, n int) verdict {
	switch {
	case !c.begun && n > 0:
		return wrong
	case c.begun && d.goesOn && at > d.now().UnixMilli():
		return wrong
	}
	return followed
}

// unfollowed has the times of the events that were handed out and not followed, and
// that the clock has not reached since.
type unfollowed struct {
	times []int64
	kept  int // of the times when they were last looked through
}

func (u *unfollowed) add(time, largest int64) {
	if len(u.times) >= 2*u.kept+1024 {
		u.beyond(largest)
		u.kept = len(u.times)
	}
	u.times = append(u.times, time)
}

// beyond returns how many are beyond a time, and the first of them.
func (u *unfollowed) beyond(largest int64) (n int, first int64) {
	u.times = slices.DeleteFunc(u.times, func(t int64) bool { return t <= largest })
	if len(u.times) == 0 {
		return 0, 0
	}
	return len(u.times), slices.Min(u.times)
}
