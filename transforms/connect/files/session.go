package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// session is a log that is being read. A goroutine of its own reads, decodes
// and merges ahead of the one that hands out, in blocks.
type session struct {
	config Config
	run    *process.Run
	skip   int64 // records at the start that an earlier session handed out

	parking *parking // where it waits for its next bundle
	id      string   // of its source

	// Of the goroutine that reads.
	ctx      context.Context // ends with closed
	remote   remotes
	decoder  *order.Decoder
	clock    clock
	alive    *liveness // of a live input; else nil
	arrived  time.Time // when something was read of a live input last
	records  int64     // read so far
	block    block
	hinted   [2]int64 // decoder.IntegerTimes and January as of the last block
	moved    []*input // whose places have changed since the last block
	finished []place  // of parts that were read to their ends since then

	blocks chan block
	closed chan struct{}
	piped  bool               // an input cannot be read again: what was read of it is handed out
	cancel context.CancelFunc // of ctx
	idle   *time.Timer        // closes it if it stays parked for long

	// Of the one that hands out.
	handed int64      // records
	back   chan block // the block that was given back, if any
	now    clock      // as of the last block handed out
	stopBy time.Time  // when a stop waits no longer for what was read; zero before it
	last   block      // the last block, once it was handed out
	places []place    // of the inputs, as of the last block; see Config.Carries
	past   []place    // of parts of inputs that are read
	carrier
}

// block is some of the log's records in a row.
type block struct {
	events  []order.Event
	rejects []order.Reject
	size    int // of the input in bytes

	before, after clock
	places        []place // that have changed

	integers, january int64 // see order.Decoder

	last    bool
	stopped bool  // it is the last as the run is to stop
	err     error // why it is the last; nil: the end of the input

	// beyond is how many events are beyond the end of the log, by clocks that were not
	// believed, and beyondFrom the time of the first. They are known of the last block.
	beyond     int
	beyondFrom int64
}

const (
	// blockSize is how much input makes a block. A pipe that gives less makes
	// smaller ones.
	blockSize = 256 << 10
	// minBuffer is the least to read at once from each of many files, which
	// share the memory of a few.
	minBuffer = 16 << 10
	// blocksAhead is how many blocks may wait to be handed out.
	blocksAhead = 16
)

var errStopped = errors.New("files: stopped")

// newSession starts to read the log behind its first records, of number skip.
func newSession(c Config, run *process.Run, skip int64) *session {
	s := &session{
		config:  c,
		run:     run,
		skip:    skip,
		decoder: c.Decoder(),
		clock:   clock{disorder: c.Disorder.Milliseconds()},
		blocks:  make(chan block, blocksAhead),
		back:    make(chan block, 1),
		closed:  make(chan struct{}),
		places:  make([]place, len(c.Inputs)),
		handed:  skip,
		piped:   slices.ContainsFunc(c.Inputs, mayWait),
	}
	if c.Live || c.Follow {
		s.alive = &liveness{maxLag: c.MaxLag.Milliseconds()}
	}
	if r := c.Resume; r != nil {
		s.clock.start, s.clock.begun, s.clock.largest = r.Watermark, r.Begun, r.Largest
		if c.Follow && r.Begun { // what is open is due although nothing more may come
			s.alive.started, s.arrived = true, time.Now()
		}
	}
	s.now, s.block.before = s.clock, s.clock
	s.ctx, s.cancel = context.WithCancel(context.Background())
	run.Read.Store(0)
	run.Size.Store(size(c.Inputs))
	go func() {
		err := s.read()
		s.remote.close()
		s.block.last, s.block.err = true, err
		_ = s.deliver() // to a session that was closed there is nothing to say
	}()
	return s
}

// close lets the reading end. A read that waits for someone to write goes on
// waiting; nobody waits for it.
func (s *session) close() {
	close(s.closed)
	s.cancel()
}

