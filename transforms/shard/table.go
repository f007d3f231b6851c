package shard

import (
	"strings"

	"github.com/cespare/xxhash/v2"

	"ordertimeout/transforms/cep"
)

// entry is a key with a state.
type entry struct {
	key   string
	state cep.State
	due   int64  // the tick of the slot that the entry is in
	next  *entry // with the same hash, or free
}

// table holds the entries of a shard by their keys. It is a map by a hash of the
// key, so that a look-up reads an entry and not also the key of the map, which is
// elsewhere in memory; and entries come from slabs and go back to a list, so that
// an order costs no allocation of its own. Both together are a third of the time
// of a look-up with a new key.
type table struct {
	byHash map[uint64]*entry
	size   int
	slab   []entry // entries that were never used
	free   *entry
}

// slabSize is the number of entries in a slab.
const slabSize = 256

// get returns the entry of a key, or nil.
func (t *table) get(hash uint64, key string) *entry {
	e := t.byHash[hash]
	for e != nil && e.key != key {
		e = e.next
	}
	return e
}

// ahead is how many events are looked up at a time.
const ahead = 32

// lookUp brings the entries of some events into the processor's cache, and gives
// the hashes of their keys. The look-ups do not depend on each other, so their
// misses overlap, which those of apply after apply cannot: a fifth of Tick's time
// with 130,000 open orders. How many were found is of no use but that the entries
// have to be read for it.
func (t *table) lookUp(events []Event, hashes *[ahead]uint64) (found int) {
	var first [ahead]*entry
	for i := range events {
		hashes[i] = xxhash.Sum64String(events[i].Key)
		first[i] = t.byHash[hashes[i]]
	}
	for i := range events {
		if e := first[i]; e != nil && len(e.key) == len(events[i].Key) {
			found++
		}
	}
	return found
}

// add adds a key that is not in the table. It keeps a copy of the key.
func (t *table) add(hash uint64, key string, state cep.State) *entry {
	e := t.free
	switch {
	case e != nil:
		t.free = e.next
	default:
		if len(t.slab) == 0 {
			t.slab = make([]entry, slabSize)
		}
		e, t.slab = &t.slab[0], t.slab[1:]
	}
	*e = entry{key: strings.Clone(key), state: state, due: notDue, next: t.byHash[hash]}
	t.byHash[hash] = e
	t.size++
	return e
}

// remove removes an entry, whose memory another key gets. Slots may still have
// it: its due is notDue until then, and that of the other key's slot after.
func (t *table) remove(e *entry) {
	hash := xxhash.Sum64String(e.key)
	switch first := t.byHash[hash]; {
	case first != e:
		for first.next != e {
			first = first.next
		}
		first.next = e.next
	case e.next != nil:
		t.byHash[hash] = e.next
	default:
		delete(t.byHash, hash)
	}
	*e = entry{due: notDue, next: t.free}
	t.free = e
	t.size--
}

// all calls f with each entry, in no order.
func (t *table) all(f func(*entry) bool) {
	for _, e := range t.byHash {
		for ; e != nil; e = e.next {
			if !f(e) {
				return
			}
		}
	}
}

// clear removes all entries.
func (t *table) clear() { *t = table{byHash: map[uint64]*entry{}} }
