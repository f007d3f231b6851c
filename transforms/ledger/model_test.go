package ledger

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// model is what a ledger should know, in the plainest form.
type model struct {
	*book
	t     *testing.T
	dice  *rand.Rand
	seed  uint64
	count int // of the consumers

	reading  []string            // messages that were not read to their end
	holders  map[uint64]int      // of each Ref that has any
	of       map[uint64]string   // the message of each Ref
	done     []uint64            // Refs without a holder
	before   map[string][]string // message -> those it waits for
	released map[string]int      // by message, the number of its request
	back     map[string]bool     // given back
	requests int
}

func newModel(t *testing.T, seed uint64) *model {
	m := &model{
		t: t, seed: seed, dice: rand.New(rand.NewPCG(seed, 1)),
		holders: map[uint64]int{}, of: map[uint64]string{}, before: map[string][]string{},
		released: map[string]int{}, back: map[string]bool{},
	}
	m.count = 1 + m.dice.IntN(3)
	m.book = newBook(m.count)
	for i := range 1 + m.dice.IntN(12) {
		name := fmt.Sprint("m", i, ".")
		m.messages[name] = &Message{Owner: name}
		m.reading = append(m.reading, name)
	}
	return m
}

// read reads a part of a message.
func (m *model) read() {
	i := m.dice.IntN(len(m.reading))
	name := m.reading[i]
	last := m.dice.IntN(2) == 0
	if last {
		m.reading = slices.Delete(m.reading, i, i+1)
	}
	events, rejects := m.dice.IntN(4), m.dice.IntN(2)
	first := m.Expect(m.messages[name], events, rejects, last)
	for ref := first; ref < first+uint64(events+rejects); ref++ {
		m.of[ref], m.holders[ref] = name, m.count
		if ref >= first+uint64(events) {
			m.holders[ref] = 1
		}
	}
}

// open returns the Refs that have a holder, in a random order.
func (m *model) open() []uint64 {
	var refs []uint64
	for ref := range m.holders {
		refs = append(refs, ref)
	}
	slices.Sort(refs)
	m.dice.Shuffle(len(refs), func(i, j int) { refs[i], refs[j] = refs[j], refs[i] })
	return refs
}

// step is a holder who is done with some events, and maybe takes one of them again.
func (m *model) step() {
	refs := m.open()
	refs = refs[:min(len(refs), 1+m.dice.IntN(3))]
	if m.dice.IntN(8) == 0 {
		m.Take(refs[:1])
		m.holders[refs[0]]++
	}
	first := m.of[refs[0]]
	given := slices.Clone(refs)
	for i, ref := range refs {
		if m.of[ref] != first {
			m.before[m.of[ref]] = append(m.before[m.of[ref]], first)
		}
		if i > 0 && m.dice.IntN(4) == 0 {
			given[i] |= Later
			continue
		}
		if m.holders[ref]--; m.holders[ref] == 0 {
			delete(m.holders, ref)
			m.done = append(m.done, ref)
		}
	}
	m.Done(given)
	if len(m.done) > 0 && m.dice.IntN(3) == 0 { // which nobody holds any more
		m.Done(m.done[m.dice.IntN(len(m.done)):])
	}
}

// isDone reports whether a message was read and its events are done.
func (m *model) isDone(name string) bool {
	if slices.Contains(m.reading, name) {
		return false
	}
	for ref := range m.holders {
		if m.of[ref] == name {
			return false
		}
	}
	return true
}

// giveBack gives back a message that is not done.
func (m *model) giveBack() {
	for i := range len(m.messages) {
		name := fmt.Sprint("m", i, ".")
		if !m.isDone(name) {
			m.GiveBack([]*Message{m.messages[name]})
			m.back[name] = true
			return
		}
	}
}

// request lets go of some messages, or fails to, and checks that it may.
func (m *model) request() (some bool) {
	b := m.Next(1 + m.dice.IntN(3))
	if m.dice.IntN(3) == 0 {
		m.Failed(b)
		return len(b.Messages) > 0
	}
	m.requests++
	for _, x := range b.Messages {
		name := x.Owner.(string)
		if _, again := m.released[name]; again || m.back[name] || !m.isDone(name) {
			m.t.Fatalf("seed %d: %s is let go of: again %t, given back %t, done %t", m.seed, name, again, m.back[name], m.isDone(name))
		}
		m.released[name] = m.requests
	}
	m.LetGo(b.Messages)
	return len(b.Messages) > 0
}

// Whatever the messages and orders are, and however often requests fail: each message is
// let go of once all is done, and none of a later step before or without that of the
// first, unless both are in a circle. Nothing is left then.
func TestEveryMessageIsAcknowledgedInOrder(t *testing.T) {
	for seed := range uint64(2000) {
		m := newModel(t, seed)
		givesBack := m.dice.IntN(4) == 0
		for len(m.reading)+len(m.holders) > 0 {
			switch n := m.dice.IntN(20); {
			case n < 6 && len(m.reading) > 0:
				m.read()
			case n < 14 && len(m.holders) > 0:
				m.step()
			case n == 14 && givesBack:
				m.giveBack()
			default:
				m.request()
			}
		}
		for tries := 0; tries < 20; tries++ { // of which some fail
			if m.request() {
				tries = 0
			}
		}
		m.check()
	}
}

// check compares what was let go of with what should be.
func (m *model) check() {
	for name, firsts := range m.before {
		for _, first := range firsts {
			if m.back[first] || m.back[name] || m.released[name] == 0 {
				continue
			}
			if m.released[first] > m.released[name] || m.released[first] == m.released[name] && !m.reaches(first, name) {
				m.t.Fatalf("seed %d: %s in request %d, and %s, of a first step, in %d", m.seed, name, m.released[name], first, m.released[first])
			}
		}
	}
	for name := range m.messages {
		stays := m.back[name]
		for back := range m.back {
			stays = stays || m.reaches(name, back)
		}
		if (m.released[name] == 0) != stays {
			m.t.Fatalf("seed %d: %s is let go of: %t, want %t", m.seed, name, !stays, stays)
		}
	}
	if m.wantEmpty(m.t); m.t.Failed() {
		m.t.Fatalf("seed %d", m.seed)
	}
}

// reaches reports whether a message waits for another one, at first hand or not.
func (m *model) reaches(from, to string) bool {
	seen, next := map[string]bool{}, []string{from}
	for len(next) > 0 {
		name := next[0]
		next = next[1:]
		if name == to {
			return true
		}
		if !seen[name] {
			seen[name] = true
			next = append(next, m.before[name]...)
		}
	}
	return false
}
