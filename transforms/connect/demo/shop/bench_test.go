package shop

import "testing"

func BenchmarkNext(b *testing.B) {
	s, err := New(Default())
	if err != nil {
		b.Fatal(err)
	}
	for range 1_000_000 { // until as many orders are open as ever
		s.Next()
	}
	b.ReportAllocs()
	for b.Loop() {
		s.Next()
	}
}
