// Package ledgertest shows tests of sinks and steps which events are let go of.
package ledgertest

import (
	"testing"

	"ordertimeout/transforms/ledger"
	"ordertimeout/transforms/process"
)

// Hold makes a run hold n messages with an event each, whose Refs are 1 to n. It returns
// a func that gives the Refs of those that were let go of so far, a list for each request:
// what belongs together is in several, the first step's event first.
func Hold(t *testing.T, run *process.Run, n int) (done func() [][]uint64) {
	t.Helper()
	l := ledger.New(run.Consumers(), n+1)
	for range n {
		m := new(ledger.Message)
		m.Owner = l.Expect(m, 1, 0, true)
	}
	if err := run.Account(l); err != nil {
		t.Fatal(err)
	}
	var all [][]uint64
	return func() [][]uint64 {
		for {
			b := l.Next(n)
			if len(b.Messages) == 0 {
				return all
			}
			var refs []uint64
			for _, m := range b.Messages {
				refs = append(refs, m.Owner.(uint64))
			}
			l.LetGo(b.Messages)
			all = append(all, refs)
		}
	}
}
