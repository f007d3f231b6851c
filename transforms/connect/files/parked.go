package files

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"ordertimeout/transforms/process"
)

// parking has the sessions of a run that no one is using. A session is taken out for as
// long as a bundle uses it.
type parking struct {
	mu sync.Mutex
	// sessions are by the id of their source.
	sessions map[string]*session
	// consumed has the ids of the sources that have read what cannot be read again.
	consumed map[string]bool
}

func newParking() *parking {
	return &parking{sessions: map[string]*session{}, consumed: map[string]bool{}}
}

// maxParked is how long a session waits for the next bundle before its files
// are closed; the bundle then opens them again.
const maxParked = time.Minute

// resume returns the session of a source at a position. Where this process has
// none, or one that is elsewhere because a bundle was repeated or another
// process had its turn, it starts a new one.
func resume(id string, c Config, run *process.Run, position int64) (*session, error) {
	parked, err := process.Get(run, newParking)
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	if s := parked.take(id); s != nil {
		if s.handed == position {
			return s, nil
		}
		s.close()
	}
	if position > 0 && c.oneSession() {
		return nil, fmt.Errorf("files: at record %d: what is followed or carried is read in one go: start the run again", position)
	}
	if i := slices.IndexFunc(c.Inputs, mayWait); i >= 0 {
		if again := parked.consume(id); again || position > 0 {
			return nil, fmt.Errorf("files: %s cannot be read again, to go on at record %d: use a file", pipeName(c.Inputs[i]), position)
		}
	}
	s := newSession(c, run, position)
	s.parking, s.id = parked, id
	return s, nil
}

// take takes out the session of a source, nil where there is none.
func (p *parking) take(id string) *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.sessions[id]
	delete(p.sessions, id)
	if s != nil && s.idle != nil {
		s.idle.Stop()
	}
	return s
}

// consume notes that a source reads what cannot be read again, and reports whether it
// has done so before.
func (p *parking) consume(id string) (again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	again = p.consumed[id]
	p.consumed[id] = true
	return again
}

// oneSession reports whether one session has to read the log to its end: the shards take up
// what they had once, at its beginning, and files that grow are no log to count records of.
func (c Config) oneSession() bool { return c.Carries || c.Follow }

// park keeps the session for the next bundle.
func (s *session) park() {
	p := s.parking
	p.mu.Lock()
	defer p.mu.Unlock()
	if !s.piped && !s.config.oneSession() {
		s.idle = time.AfterFunc(maxParked, func() {
			if p.drop(s) {
				s.close()
			}
		})
	}
	p.sessions[s.id] = s
}

// drop takes out a session, and reports whether it was there.
func (p *parking) drop(s *session) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sessions[s.id] != s {
		return false
	}
	delete(p.sessions, s.id)
	return true
}

// Close closes the sessions. A read that waits for someone to write is not waited for.
func (p *parking) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.sessions {
		s.close()
	}
	clear(p.sessions)
	return nil
}
