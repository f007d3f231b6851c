package shard

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/order"
)

// benchBatches are the events of a shop for one shard of sixteen, one in 16 ms:
// each order is paid after five minutes, so 9,000 orders are open at a time and
// as many are remembered. They come up to two seconds out of order.
func benchBatches(n int) [][]byte {
	const paid = 5*60*1000/16 + 1 // events later
	var batches [][]byte
	var b Batch
	for i := range n {
		at := int64(1_700_000_000_000) + 16*int64(i) + int64(i)*7919%2000
		typ, id := "create", i
		if i%2 == 1 && i > paid {
			typ, id = "pay", i-paid
		}
		key := order.Key(fmt.Sprint("u", id%77_777), fmt.Sprint("o", id))
		data := fmt.Appendf(nil, `{"orderId":"o%d","userId":"u%d","type":%q,"time":"2026-01-01T00:00:00.000Z","amount":%d.5}`, id, id%77_777, typ, id%1000)
		b.Add(&Event{Key: key, Event: cep.Event{Type: typ, Time: at, At: at, Data: data}, Source: "orders.jsonl", Line: int64(i)})
		if (i+1)%2000 == 0 {
			b.Promise(at)
			batches = append(batches, b.Bytes())
		}
	}
	return batches
}

// BenchmarkShard is the time of an event in a shard, from an encoded batch to
// what comes out of the tick. Sixteen shards take turns, as in a replay, so that none
// finds its keys in the processor's cache.
func BenchmarkShard(b *testing.B) {
	prog, err := cep.Compile(syntax.MustParse("create followedBy pay within 10m"), cep.Config{Remember: 10 * time.Minute})
	if err != nil {
		b.Fatal(err)
	}
	const n, shards = 100_000, 16
	batches := benchBatches(n)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		var all [shards]*Shard
		for i := range all {
			all[i] = New(Only(prog), 10_000)
		}
		var out Output
		for _, batch := range batches {
			h, err := DecodeHeader(batch)
			if err != nil {
				b.Fatal(err)
			}
			for _, s := range all {
				if err := s.Add(batch); err != nil {
					b.Fatal(err)
				}
				s.Tick(FloorTick(h.Watermark, 10_000), &out)
				out.Reset()
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(n*shards), "ns/event")
}

// BenchmarkBatch is the time of an event on its way into a batch.
func BenchmarkBatch(b *testing.B) {
	data := []byte(`{"orderId":"o100","userId":"u7","type":"create","time":"2026-01-01T00:00:00.000Z","amount":12.5}`)
	var batch Batch
	b.ReportAllocs()
	i := int64(0)
	for b.Loop() {
		i++
		batch.Add(&Event{Key: "\x02u7o100", Event: cep.Event{Type: "create", Time: i, At: i, Data: data}, Source: "orders.jsonl", Line: i})
		if batch.Len() > 256<<10 {
			batch.Bytes()
		}
	}
}

// BenchmarkOpenRuns is the memory of open orders by the number of rules that know them:
// bytes of the first rule's run, and of each further one, once the collector has run. Their
// events are the same ones. It is measured again behind a snapshot.
func BenchmarkOpenRuns(b *testing.B) {
	const n, further = 50_000, 4
	for name, c := range map[string]cep.Config{"table": {}, "machine": {Started: true}} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				one, oneAgain := heapOf(b, openRules(b, c, 1), n)
				all, allAgain := heapOf(b, openRules(b, c, 1+further), n)
				b.ReportMetric(one, "B/run")
				b.ReportMetric((all-one)/further, "B/further-run")
				b.ReportMetric((allAgain-oneAgain)/further, "B/further-run-restored")
			}
		})
	}
}

// openRules returns rules which all know each order of benchBatches.
func openRules(b *testing.B, c cep.Config, n int) (rules Rules) {
	b.Helper()
	for i := range n {
		prog, err := cep.Compile(syntax.MustParse(fmt.Sprintf("create followedBy end%d within 100h", i)), c)
		if err != nil {
			b.Fatal(err)
		}
		rules.Each = append(rules.Each, Rule{Name: fmt.Sprint("rule", i), Prog: prog})
	}
	return rules
}

// heapOf returns the bytes an open order that a shard takes, and takes once it is restored.
func heapOf(b *testing.B, rules Rules, n int) (fresh, restored float64) {
	b.Helper()
	batches := benchBatches(2 * n)
	before := heap()
	s := New(rules, 10_000)
	for _, batch := range batches {
		if err := s.Add(batch); err != nil {
			b.Fatal(err)
		}
		h, err := DecodeHeader(batch)
		if err != nil {
			b.Fatal(err)
		}
		s.Tick(FloorTick(h.Watermark, 10_000), &Output{OpenUnread: true})
	}
	orders := float64(s.Open() / len(rules.Each))
	fresh = float64(heap()-before) / orders
	record := s.Snapshot()
	runtime.KeepAlive(s)
	s = nil
	before = heap()
	s, err := Restore(rules, 10_000, [][]byte{record})
	if err != nil {
		b.Fatal(err)
	}
	restored = float64(heap()-before) / orders
	runtime.KeepAlive(s)
	return fresh, restored
}

func heap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
