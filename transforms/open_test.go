package transforms

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/order"
)

// packed returns blocks of events such as "create@1000 o1", each encoded.
func packed(blocks ...[]string) (all [][]byte) {
	for _, texts := range blocks {
		var events []order.Event
		for i, text := range texts {
			e := order.Event{UserID: "u", Raw: []byte(text), Ref: uint64(i)}
			var rest string
			if _, err := fmt.Sscan(strings.Replace(text, "@", " ", 1), &e.Type, &e.Time, &rest); err != nil {
				panic(err)
			}
			e.OrderID = rest
			events = append(events, e)
		}
		_, block := packOpen(events)
		all = append(all, block)
	}
	return all
}

func merged(blocks [][]byte) (messages []order.Message, err error) {
	next := func(b *[]byte) bool {
		if len(blocks) == 0 {
			return false
		}
		*b, blocks = blocks[0], blocks[1:]
		return true
	}
	err = (&mergeOpenFn{}).ProcessElement(0, next, func(m order.Message) { messages = append(messages, m) })
	return messages, err
}

func TestOpenEventsComeInOrder(t *testing.T) {
	got, err := merged(packed(
		[]string{"create@3000 o3", "create@1000 o1", "pack@9000 o1"},
		[]string{"create@9000 o9"},
		[]string{"create@1000 o0", "create@1000 o2", "create@3000 o2"},
	))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, m := range got {
		lines = append(lines, string(m.Body))
	}
	want := []string{
		"create@1000 o0", "create@1000 o1", "create@1000 o2", "create@3000 o2", "create@3000 o3", "create@9000 o9", "pack@9000 o1",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("open events (-want +got):\n%s", diff)
	}
	m := order.Message{Body: []byte(want[5]), Outcome: "open", ID: bodyID([]byte(want[5])), UserID: "u", OrderID: "o9"}
	if diff := cmp.Diff(m, got[5]); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	if m := got[6]; !slices.Equal(m.Refs, []uint64{2}) {
		t.Errorf("refs of %s: got %v, want that of its event", m.Body, m.Refs)
	}
}

func TestABrokenOpenBlockIsAnError(t *testing.T) {
	good := packed([]string{"create@1000 o1", "create@2000 o2"})[0]
	for n := range len(good) {
		if _, err := merged([][]byte{good[:n]}); err == nil {
			t.Errorf("the first %d of %d bytes of a block: got no error", n, len(good))
		}
	}
}
