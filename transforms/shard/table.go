package shard

import (
	"hash/maphash"

	"ordertimeout/transforms/cep"
)

// entry is a key with a state: two lines of the processor's cache.
type entry struct {
	tag   uint32 // of the key
	n     uint32 // the entry's number in its table
	key   string
	due   int64 // the tick of the slot that the entry is in
	state cep.State
}

// table holds the entries of a shard by their keys: a hash table with linear probing. It
// looks for a key by its tag, half of a hash, in places of eight bytes, which are mostly in
// one line of the cache. Then it reads the entry. Neither the places nor the numbers by
// which a slot knows its entries have pointers, so the collector does not look at them.
// Entries come from slabs and go back to a list, so an order costs no allocation of its
// own.
type table struct {
	places []place // their number is a power of two
	size   int
	slabs  []*[slabSize]entry
	free   []uint32 // numbers of entries that are in no place
}

// place is empty, or has an entry.
type place struct {
	tag    uint32
	number uint32 // of the entry, plus one; 0: empty
}

const (
	// slabSize is the number of entries in a slab.
	slabSize = 256
	// fewPlaces is the number of places of a table with its first entry. They are
	// doubled when five of eight are taken.
	fewPlaces = 64
)

// seed makes the tags of this process its own. Keys come from outside: if everybody knew
// the hash, someone could send ids that all have the same bucket, and each search would go
// over all of them. It is the same for all tables and never changes.
var seed = maphash.MakeSeed()

// tagOf returns the tag of a key. Another process has another one, which does no harm, as
// tables are not stored.
func tagOf(key string) uint32 { return uint32(maphash.String(seed, key)) }

// at returns the entry with a number.
func (t *table) at(n uint32) *entry { return &t.slabs[n/slabSize][n%slabSize] }

// get returns the entry of a key, or nil.
func (t *table) get(tag uint32, key string) *entry {
	if t.size == 0 {
		return nil
	}
	for i := t.bucket(tag); t.places[i].number != 0; i = t.next(i) {
		if t.places[i].tag == tag {
			if e := t.at(t.places[i].number - 1); e.key == key {
				return e
			}
		}
	}
	return nil
}

// bucket returns the number of the place where the search for a tag begins, and next the
// number of the place where it goes on.
func (t *table) bucket(tag uint32) int { return int(tag) & (len(t.places) - 1) }
func (t *table) next(i int) int        { return (i + 1) & (len(t.places) - 1) }

// add adds a key that is not in the table. It keeps a copy of the key.
func (t *table) add(tag uint32, key string, state cep.State) *entry {
	if t.size >= len(t.places)/8*5 {
		t.grow()
	}
	if len(t.free) == 0 {
		t.addSlab()
	}
	n := t.free[len(t.free)-1]
	t.free = t.free[:len(t.free)-1]
	e := t.at(n)
	*e = entry{tag: tag, n: n, key: key, due: notDue, state: state}
	t.put(place{tag, n + 1})
	t.size++
	return e
}

func (t *table) addSlab() {
	first := uint32(len(t.slabs) * slabSize)
	slab := new([slabSize]entry)
	t.slabs = append(t.slabs, slab)
	for i := slabSize - 1; i >= 0; i-- {
		slab[i].due = unused
		t.free = append(t.free, first+uint32(i))
	}
}

func (t *table) grow() {
	old := t.places
	t.places = make([]place, max(fewPlaces, 2*len(old)))
	for _, p := range old {
		if p.number != 0 {
			t.put(p)
		}
	}
}

// put puts an entry into the first place for it that is empty.
func (t *table) put(p place) {
	i := t.bucket(p.tag)
	for t.places[i].number != 0 {
		i = t.next(i)
	}
	t.places[i] = p
}

// remove removes an entry, whose memory another key gets. A slot may still have its
// number. The entry's due says that it is not for that slot: it is unused, and later the
// slot of the other key.
func (t *table) remove(e *entry) {
	i := t.bucket(e.tag)
	for t.places[i].number != e.n+1 {
		i = t.next(i)
	}
	t.close(i)
	n := e.n
	*e = entry{n: n, due: unused}
	t.free = append(t.free, n)
	t.size--
}

// close empties a place. The search for some of the entries behind it leads over it, so
// that they would not be found any more: they move up.
func (t *table) close(gap int) {
	for i := t.next(gap); t.places[i].number != 0; i = t.next(i) {
		mask := len(t.places) - 1
		if bucket := t.bucket(t.places[i].tag); (i-bucket)&mask >= (i-gap)&mask {
			t.places[gap] = t.places[i]
			gap = i
		}
	}
	t.places[gap] = place{}
}

// all calls f with each entry, as they lie in memory: by their places most would have to be
// waited for.
func (t *table) all(f func(*entry) bool) {
	for _, slab := range t.slabs {
		for i := range slab {
			if slab[i].due != unused && !f(&slab[i]) {
				return
			}
		}
	}
}

// clear removes all entries.
func (t *table) clear() { *t = table{} }
