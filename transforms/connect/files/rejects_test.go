package files

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// What is malformed is counted and has its place in the log, also where nobody reads why.
func TestRejectsThatNobodyReadsAreNotEmitted(t *testing.T) {
	write(t, map[string]string{"f": "x\n" + line("a", 1) + "y\n"})
	for _, unread := range []bool{false, true} {
		s := newSession(Config{Inputs: []string{"f"}, RejectsUnread: unread}, process.Of(""), 0)
		var emitted []string
		b := bundle{
			session: s, claim: func(any) bool { return true }, event: func(beam.EventTime, []order.Event) {},
			reject: func(_ beam.EventTime, r order.Reject) { emitted = append(emitted, r.Source+" "+r.Input) },
		}
		if ending, err := b.read(t.Context(), nil); ending != complete || err != nil {
			t.Fatal(ending, err)
		}
		s.close()
		want := []string{"f:1 x", "f:3 y"}
		if unread {
			want = nil
		}
		if diff := cmp.Diff(want, emitted); diff != "" {
			t.Errorf("unread %t: rejects (-want +got)\n%s", unread, diff)
		}
		if b.counts.Records != 3 || b.counts.Malformed != 2 || s.handed != 3 {
			t.Errorf("unread %t: %d records, %d malformed, %d handed out, want 3, 2, 3", unread, b.counts.Records, b.counts.Malformed, s.handed)
		}
	}
}
