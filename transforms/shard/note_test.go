package shard

import (
	"testing"

	"ordertimeout/transforms/cep"
)

// FuzzSplitNote checks that any note is where an event came from, or has something before
// that which is read back as it was written.
func FuzzSplitNote(f *testing.F) {
	where := noteOf(&Event{Line: 7, Source: "log"})
	f.Add(where)
	f.Add(noted{taken: true}.prefix() + where)
	f.Add(noted{rejected: true, known: true, redelivered: true, class: cep.Duplicate, rule: "unpaid"}.prefix() + where)
	f.Fuzz(func(t *testing.T, note string) {
		v, plain := splitNote(note)
		if again, rest := splitNote(v.prefix() + plain); v != (noted{}) && (again != v || rest != plain) {
			t.Errorf("%q is %+v and %q, and then %+v and %q", note, v, plain, again, rest)
		}
		if source, line := ofNote(note); v != (noted{}) && plain == where && (source != "log" || line != 7) {
			t.Errorf("%q is of %s:%d", note, source, line)
		}
	})
}
