package replica

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

// TestOpenBlocksAreBounded bounds what a runner is given as one element.
func TestOpenBlocksAreBounded(t *testing.T) {
	var out shard.Output
	for i := range 2*openBlock + 1 {
		out.Undecided = append(out.Undecided, shard.Event{Source: fmt.Sprint(i)})
	}
	for range 4 {
		e := shard.Event{}
		e.Data = make([]byte, openBlockBytes/2)
		out.Undecided = append(out.Undecided, e)
	}
	var sizes []int
	if err := (&Chunk{Output: out, config: &Config{Rules: []Rule{{}}}}).Open(func(events []order.Event) { sizes = append(sizes, len(events)) }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{openBlock, openBlock, 3, 2}, sizes); diff != "" {
		t.Errorf("events of the blocks (-want +got):\n%s", diff)
	}
}
