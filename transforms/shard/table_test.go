package shard

import (
	"fmt"
	"slices"
	"testing"
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"ordertimeout/transforms/cep"
)

// Two entries would share a line of the cache if they were larger.
func TestAnEntryIsTwoLinesOfTheCache(t *testing.T) {
	if size := unsafe.Sizeof(entry{}); size != 128 {
		t.Errorf("an entry takes %d bytes, want 128", size)
	}
}

// Keys that someone has made for it, all with the same low bits of a hash that
// everybody knows, are found as fast as any.
func TestCraftedKeysAreFoundAsFastAsOthers(t *testing.T) {
	const n, mask, longest = 1500, 1<<12 - 1, 300
	var keys table
	for i := 0; keys.size < n; i++ {
		if key := fmt.Sprint("o", i); xxhash.Sum64String(key)&mask == 7 {
			keys.add(tagOf(key), key, cep.State{})
		}
	}
	if len(keys.places) > mask+1 {
		t.Fatalf("the table has %d places: the test proves nothing", len(keys.places))
	}
	for i, p := range keys.places {
		if p.number == 0 {
			continue
		}
		if way := (i - keys.bucket(p.tag)) & (len(keys.places) - 1); way > longest {
			t.Fatalf("a key is %d places from its bucket, of %d keys: want %d at most", way, n, longest)
		}
	}
}

// A table has what was added and not removed, by its key, whatever the tags: also
// where many keys have the same one.
func TestTableWithEqualTags(t *testing.T) {
	var keys table
	tag := func(i int) uint32 { return uint32(i%7) * 64 }
	name := func(i int) string { return fmt.Sprint("k", i) }
	for i := range 500 {
		keys.add(tag(i), name(i), cep.State{})
		if i%3 == 2 {
			keys.remove(keys.get(tag(i-1), name(i-1)))
		}
	}
	var all []string
	for e := range keys.all {
		all = append(all, e.key)
	}
	slices.Sort(all)
	if n := len(slices.Compact(all)); n != keys.size || n != 334 {
		t.Errorf("the table has %d keys and says %d, want 334", n, keys.size)
	}
	for i := range 500 {
		e, removed := keys.get(tag(i), name(i)), i%3 == 1 && i < 499
		if removed != (e == nil) || e != nil && e.key != name(i) {
			t.Errorf("key %d: got %v, removed: %v", i, e, removed)
		}
	}
}
