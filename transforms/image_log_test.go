package transforms

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/shard"
)

func TestLogBecomesASnapshot(t *testing.T) {
	record := shard.TickRecord(1000)
	for _, test := range []struct {
		reason            string
		logSize, snapshot int
		wantSnapshot      bool
	}{
		{"up to the slack without a snapshot", logSlack - len(record), 0, false},
		{"beyond the slack", logSlack - len(record) + 1, 0, true},
		{"up to twice the snapshot and the slack", 2*5000 + logSlack - len(record), 5000, false},
		{"beyond it", 2*5000 + logSlack - len(record) + 1, 5000, true},
	} {
		s := newStore()
		w := newWorker(t, s)
		s.bundle["log"] = []any{[]byte("what was there")}
		im := &image{shard: shard.New(w.fn.prog, 1000), logSize: test.logSize, snapshotSize: test.snapshot, ahead: noTick}
		if err := w.fn.append(s, 0, im, record); err != nil {
			t.Fatal(err)
		}
		last := s.bundle["log"][len(s.bundle["log"])-1].([]byte)
		if got := len(s.bundle["log"]) == 1 && shard.IsSnapshot(last); got != test.wantSnapshot {
			t.Errorf("%s: snapshot %v, want %v", test.reason, got, test.wantSnapshot)
		}
		if test.wantSnapshot && (im.logSize != len(last) || im.snapshotSize != len(last)) {
			t.Errorf("%s: log of %d bytes, snapshot of %d: want both %d", test.reason, im.logSize, im.snapshotSize, len(last))
		}
		if !test.wantSnapshot && im.logSize != test.logSize+len(record) {
			t.Errorf("%s: log of %d bytes, want %d", test.reason, im.logSize, test.logSize+len(record))
		}
	}
}

// noise returns bytes that no compression makes fewer.
func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return b
}

// However much goes through a shard, its log stays small, and leads to the image.
func TestLogStaysBounded(t *testing.T) {
	s := newStore()
	w := newWorker(t, s)
	const size, rounds = 200 << 10, 80 // enough for two snapshots, however well they are compressed
	snapshots := 0
	var first []byte
	for i := range int64(rounds) {
		at := 1000 + i*1000
		var b shard.Batch
		b.Add(&shard.Event{Key: order.Key("u", fmt.Sprint("o", i)), Event: cep.Event{Type: "create", Time: at, At: at, Data: noise(size)}})
		w.bytes(at, b.Bytes())
		w.tick(at + 1000)
		total := 0
		for _, record := range s.bundle["log"] {
			total += len(record.([]byte))
		}
		if open := 10; total > 2*(open+1)*size+logSlack+size {
			t.Fatalf("round %d: the log has %d bytes", i, total)
		}
		if record := s.bundle["log"][0].([]byte); shard.IsSnapshot(record) && !bytes.Equal(record, first) {
			first = record
			snapshots++
		}
	}
	if snapshots < 2 || snapshots > rounds/3 {
		t.Errorf("%d snapshots in %d rounds", snapshots, rounds)
	}
	// An image that is built from a log that begins with a snapshot knows so.
	im, err := newWorker(t, s).fn.image(s, 0)
	if err != nil {
		t.Fatal(err)
	}
	if im.snapshotSize != len(first) || im.logSize < len(first) || im.shard.Open() != w.cachedShard().Open() {
		t.Errorf("restored: snapshot of %d bytes, want %d; log of %d; %d orders open, want %d",
			im.snapshotSize, len(first), im.logSize, im.shard.Open(), w.cachedShard().Open())
	}
}

func TestNothingIsLeftAfterTheEnd(t *testing.T) {
	s := newStore()
	w := newWorker(t, s)
	w.batch("create@1000 o1", "create@9000 o2")
	w.tick(2000)
	w.batch("end@11000")
	w.want(w.tick(12000), "timeout o1", "open o2")
	if len(s.bundle) > 0 {
		t.Errorf("left in the state: %d marks, %d records of log", len(s.bundle["marks"]), len(s.bundle["log"]))
	}
	if w.cachedShard() != nil {
		t.Error("left in memory: an image")
	}
	s.writes = 0
	w.want(w.tick(13000))
	if s.writes > 0 || w.cachedShard() != nil {
		t.Errorf("a timer after the end: %d writes", s.writes)
	}
}

// The timers of ticks that a later tick has made up for fire, too.
func TestStaleTickWritesNothing(t *testing.T) {
	s := newStore()
	w := newWorker(t, s)
	w.batch("create@1000 o1", "create@2500 o2")
	w.want(w.tick(5000))
	s.writes, w.timers.tags = 0, nil
	for _, tick := range []int64{2000, 3000, 5000} {
		w.want(w.tick(tick))
		if s.writes > 0 || len(w.timers.tags) > 0 {
			t.Errorf("tick %d after that at 5000: %d writes, timers %q", tick, s.writes, w.timers.tags)
		}
		if w.cachedShard() == nil {
			t.Errorf("tick %d after that at 5000: the image is lost", tick)
		}
	}
	w.want(w.tick(11000), "timeout o1")
	if s.writes == 0 || len(w.timers.tags) != 1 || !strings.HasPrefix(w.timers.tags[0], "a14/") {
		t.Errorf("the next tick: %d writes, timers %q: want one at 13000", s.writes, w.timers.tags)
	}
}
