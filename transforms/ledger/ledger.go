// Package ledger accounts for messages of input whose events are on their way through a
// pipeline. It tells the source which messages it may let go of, and in which order. It
// knows neither what the messages are nor what becomes of the events.
//
// # The way of an event
//
// Named. The source calls [Ledger.Expect] when it has read a message, or a part of a large
// one. Each event gets a Ref, a number that travels with the event, and with all that is
// made of it.
//
// Held. A Ref begins with as many holders as the events have consumers, which are the
// steps that take every event. A consumer that keeps an event in two places calls
// [Ledger.Take], once for each place after the first.
//
// Done. A holder calls [Ledger.Done] when nothing comes of the event, or when what came
// of it is delivered. The Ref is let go of with its last holder. The ledger cannot tell
// one holder from another, so each says so once; what is said of a Ref without a holder
// does not count.
//
// Let go. A message is let go of once it was read to its end and all of its Refs are let
// go of. [Ledger.Next] gives such messages, and [Ledger.LetGo] and [Ledger.Failed] say
// whether the source could let go of them.
//
// # The order
//
// Done takes the Refs of what belongs together, that of the first step first. The
// messages of later steps wait until the first step's message is let go of for sure. If
// only a later one were when the process dies, the order would start again without its
// payment, and time out.
//
// Messages of many events wait for each other in any way. Where they wait in a circle,
// all of the circle is let go of together.
package ledger

import "sync"

// Later is a bit of a Ref in a list that [Ledger.Done] is given. It says that the event is
// not done, but to be let go of after the first one of the list. This is the only
// definition of the bit: package shard takes it from here.
const Later uint64 = 1 << 63

// Ledger has the messages that are held and the Refs of their events. It is safe for
// concurrent use. It does not keep messages that are let go of or given back.
type Ledger struct {
	consumers uint32
	enough    int
	full      chan struct{}

	mu      sync.Mutex
	refs    refs
	queue   []*Message   // to be let go of, in any order
	circles [][]*Message // to be let go of, each at once
	waiting []*Message   // done, but for others: maybe in a circle
}

// Message is a message as the ledger knows it. The zero Message is one of which nothing
// was read. Its fields belong to the ledger, but for Owner.
type Message struct {
	// Owner is what the source knows the message by. The ledger does not look at it.
	Owner any

	before, after []*Message // whom it waits for, and who waits for it
	left          int        // Refs or parts that are not let go of
	waits         int32      // how many of before are not let go of
	stage         stage
}

// stage is how far a message is.
type stage uint8

const (
	unread stage = iota // it was not read to its end
	open                // some Ref is held, or another message comes first
	queued              // to be let go of
	sent                // the source is about it
	free                // let go of
	gone                // given back
)

// New returns an empty ledger. Consumers is how many steps take every event, one at least.
// Enough is how many messages in the queue make it worth to let go of them: see
// [Ledger.Full].
func New(consumers, enough int) *Ledger {
	return &Ledger{consumers: uint32(max(1, consumers)), enough: enough, full: make(chan struct{}, 1)}
}

// Expect says what a message holds, or a part of it: so many events, which every consumer
// takes, and so many rejects, which one step takes. With last the message was read to its
// end. It returns the Ref of the first event. The others follow, and then the rejects.
func (l *Ledger) Expect(m *Message, events, rejects int, last bool) (ref uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ref = l.refs.add(m, events, l.consumers)
	l.refs.add(m, rejects, 1)
	l.grow(m, events+rejects, last)
	return ref
}

// ExpectPart is Expect for a source that lets go of each part of a message as a whole,
// by [Ledger.LetGoOfPart]. The events have no Refs.
func (l *Ledger) ExpectPart(m *Message, last bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.grow(m, 1, last)
}

// grow adds to what is left of a message.
func (l *Ledger) grow(m *Message, by int, last bool) {
	m.left += by
	if last && m.stage == unread {
		m.stage = open
		l.settle(m) // all before may be done
	}
}

// Take adds a holder to each Ref that has one. Zeros do not count.
func (l *Ledger) Take(refs []uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, ref := range refs {
		l.refs.hold(ref)
	}
}

// Done takes a holder from each Ref. The messages of all but the first follow the message
// of the first; so does that of a Ref that is marked as [Later], whose holder stays. Where
// all are marked, Done says no more than who goes after whom. Zeros and Refs without a
// holder do not count.
func (l *Ledger) Done(refs []uint64) {
	if len(refs) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	first := l.refs.find(refs[0] &^ Later)
	for _, ref := range refs {
		if ref&Later != 0 {
			l.follow(l.refs.find(ref&^Later), first)
			continue
		}
		m, last := l.refs.drop(ref)
		l.follow(m, first)
		if !last {
			continue
		}
		if m.left--; m.left == 0 {
			l.settle(m)
		}
	}
}

// follow makes a message wait for another one. Nil is none.
func (l *Ledger) follow(m, first *Message) {
	if m == nil || first == nil || m == first {
		return
	}
	m.waits++
	m.before = append(m.before, first)
	first.after = append(first.after, m)
}

// Held reports whether each of these Refs has a holder: then the source still has all
// input of what was made of them. It is false where there is no Ref, or a zero.
func (l *Ledger) Held(refs []uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, ref := range refs {
		if l.refs.find(ref) == nil {
			return false
		}
	}
	return len(refs) > 0
}

// LetGoOfPart lets go of a part of each message: see [Ledger.ExpectPart]. A message
// without such a part does not count.
func (l *Ledger) LetGoOfPart(messages []*Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range messages {
		if m.stage <= open && m.left > 0 {
			m.left--
			l.settle(m)
		}
	}
}

// GiveBack takes messages out that are not let go of: others will read them. What waits
// for one of them is never let go of.
func (l *Ledger) GiveBack(messages []*Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range messages {
		if m.stage != free {
			m.stage = gone
		}
	}
}
