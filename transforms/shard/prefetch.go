package shard

// Prefetching brings what is about to be used into the processor's cache, for several keys
// at a time. The reads for one key wait for each other, and those for several do not, so
// their cache misses overlap.
//
// Go has no instruction for it, so that these functions read what is to be there. They
// return what they have read only so that the compiler does not leave the reads out.

// prefetched is how many keys or entries are prefetched at a time.
const prefetched = 32

// prefetchKeys reads what apply needs of the keys of some events: their entries, both
// lines, and the keys there. It sets the tags of the keys.
func (t *table) prefetchKeys(events []*Event, tags *[prefetched]uint32) (read int) {
	for i, e := range events {
		tags[i] = tagOf(e.Key)
	}
	if t.size == 0 {
		return 0
	}
	var found [prefetched]*entry
	for i := range events {
		read += int(t.places[t.bucket(tags[i])].number)
	}
	for i := range events {
		found[i] = t.probe(tags[i])
	}
	for _, e := range found[:len(events)] {
		if e != nil && e.state.Open() && len(e.key) > 0 {
			read += int(e.key[0])
		}
	}
	return read
}

// probe returns the first entry with a tag, or nil.
func (t *table) probe(tag uint32) *entry {
	for i := t.bucket(tag); t.places[i].number != 0; i = t.next(i) {
		if t.places[i].tag == tag {
			return t.at(t.places[i].number - 1)
		}
	}
	return nil
}

// prefetchEntries reads what expire needs of some entries: both lines, and their places.
func (t *table) prefetchEntries(numbers []uint32) (found int) {
	var tags [prefetched]uint32
	for i, n := range numbers {
		if e := t.at(n); e.state.Open() {
			found++
		}
		tags[i] = t.at(n).tag
	}
	for i := range numbers {
		if t.size > 0 && t.places[t.bucket(tags[i])].tag == tags[i] {
			found++
		}
	}
	return found
}
