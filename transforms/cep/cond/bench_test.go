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
			c, err := Compile(test.text, Names{})
			if err != nil {
				b.Fatal(err)
			}
			m := NewEvaluator(fields, []*Cond{c})
			e := Event{Key: order.Key("u-7654321", "o-1234567"), Type: "create", ID: "e-123456789", Time: 1772366400000, Data: test.data}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				m.Start(e)
				m.Eval(c, nil)
			}
		})
	}
}
