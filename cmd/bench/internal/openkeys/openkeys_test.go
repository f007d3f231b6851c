package openkeys

import (
	"strings"
	"testing"

	"ordertimeout/transforms/connect/demo/shop"
)

// An order keeps its first event, of 100 bytes, and so takes more than that; it takes
// less than the machine's memory would allow by far.
func TestAnOpenOrderTakesItsEventAndSomeMore(t *testing.T) {
	c := shop.Default()
	const orders = 20_000
	two, err := Measure("create followedBy pay within 1h", c, orders)
	if err != nil || two.Bytes < 100*two.Keys || two.Bytes > 2000*two.Keys {
		t.Fatalf("got %+v, %v, want 100 to 2000 bytes a key", two, err)
	}
	// Those of the last ticks are still to be applied.
	if two.Keys < orders/2 || two.Keys > orders || two.Events != orders {
		t.Errorf("got %+v, want about %d keys, with an event each", two, orders)
	}
	c.Fails = 6
	loop, err := Measure("every create followedBy fail+ followedBy pay within 1h", c, orders)
	if err != nil || loop.Events < 2*two.Events || loop.Bytes/loop.Keys <= two.Bytes/two.Keys {
		t.Errorf("got %+v, %v, want more events, and more bytes than %+v", loop, err, two)
	}
}

func TestWhatCannotBeMeasuredIsAnError(t *testing.T) {
	for _, test := range []struct{ pattern, want string }{
		{"create followedBy", "column"},
		{"shipped followedBy pay within 1h", "leave none open"},
	} {
		if _, err := Measure(test.pattern, shop.Default(), 100); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.pattern, err, test.want)
		}
	}
}
