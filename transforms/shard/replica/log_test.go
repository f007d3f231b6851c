package replica

import (
	"bytes"
	"fmt"
	"math/rand/v2"
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
		s.bundle.log = [][]byte{[]byte("what was there")}
		r := &replica{shard: shard.New(w.shards.config.ShardRules(), 1000), logSize: test.logSize, snapshotSize: test.snapshot}
		if err := r.writeTick(s, 0, 1, 1000); err != nil {
			t.Fatal(err)
		}
		last := s.bundle.log[len(s.bundle.log)-1]
		if got := len(s.bundle.log) == 1 && shard.IsSnapshot(last); got != test.wantSnapshot {
			t.Errorf("%s: snapshot %v, want %v", test.reason, got, test.wantSnapshot)
		}
		if test.wantSnapshot && (r.logSize != len(last) || r.snapshotSize != len(last)) {
			t.Errorf("%s: log of %d bytes, snapshot of %d: want both %d", test.reason, r.logSize, r.snapshotSize, len(last))
		}
		if !test.wantSnapshot && r.logSize != test.logSize+len(record) {
			t.Errorf("%s: log of %d bytes, want %d", test.reason, r.logSize, test.logSize+len(record))
		}
	}
}

// noise returns bytes that no compression makes fewer.
func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return b
}

// However much goes through a shard, its log stays small, and leads to the replica.
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
		for _, record := range s.bundle.log {
			total += len(record)
		}
		if open := 10; total > 2*(open+1)*size+logSlack+size {
			t.Fatalf("round %d: the log has %d bytes", i, total)
		}
		if record := s.bundle.log[0]; shard.IsSnapshot(record) && !bytes.Equal(record, first) {
			first = record
			snapshots++
		}
	}
	if snapshots < 2 || snapshots > rounds/3 {
		t.Errorf("%d snapshots in %d rounds", snapshots, rounds)
	}
	// A replica that is built from a log that begins with a snapshot knows so.
	again := newWorker(t, s)
	again.start()
	r, err := again.shards.open(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.snapshotSize != len(first) || r.logSize < len(first) || r.shard.Open() != w.cached().shard.Open() {
		t.Errorf("restored: snapshot of %d bytes, want %d; log of %d; %d orders open, want %d",
			r.snapshotSize, len(first), r.logSize, r.shard.Open(), w.cached().shard.Open())
	}
}

func TestNothingIsLeftAfterTheEnd(t *testing.T) {
	s := newStore()
	w := newWorker(t, s)
	w.batch("create@1000 o1", "create@9000 o2")
	w.tick(2000)
	w.batch("end@11000")
	w.want(w.tick(12000), "timeout o1", "open o2")
	if len(s.bundle.log)+len(s.bundle.versions) > 0 {
		t.Errorf("left in the state: %d versions, %d records of log", len(s.bundle.versions), len(s.bundle.log))
	}
	if w.cached() != nil {
		t.Error("left in memory: a replica")
	}
	s.writes = 0
	w.want(w.tick(13000))
	if s.writes > 0 || w.cached() != nil {
		t.Errorf("a timer after the end: %d writes", s.writes)
	}
}

// The timers of ticks that a later tick has made up for fire, too.
func TestStaleTickWritesNothing(t *testing.T) {
	s := newStore()
	w := newWorker(t, s)
	w.batch("create@1000 o1", "create@2500 o2")
	w.want(w.tick(5000))
	s.writes, w.timers = 0, nil
	for _, tick := range []int64{2000, 3000, 5000} {
		w.want(w.tick(tick))
		if s.writes > 0 || len(w.timers) > 0 {
			t.Errorf("tick %d after that at 5000: %d writes, timers %v", tick, s.writes, w.timers)
		}
		if w.cached() == nil {
			t.Errorf("tick %d after that at 5000: the replica is lost", tick)
		}
	}
	w.want(w.tick(11000), "timeout o1")
	if s.writes == 0 || len(w.timers) != 1 || w.timers[0].Tick != 13000 {
		t.Errorf("the next tick: %d writes, timers %v: want one at 13000", s.writes, w.timers)
	}
}
