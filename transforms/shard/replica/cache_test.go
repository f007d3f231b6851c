package replica

import (
	"errors"
	"testing"
)

func TestImagesOfAProcessAreBounded(t *testing.T) {
	c := NewCache()
	for n := range int64(maxReplicas + 10) {
		c.put(place{"step", n}, &replica{})
	}
	if len(c.found) > maxReplicas {
		t.Errorf("%d replicas, want at most %d", len(c.found), maxReplicas)
	}
	if c.found[place{"step", maxReplicas + 9}] == nil {
		t.Error("the newest replica is gone")
	}
}

// A run that has ended leaves nothing in memory, and nothing at work.
func TestACacheThatWasClosedKeepsNothing(t *testing.T) {
	c := NewCache()
	r := &replica{}
	r.working = make(chan error, 1)
	r.working <- errors.New("the work failed")
	c.put(place{"step", 0}, r)
	if err := c.Close(); err != nil {
		t.Errorf("close: got %v, want no error", err)
	}
	if r.working != nil {
		t.Error("the work in the background was not waited for")
	}
	c.put(place{"step", 1}, &replica{})
	for n := range int64(2) {
		if r, err := c.take(place{"step", n}); r != nil || err != nil {
			t.Errorf("shard %d after close: got replica %v, error %v, want neither", n, r, err)
		}
	}
}