// read reads the log to its end and delivers it, but for the last block.
func (s *session) read() error {
	inputs, err := s.open()
	defer func() {
		for _, in := range inputs {
			in.stream.Close()
		}
	}()
	if err != nil {
		return err
	}
	m := newMerge(inputs, &s.clock, s.config.doubt(), s.config.Live)
	m.idle = s.idleFor
	defer func() { s.block.beyond, s.block.beyondFrom = m.unfollowed.beyond(s.clock.largest) }()
	for {
		e, err := m.next()
		for _, in := range m.ended {
			s.move(in)
		}
		m.ended = m.ended[:0]
		if s.halted() && err == nil && len(inputs) > 1 {
			return s.drain(m, e)
		}
		if err == io.EOF && s.records < s.skip {
			return fmt.Errorf("files: cannot go on at record %d: there are only %d left", s.skip, s.records)
		}
		if err == io.EOF {
			s.block.stopped = s.halted()
			return nil
		}
		if err != nil {
			return err
		}
		s.add(e)
		if s.block.size >= blockSize {
			if err := s.deliver(); err != nil {
				return err
			}
		}
	}
}

// open opens all inputs. They are all there before anything is read, so that
// one that is not stops the run at once.
func (s *session) open() (inputs []*input, err error) {
	buffer := max(minBuffer, blockSize/max(1, len(s.config.Inputs)))
	for n := range s.config.Inputs {
		in, err := s.openInput(n, buffer)
		if err != nil {
			return inputs, err
		}
		inputs = append(inputs, in)
		s.move(in)
	}
	return inputs, nil
}

func (s *session) progress(bytes int) {
	s.run.Read.Add(int64(bytes))
}

// add puts an entry into the block.
func (s *session) add(e entry) {
	if s.alive != nil && e.malformed == nil && !e.arrived.IsZero() {
		s.alive.event(&e.event, &s.clock, e.arrived)
		s.arrived = e.arrived
	}
	if in := e.from; in != nil {
		in.place.offset, in.place.lines, in.place.inside = e.end, e.last, e.inside
		s.move(in)
	}
	if s.records++; s.records <= s.skip {
		s.hinted = [2]int64{s.decoder.IntegerTimes, s.decoder.January}
		s.block.before = s.clock
		return
	}
	s.block.size += len(e.raw) + 1
	if e.malformed == nil {
		s.block.events = append(s.block.events, e.event)
		return
	}
	input := e.raw
	if s.config.RejectsUnread && len(s.block.rejects) > 0 {
		input = nil // but of the first, of which a person may be told
	}
	s.block.rejects = append(s.block.rejects,
		order.NewReject(order.Malformed, e.malformed.Error(), e.source, e.line, input))
}

// deliver hands the block over, if there is anything in it, as soon as there
// is room. It fails once the session was closed.
func (s *session) deliver() error {
	b := s.block
	if b.size == 0 && !b.last && b.before == s.clock {
		return s.stopped()
	}
	b.places = s.takePlaces()
	b.after = s.clock
	b.integers = s.decoder.IntegerTimes - s.hinted[0]
	b.january = s.decoder.January - s.hinted[1]
	select {
	case s.blocks <- b:
	case <-s.closed:
		return errStopped
	}
	s.hinted = [2]int64{s.decoder.IntegerTimes, s.decoder.January}
	s.block = block{before: s.clock, events: make([]order.Event, 0, len(b.events)+len(b.events)/8)}
	return nil
}

// look delivers what there is, as a pipe has nothing to read. at is the time of the look
// that found so, and arrived when something was read last.
func (s *session) look(at, arrived time.Time) error {
	if s.alive != nil && !at.IsZero() {
		s.alive.look(&s.clock, at, arrived)
	}
	return s.deliver()
}

func (s *session) stopped() error {
	select {
	case <-s.closed:
		return errStopped
	default:
		return nil
	}
}

// next is where the next block comes from.
func (s *session) next() <-chan block {
	if len(s.back) > 0 {
		return s.back
	}
	return s.blocks
}

// unread gives a block back, for the next bundle.
func (s *session) unread(b block) { s.back <- b }
