package cond

import (
	"testing"

	"ordertimeout/transforms/order"
)

func BenchmarkAlone(b *testing.B) {
	present := []byte(`{"orderId":"o-1234567","userId":"u-7654321","type":"create","time":"2026-03-01T12:00:00.000Z","id":"e-123456789","total":224.64,"currency":"EUR","items":3,"note":"leave it at the door"}`)
	absent := []byte(`{"orderId":"o-1234567","userId":"u-7654321","type":"create","time":"2026-03-01T12:00:00.000Z","id":"e-123456789","totel":224.64,"currency":"EUR","items":3,"note":"leave it at the door"}`)
	for _, test := range []struct {
		name, text string
		data       []byte
	}{
		{"two members", `total > 100 && currency == "EUR"`, present},
		{"none", `time.Hour() < 8`, present},
		{"in", `currency in ["CHF", "EUR"]`, present},
		{"absent", `total > 100 && currency == "EUR"`, absent},
	} {
		b.Run(test.name, func(b *testing.B) {
			c := mustCompile(b, test.text)
			m := NewEvaluator(fields, []*Cond{c})
			e := Event{Key: order.Key("u-7654321", "o-1234567"), Type: "create", ID: "e-123456789", Time: 1772366400000, Data: test.data}
			b.ReportAllocs()
			for b.Loop() {
				m.Start(e)
				m.Eval(c, nil)
			}
		})
	}
}

func BenchmarkSumOverALoop(b *testing.B) {
	c := mustCompile(b, `sum(fails, .amount) > 100`)
	m := NewEvaluator(fields, []*Cond{c})
	taken := [][]Event{events(1000)}
	for b.Loop() {
		m.Start(current)
		if holds, err := m.Eval(c, taken); !holds || err != nil {
			b.Fatal(holds, err)
		}
	}
}
