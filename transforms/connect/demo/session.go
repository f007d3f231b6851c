package demo

import (
	"sync"
	"time"

	"ordertimeout/transforms/connect/demo/shop"
	"ordertimeout/transforms/order"
)

// session is a simulation and how far it is. It outlives the calls of its source: each
// call goes on where the last one ended. It is no more than a cache. Where it is lost, or
// not where a call has to start, it is built again from the Config.
type session struct {
	disorder int64 // ms

	next    func() shop.Arrival
	coming  shop.Arrival // the arrival after those taken
	taken   int64        // events so far
	last    int64        // arrival of the last one, ms
	largest int64        // largest event time so far, ms

	clock clock
}

// clock maps wall time to the time of the arrivals.
type clock struct {
	wall  time.Time // when arrivals were at
	at    int64     // ms
	speed float64
}

// now returns the time of arrivals in milliseconds at a time of the wall.
func (c clock) now(wall time.Time) int64 {
	return c.at + int64(float64(wall.Sub(c.wall))*c.speed/float64(time.Millisecond))
}

// until returns for how long an arrival is still to come.
func (c clock) until(at int64, wall time.Time) time.Duration {
	return time.Duration(float64(at-c.now(wall)) / c.speed * float64(time.Millisecond))
}

// newSession returns the simulation after its first events, at a time of the
// wall when its watermark is w: the clock goes on from where it was then, so
// that a pipeline that was down does not catch up in a rush.
func newSession(c Config, taken, w int64, wall time.Time) (*session, error) {
	s := &session{disorder: c.Disorder.Milliseconds()}
	s.clock = clock{wall: wall, at: w + s.disorder, speed: c.Speed}
	if c.Loop {
		s.next = loop(c.Shop.Start)
	} else {
		sim, err := shop.New(c.Shop)
		if err != nil {
			return nil, err
		}
		s.next = sim.Next
	}
	s.last = c.Shop.Start.UnixMilli()
	s.largest = s.last
	s.coming = s.next()
	for s.taken < taken {
		s.take()
	}
	return s, nil
}

// take takes the coming event, stamped. Its place in time depends on arrivals
// alone and never on the wall, so that the same input has the same outcomes at
// every speed.
func (s *session) take() order.Event {
	e := s.coming.Event
	s.taken++
	s.last = s.coming.At
	s.largest = max(s.largest, e.Time)
	e.Source, e.Line = "demo", s.taken
	e.At = max(e.Time, s.last-s.disorder)
	s.coming = s.next()
	return e
}

// The limits of a bundle.
const (
	maxBytes = 4 << 20
	maxTime  = 100 * time.Millisecond
)

// bundle takes the events that have arrived, at most `most` and not more than a
// bundle holds. It returns them and the watermark after them.
func (s *session) bundle(most int64, wall time.Time) (events []order.Event, w int64) {
	now := s.clock.now(wall)
	paced := s.clock.speed > 0
	for bytes := 0; bytes < maxBytes && int64(len(events)) < most; {
		if paced && s.coming.At > now {
			// All that has arrived is taken, so time goes on to now.
			return events, max(s.last, now) - s.disorder
		}
		e := s.take()
		events = append(events, e)
		bytes += len(e.Raw)
		if len(events)%256 == 0 && time.Since(wall) > maxTime {
			break
		}
	}
	return events, s.last - s.disorder
}

// end returns the end of an input that ended by itself. The deadlines that the
// watermark has passed are in it, even where no event is as late as that.
func (s *session) end() int64 { return max(s.largest, s.last-s.disorder) }

// sessions holds the simulations of a run by the id of their source.
type sessions struct {
	mu sync.Mutex
	of map[string]*session
}

func newSessions() *sessions { return &sessions{of: map[string]*session{}} }

// checkOut returns the session of a source at a position and takes it out of
// sessions: a second call of the same position, which a runner may make after
// it gave up the first one, gets one of its own.
func (fn *readFn) checkOut(taken, w int64) (*session, error) {
	if s := fn.sessions.take(fn.ID); s != nil && s.taken == taken {
		return s, nil
	}
	return newSession(fn.Config, taken, w, time.Now())
}

// checkIn keeps a session for the next call.
func (fn *readFn) checkIn(s *session) {
	fn.sessions.mu.Lock()
	defer fn.sessions.mu.Unlock()
	fn.sessions.of[fn.ID] = s
}

func (s *sessions) take(id string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.of[id]
	delete(s.of, id)
	return found
}

// Close forgets the simulations.
func (s *sessions) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.of)
	return nil
}
