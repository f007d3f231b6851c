package files

import (
	"io"
	"os"
	"time"
)

// pipe reads what cannot be read again and may have to be waited for: standard input,
// a named pipe, a terminal. What was read from it has to be accounted for, so where
// the run is stopped it reads on to the end of the record that it is in, for a second
// at most, and ends there.
type pipe struct {
	file     *os.File
	stopping <-chan struct{}
	// look is called with the time of each look that found nothing to read. Where the
	// system cannot tell, it is called with the zero time before each read. An error ends
	// the reading.
	look func(at time.Time) error

	arrived time.Time   // when something was read last; zero before
	inside  func() bool // whether what was read ends inside a record
	until   time.Time   // when a stopped pipe ends inside a record, too
	beyond  int         // how many bytes were read after that
}

const (
	// lookEvery is how long a pipe waits for something to read before it looks for a
	// reason not to.
	lookEvery = 50 * time.Millisecond
	// lastLine is for how long a stop waits for the end of the record that it is in.
	lastLine = time.Second
	// lastBytes is how much of that record is read after that, if it is there already: what
	// a pipe holds. A process that was suspended meanwhile has not looked for it.
	lastBytes = 64 << 10
)

// halted reports whether the run was asked to stop.
func (p *pipe) halted() bool {
	select {
	case <-p.stopping:
		return true
	default:
		return false
	}
}

// Read reads what is there, once anything is. The time of a look is taken before it: the
// process may be suspended behind it for long.
func (p *pipe) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	for {
		at := time.Now()
		if p.halted() {
			return p.readLine(b)
		}
		ready, err := readable(p.file, 0)
		if err != nil {
			return 0, err
		}
		if !canLook {
			at = time.Time{} // nobody looked
		}
		if !ready || !canLook {
			if err := p.look(at); err != nil {
				return 0, err
			}
		}
		if ready {
			n, err := p.file.Read(b)
			p.arrived = time.Now()
			return n, err
		}
		if _, err := readable(p.file, lookEvery); err != nil {
			return 0, err
		}
	}
}

// readLine reads to the end of a line of a record, and nothing of what is behind it,
// byte by byte. Between records it gives io.EOF, and inside one once its time is over.
func (p *pipe) readLine(b []byte) (n int, err error) {
	if p.until.IsZero() {
		p.until = time.Now().Add(lastLine)
	}
	for p.inside() && n < len(b) && (n == 0 || b[n-1] != '\n') {
		left := max(0, time.Until(p.until))
		ready, err := readable(p.file, left)
		if err != nil {
			return n, err
		}
		if left == 0 && (!ready || p.beyond == lastBytes) {
			break
		}
		if !ready {
			continue
		}
		if left == 0 {
			p.beyond++
		}
		read, err := p.file.Read(b[n : n+1])
		if n += read; err != nil {
			return n, err
		}
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
