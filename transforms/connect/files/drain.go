package files

import (
	"io"
	"time"

	"ordertimeout/transforms/connect/fsys"
)

// halted reports whether the run is to stop and an input cannot be read again, so that
// what was read of it has to be handed out.
func (s *session) halted() bool { return s.piped && s.run.Stopped() }

// drain adds what is to be accounted for at a stop of several inputs and is not handed out
// yet: what was read of those that cannot be read again, and all of Config.Carried. next
// is the entry whose turn it would be. The clock stands still: events of the other inputs
// would have come in between.
func (s *session) drain(m *merge, next entry) error {
	s.add(next)
	waiting := append(m.wrong, m.heads...)
	for _, h := range waiting {
		if h.pipe != nil || h.carried {
			m.clock.stamp(&h.entry.event)
			s.add(h.entry)
		}
	}
	for _, h := range append(waiting, m.unread...) {
		for h.pipe != nil || h.carried {
			e, err := h.next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			m.clock.stamp(&e.event)
			s.add(e)
			if s.block.size >= blockSize {
				if err := s.deliver(); err != nil {
					return err
				}
			}
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

// overdue says when a stop waits no longer for what was read: stopTime after the last of
// it came. It never does without a pipe, nor before the run is to stop.
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
