package cep

import (
	"fmt"
	"math"
	"testing"
	"time"

	"ordertimeout/transforms/cep/syntax"
)

// BenchmarkStep is the time of an event in the engine: half of them open a run,
// the others end one. Each of many keys has one run after the other.
func BenchmarkStep(b *testing.B) {
	for _, bench := range []struct {
		name, pattern string
		table         bool
	}{
		{"table", "create followedBy pay within 10m", true},
		{"machine", "create followedBy pay within 10m", false},
		{"condition", "create[amount > 10] followedBy pay within 10m", true},
		{"every", "every create followedByAny pay within 10m", true},
		{"loop", "every create followedBy pay+ followedBy ship within 10m", true},
	} {
		b.Run(bench.name, func(b *testing.B) {
			p, err := compile(syntax.MustParse(bench.pattern), Config{Remember: time.Minute, Fields: jsonFields}, bench.table)
			if err != nil {
				b.Fatal(err)
			}
			benchmarkStep(b, p)
		})
	}
}

func benchmarkStep(b *testing.B, p *Prog) {
	const keys = 1024
	var states [keys]State
	var names [keys]string
	for i := range names {
		names[i] = fmt.Sprint("order-", i)
	}
	m, out := p.Matcher(), new(Output)
	data := []byte(`{"orderId":"o100","userId":"u7","type":"create","time":"2026-01-01T00:00:00.000Z","amount":12.5}`)
	types := []string{"create", "pay"}
	ids := make([]string, 1<<16)
	for i := range ids {
		ids[i] = fmt.Sprint("event-", i)
	}
	b.ReportAllocs()
	at, n := int64(0), 0
	for b.Loop() {
		i := n % keys
		at += 100 // a key has an event each 102 s, so that the run before is forgotten
		e := Event{Type: types[n/keys%2], ID: ids[n%len(ids)], Time: at, At: at, Data: data}
		m.Advance(names[i], &states[i], at, math.MaxInt64, out)
		if r := m.Step(names[i], &states[i], &e, out); r.Class > Advanced {
			b.Fatalf("%s is %s", e.Type, r.Class)
		}
		if n++; i == 0 {
			out.Reset()
		}
	}
}
