package shard

import (
	"bytes"
	"encoding/hex"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/s2"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
)

// richEvents are on time, late and unstamped, with repeated and new types and
// sources, with and without ids and data.
func richEvents() []Event {
	return []Event{
		{Key: "\x02u1o1", Event: cep.Event{Type: "create", ID: "i1", Time: 1000, At: 1000, Data: []byte(`{"n":1}`)}, Source: "a.jsonl", Line: 1},
		{Key: "\x02u1o1", Event: cep.Event{Type: "view", Time: 900, At: 995, Data: []byte{}}, Source: "b.jsonl", Line: 70000},
		{Key: "", Event: cep.Event{Type: "create", Time: 2000, Data: []byte("x")}, Source: "a.jsonl", Line: 2},
		{Key: "k", Event: cep.Event{Type: "", Time: 1500, At: 1500, Data: []byte("\x00\xff")}},
	}
}

func richBatch() []byte {
	var b Batch
	for _, e := range richEvents() {
		b.Add(&e)
	}
	b.Promise(1700)
	b.End(1800, 2000, 1234567)
	return b.Bytes()
}

func testProg(t testing.TB) *cep.Prog {
	t.Helper()
	prog, err := cep.Compile(syntax.MustParse("create followedBy pay within 100ms"), cep.Config{Remember: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return prog
}

// richShard has a key with an open run that remembers another one, and two
// events that wait for the same tick. With one key and one tick its snapshot is
// always the same bytes.
func richShard(t testing.TB) *Shard {
	t.Helper()
	s := New(Only(testProg(t)), 10)
	var b Batch
	for _, e := range []Event{
		{Key: "k", Event: cep.Event{Type: "create", Time: 100, At: 100, Data: []byte("c1")}},
		{Key: "k", Event: cep.Event{Type: "pay", ID: "p", Time: 101, At: 101, Data: []byte("p1")}},
		{Key: "k", Event: cep.Event{Type: "create", Time: 105, At: 105, Data: []byte("c2")}},
		{Key: "k", Event: cep.Event{Type: "pay", Time: 111, At: 111, Data: []byte("p2")}, Source: "log", Line: 4},
		{Key: "k", Event: cep.Event{Type: "view", Time: 108, At: 112, Data: []byte("v")}, Source: "log", Line: 5},
	} {
		b.Add(&e)
	}
	b.End(110, 150, 140)
	if err := s.Add(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	s.Tick(110, &Output{})
	return s
}

// What an older build has written must decode in every later one, so these texts
// are never to be changed: add one for a new version.
const (
	batchV2 = "4202a40600000000000001d00700000000000087d612000000000004000000e3030000000000005ff05e00d00f0006637265617465050275316f310269" +
		"310007612e6a736f6e6c02077b226e223a317d01c701be01010476696577050275316f31000107622e6a736f6e6cdec508000298" +
		"1100000000dbc508017800e7070200016b000200030200ff"
	batchV1 = "4201a40600000000000001d00700000000000087d6120000000000040000005ff05e00d00f0006637265617465050275316f3102" +
		"69310007612e6a736f6e6c02077b226e223a317d01c701be01010476696577050275316f31000107622e6a736f6e6cdec5080002" +
		"981100000000dbc508017800e7070200016b000200030200ff"
	snapshotV1 = "530154f053dc0101ac02980201016b0101d20100026332c0f926b8d6f775bd0001ca01029a73473e772a177bf4fa40cb3f7410" +
		"670200de010003706179016b0000036c6f6708027032010508010476696577016b0000020176"
)

func TestBatchEncoding(t *testing.T) {
	batches := map[string][]byte{"a batch": richBatch()}
	for name, text := range map[string]string{"a batch of version 1": batchV1, "a batch of version 2": batchV2} {
		old, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		batches[name] = old
	}
	for name, b := range batches {
		h, events, err := DecodeBatch(b)
		if err != nil {
			t.Fatalf("%s: %v\n%x", name, err, b)
		}
		want := Header{Watermark: 1700, End: true, Last: 2000, Limit: 1234567, Events: 4, Min: 995}
		if b[1] == 1 {
			want.Min = math.MinInt64
		}
		if h != want {
			t.Errorf("%s: header %+v, want %+v", name, h, want)
		}
		if diff := cmp.Diff(richEvents(), events); diff != "" {
			t.Errorf("%s: events (-want +got):\n%s", name, diff)
		}
	}
}

// Of events on time, late and without a place, with and without a Ref, some are rows.
func TestBatchesKnowTheirRows(t *testing.T) {
	var want []Event
	for i := range int64(12) {
		e := cep.Event{Type: "pay", Time: 1500, At: []int64{1500, 1501, 0}[i%3], Data: []byte("{}"), Row: i/3%2 == 0, Ref: uint64(i / 6)}
		want = append(want, Event{Key: "k", Event: e, Line: i})
	}
	var b Batch
	for i := range want {
		b.Add(&want[i])
	}
	_, got, err := DecodeBatch(b.Bytes())
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestSnapshotEncoding(t *testing.T) {
	old, err := hex.DecodeString(snapshotV1)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Restore(Only(testProg(t)), 10, [][]byte{old})
	if err != nil {
		t.Fatalf("%v\n%x", err, richShard(t).Snapshot())
	}
	if got, want := s.Snapshot(), richShard(t).Snapshot(); !bytes.Equal(got, want) {
		t.Errorf("restored and encoded again:\ngot  %x\nwant %x", got, want)
	}
	var got, want Output
	s.Tick(160, &got)
	richShard(t).Tick(160, &want)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(cep.Taken{}), cmpopts.IgnoreUnexported(Output{}, cep.Output{})); diff != "" || len(got.Outcomes) != 1 {
		t.Errorf("what comes of it (-want +got):\n%s", diff)
	}
}

// A blob that was cut anywhere is an error, also between two events.
func TestBrokenBlobs(t *testing.T) {
	batch, snapshot := richBatch(), richShard(t).Snapshot()
	for n := range batch {
		if _, _, err := DecodeBatch(batch[:n]); err == nil {
			t.Errorf("batch cut to %d of %d bytes: no error", n, len(batch))
		}
	}
	for n := range snapshot {
		if _, err := Restore(Only(testProg(t)), 10, [][]byte{snapshot[:n]}); err == nil {
			t.Errorf("snapshot cut to %d of %d bytes: no error", n, len(snapshot))
		}
	}
	tick := TickRecord(110)
	for n := range tick {
		if _, err := Restore(Only(testProg(t)), 10, [][]byte{tick[:n]}); err == nil {
			t.Errorf("tick cut to %d of %d bytes: no error", n, len(tick))
		}
	}
	changed := func(b []byte, at int, to byte) []byte {
		b = slices.Clone(b)
		b[at] = to
		return b
	}
	// rebody changes what is compressed.
	rebody := func(record []byte, head int, change func(body []byte) []byte) []byte {
		body, err := decompress(record[head:], maxBatch)
		if err != nil {
			t.Fatal(err)
		}
		return compress(record[:head], change(body))
	}
	more := func(body []byte) []byte { return append(body, 0) }
	kind3 := func(body []byte) []byte { return changed(body, 0, 3) }
	keys := func([]byte) []byte {
		return []byte{0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}
	}
	for _, test := range []struct {
		reason string
		record []byte
		want   string
	}{
		{"a batch to come", changed(batch, 1, 9), "shard: record 1 of 1: shard: batch of kind 'B', version 9: want 'B', version 3 or before"},
		{"a batch of no version", changed(batch, 1, 0), "shard: record 1 of 1: shard: batch of kind 'B', version 0: want 'B', version 3 or before"},
		{"a header of the version before", batch[:headerSize-1], "shard: record 1 of 1: shard: truncated batch or log"},
		{"a snapshot to come", changed(snapshot, 1, 9), "shard: record 1 of 1: snapshot has version 9: want 1 to 2"},
		{"another size", changed(batch, headerSize, 0x60), "shard: record 1 of 1: shard: decompress: s2: corrupt input"},
		{"a size beyond all", append(slices.Clone(batch[:headerSize]), 0xff, 0xff, 0xff, 0xff, 0x01), "shard: record 1 of 1: shard: compressed size 536870911 (<nil>): want at most 67108864"},
		{"another record", []byte("x"), "shard: record 1 of 1: unknown record 'x'"},
		{"more than a batch", rebody(batch, headerSize, more), "shard: record 1 of 1: shard: batch has 1 bytes behind its events"},
		{"more than a snapshot", rebody(snapshot, 2, more), "shard: record 1 of 1: shard: batch has 1 bytes behind its events"},
		{"an unknown entry", rebody(batch, headerSize, kind3), "shard: record 1 of 1: shard: batch has an event of kind 3"},
		{"more keys than bytes", rebody(snapshot, 2, keys), "shard: record 1 of 1: shard: truncated batch or log"},
	} {
		if _, err := Restore(Only(testProg(t)), 10, [][]byte{test.record}); err == nil || err.Error() != test.want {
			t.Errorf("%s: got %v, want %s", test.reason, err, test.want)
		}
	}
}

// A stream of ever new types fills the dictionary and still comes out as it was.
func TestDictionaryIsBounded(t *testing.T) {
	for _, n := range []int{dictionarySize - 1, dictionarySize, dictionarySize + 1, 3 * dictionarySize} {
		var b Batch
		var want []Event
		for i := range n {
			typ := strings.Repeat("t", i%50) + string(rune('0'+i))
			e := Event{Key: "k", Event: cep.Event{Type: typ, Time: 5, At: 5, Data: []byte{}}}
			b.Add(&e)
			b.Add(&e)
			want = append(want, e, e)
		}
		if len(b.types.number) > dictionarySize {
			t.Errorf("%d types: the dictionary has %d", n, len(b.types.number))
		}
		_, got, err := DecodeBatch(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d types (-want +got):\n%s", n, diff)
		}
	}
}

// FuzzBatch checks that any bytes are an error or events that encode to the same
// events.
func FuzzBatch(f *testing.F) {
	body, err := decompress(richBatch()[headerSize:], maxBatch)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body, uint32(4))
	f.Add([]byte{}, uint32(0))
	f.Fuzz(func(t *testing.T, body []byte, n uint32) { // not compressed: nothing but luck would get through that
		events, err := decodeEvents(body, int(n))
		if err != nil || len(events) == 0 {
			return
		}
		h := Header{Watermark: 5, End: true, Last: 6, Limit: 7, Events: int(n)}
		var again Batch
		for i := range events {
			e := &events[i]
			again.Add(e)
			place := e.At
			if place == 0 {
				place = e.Time
			}
			h.Min = min(h.Min, place)
		}
		again.Promise(h.Watermark)
		again.End(0, h.Last, h.Limit)
		gotHeader, got, err := DecodeBatch(again.Bytes())
		if err != nil || gotHeader != h {
			t.Fatalf("decode what was encoded: %+v, %v, want %+v", gotHeader, err, h)
		}
		if diff := cmp.Diff(events, got); diff != "" {
			t.Errorf("encoded again (-want +got):\n%s", diff)
		}
	})
}

// FuzzRestore checks that any log is an error or a shard that works, and that a
// snapshot of the shard stands for it.
func FuzzRestore(f *testing.F) {
	body, err := decompress(richShard(f).Snapshot()[2:], maxSnapshot)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body, richBatch(), int64(160))
	f.Add(body, TickRecord(math.MaxInt64), int64(math.MinInt64))
	f.Fuzz(func(t *testing.T, body, second []byte, tick int64) {
		first := compress([]byte{snapshotRecord, snapshotVersion}, body)
		if n, err := s2.DecodedLen(second[min(headerSize, len(second)):]); err == nil && n > 1<<20 {
			return // is refused when it is decompressed, but takes its memory first
		}
		s, err := Restore(Only(testProg(t)), 10, [][]byte{first, second})
		if err != nil {
			return
		}
		s.Next()
		s.Done(tick)
		s.Open()
		snapshot := s.Snapshot()
		again, err := Restore(Only(testProg(t)), 10, [][]byte{snapshot})
		if err != nil {
			t.Fatalf("restore a snapshot: %v", err)
		}
		var a, b Output
		s.Tick(tick, &a)
		again.Tick(tick, &b)
		if a.Classes != b.Classes || len(a.Outcomes) != len(b.Outcomes) || len(a.Open) != len(b.Open) || len(a.Undecided) != len(b.Undecided) {
			t.Errorf("tick %d gives %+v, after a snapshot %+v", tick, a, b)
		}
		for i := 0; i < 1000; i++ {
			next, _, ok := s.Next()
			if !ok {
				return
			}
			s.Tick(next, &a)
		}
		if len(first)+len(second) < 1000 {
			t.Errorf("%d bytes are work for more than 1000 ticks", len(first)+len(second))
		}
	})
}
