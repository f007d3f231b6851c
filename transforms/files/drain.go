package files

import (
	"io"
	"time"

	"ordertimeout/transforms/fsys"
)

// halted reports whether the run is to stop and an input cannot be read again, so that
// what was read of it has to be handed out.
func (s *session) halted() bool { return s.piped && s.run.Stopped() }

// drain adds what was read of inputs that cannot be read again and is not handed out
// yet, at a stop of several inputs; next is the entry whose turn it would be. The clock
// stands still: events of the other inputs would have come in between.
func (s *session) drain(m *merge, next entry) error {
	s.add(next)
	for _, h := range append(m.wrong, m.heads...) {
		if h.pipe != nil {
			m.clock.stamp(&h.entry.event)
			s.add(h.entry)
		}
	}
	for _, h := range append(append(m.wrong, m.heads...), m.unread...) {
		for h.pipe != nil {
			e, err := h.next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			m.clock.stamp(&e.event)
			s.add(e)
		}
	}
	s.block.stopped = true
	return nil
}

// mayWait reports whether an input is one whose reads may have to wait for someone to
// write, and that cannot be read again: standard input, a named pipe, a device.
func mayWait(path string) bool {
	if path == stdin {
		return true
	}
	if fsys.IsURI(path) {
		return false
	}
	info, err := check(path)
	return err == nil && !info.Mode().IsRegular()
}

// stopTime is how long a stop waits for what was read of a pipe. A reader needs less,
// unless it waits for someone to open a named pipe.
const stopTime = 2 * time.Second

// overdue says when a stop waits no longer for what was read. It never does without a
// pipe, nor before the run is to stop.
func (s *session) overdue() <-chan time.Time {
	if !s.halted() {
		return nil
	}
	if s.stopBy.IsZero() {
		s.stopBy = time.Now().Add(stopTime)
	}
	return time.After(time.Until(s.stopBy))
}

// pipeName is what an input that cannot be read again is called.
func pipeName(path string) string {
	if path == stdin {
		return "standard input"
	}
	return path
}
