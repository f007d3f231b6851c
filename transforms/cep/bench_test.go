package cep

import (
	"math"
	"testing"
	"time"
)

// BenchmarkStep is the time of an event in the engine: half of them open a run,
// the others end one.
func BenchmarkStep(b *testing.B) {
	m := mustCompile(b, "create followedBy pay within 10m", time.Minute).Matcher()
	data := []byte(`{"orderId":"o100","userId":"u7","type":"create","time":"2026-01-01T00:00:00.000Z","amount":12.5}`)
	var out Output
	var s State
	b.ReportAllocs()
	at := int64(0)
	for b.Loop() {
		at += 60_001 // so that the run before is forgotten
		e := Event{Type: "create", Time: at, At: at, Data: data}
		if s.Open() {
			e.Type = "pay"
		}
		m.Advance("k", &s, at, math.MaxInt64, &out)
		if r := m.Step("k", &s, &e, &out); r.Class > Advanced {
			b.Fatalf("%s is %s", e.Type, r.Class)
		}
		out.Reset()
	}
}
