package files

import (
	"context"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/connect/sequence"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/order"
)

// A bundle ends with whichever of these comes first.
const (
	// maxBundleSize is the input of a bundle in bytes. Flink makes one call a bundle
	// of 100 ms, and this is about as much as it takes in that time.
	maxBundleSize = 4 << 20
	// maxBundleTime is how long a bundle waits for something to read, and
	// maxHeld how long what was read then waits for more. A bundle waits itself, as
	// to be called again later is no way to wait on Flink: it takes all that is less
	// than a second for at once.
	maxBundleTime = 100 * time.Millisecond
	maxHeld       = 200 * time.Millisecond
)

// bundle is one call of the source.
type bundle struct {
	session *session
	claim   func(position any) bool
	event   func(beam.EventTime, []order.Event)
	reject  func(beam.EventTime, order.Reject)

	size   int // of the input in bytes
	counts count.Source
}

// ending says how a bundle ended.
type ending int

const (
	more     ending = iota // there is or may be more to read
	split                  // the rest belongs to another bundle
	complete               // the log has come to its end
	stopped                // the run is to end here
)

// read hands out what there is to read until the bundle is full. An error is
// the log's, and complete, or the context's.
func (b *bundle) read(ctx context.Context, stopping <-chan struct{}) (ending, error) {
	full := time.NewTimer(maxBundleTime)
	defer full.Stop()
	for b.size < maxBundleSize {
		if stopping != nil {
			select { // what is there to be read does not keep a run from stopping
			case <-stopping:
				if !b.session.piped {
					return b.stop(), nil
				}
				stopping = nil
			default:
			}
		}
		var overdue <-chan time.Time
		if stopping == nil {
			overdue = b.session.overdue()
		}
		var next block
		select {
		case next = <-b.session.next():
		case <-stopping:
			continue
		case <-overdue:
			select { // what came while the process was suspended is no less there
			case next = <-b.session.next():
			default:
				return b.stop(), nil
			}
		case <-ctx.Done():
			return split, ctx.Err()
		case <-full.C:
			return more, nil
		}
		first := b.size == 0
		if !b.hand(next) {
			return split, nil
		}
		if next.last {
			b.session.last = next
		}
		switch {
		case next.stopped:
			return stopped, next.err
		case next.last:
			return complete, next.err
		}
		if first && b.size > 0 {
			full.Reset(maxHeld)
		}
	}
	return more, nil
}

// stop ends the log where it is.
func (b *bundle) stop() ending {
	if !b.claim(sequence.End) {
		return split
	}
	return stopped
}

// hand emits a block, if it can be claimed.
func (b *bundle) hand(next block) bool {
	s := b.session
	n := int64(len(next.events) + len(next.rejects))
	if n == 0 && !next.last { // of a live input, whose clock has gone on
		s.now = next.after
		s.takeOver(next.places)
		return true
	}
	position := s.handed + n
	if next.last {
		position = sequence.End
	}
	if !b.claim(position) {
		s.unread(next)
		return false
	}
	now := beam.EventTime(next.before.watermark())
	if len(next.events) > 0 {
		if mark, ok := next.after.mark(); ok {
			b.event(now, []order.Event{mark})
		}
		b.event(now, next.events)
	}
	if !s.config.RejectsUnread {
		for _, r := range next.rejects {
			b.reject(now, r)
		}
	}
	s.run.Tally().Malformed(next.rejects)
	s.stopBy = time.Time{}
	s.handed += n
	s.now = next.after
	s.takeOver(next.places)
	b.size += next.size
	b.counts.Records += n
	b.counts.Malformed += int64(len(next.rejects))
	b.counts.Integers += next.integers
	b.counts.January += next.january
	return true
}
