package shard

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/syntax"
)

var update = flag.Bool("update", false, "write the golden files of this version anew")

// goldenVersion is the directory of testdata/golden that this build writes. Increase
// it together with batchVersion, snapshotVersion or the version of a cep.State, and
// write the new files with
//
//	go test ./transforms/shard -run Golden -update
//
// The files of older versions stay: a log that an older build has written is read by
// every later one.
const goldenVersion = 3

// The log of a shard, in parts: a batch with events of each kind, the tick after it,
// the snapshot that they lead to, and the last batch of the input.
const (
	goldenBatch    = "batch.bin"
	goldenTick     = "tick.bin"
	goldenSnapshot = "snapshot.bin"
	goldenEnd      = "end.bin"
)

func goldenProg(t *testing.T) *cep.Prog {
	t.Helper()
	prog, err := cep.Compile(syntax.MustParse("create followedBy pay followedBy ship within 10s"), cep.Config{Remember: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return prog
}

// goldenRecords are what this build writes.
func goldenRecords(t *testing.T) map[string][]byte {
	t.Helper()
	var b Batch
	add := func(key, source string, line int64, e cep.Event) {
		b.Add(&Event{Key: key, Event: e, Source: source, Line: line})
	}
	add("k1", "", 0, cep.Event{Type: "create", ID: "c1", Time: 1000, At: 1000, Data: []byte(`{"n":1}`), Ref: 11})
	add("k2", "a.jsonl", 9, cep.Event{Type: "create", Time: 1200, At: 1500, Data: []byte(`{"n":2}`)}) // late
	add("\x00\xff", "a.jsonl", 7, cep.Event{Type: "create", Time: 1400, Data: []byte("\x00\xff")})    // without a place
	add("k1", "b.jsonl", 1, cep.Event{Type: "pay", ID: "p1", Time: 1600, At: 1600, Data: []byte(`{"n":4}`), Ref: 1 << 40})
	add("k1", "", 0, cep.Event{Type: "create", ID: "c2", Time: 1700, At: 1700, Data: []byte(`{"n":5}`), Ref: 12}) // a duplicate
	for i, typ := range []string{"create", "pay", "ship"} {
		add("k4", "b.jsonl", 2, cep.Event{Type: typ, Time: 1800, At: 1800 + int64(i), Data: []byte(typ)}) // ends, and is remembered
	}
	add("k1", "b.jsonl", 3, cep.Event{Type: "ship", Time: 5500, At: 5500, Data: []byte(`{"n":6}`)}) // waits for its tick
	b.Promise(2000)
	b.More()
	records := map[string][]byte{goldenBatch: b.Bytes(), goldenTick: TickRecord(2000)}
	s, err := Restore(Only(goldenProg(t)), 1000, [][]byte{records[goldenBatch], records[goldenTick]})
	if err != nil {
		t.Fatal(err)
	}
	records[goldenSnapshot] = s.Snapshot()
	add("k1", "message 1", 1, cep.Event{Type: "create", ID: "c2", Time: 1700, At: 6000, Data: []byte(`{}`), Ref: 13})
	add("k3", "message 1", 2, cep.Event{Type: "pay", Time: 6000, At: 6000, Data: []byte(`{"n":7}`)})
	add("k4", "message 2", 1, cep.Event{Type: "ship", Time: 1800, At: 6001, Data: []byte("ship")})
	b.End(6000, 11_000, 11_200)
	records[goldenEnd] = b.Bytes()
	return records
}

// goldenWant is what comes of the log after its first tick.
var goldenWant = []string{
	"ended k1 matched 1000 c1 {\"n\":1} 11, 1600 p1 {\"n\":4} 1099511627776, 5500  {\"n\":6} 0",
	"ended k2 timed out 1200  {\"n\":2} 0",
	"duplicate k1 create at 1700/6000 message 1:1 {} 13, delivered again: true",
	"orphan k3 pay at 6000/6000 message 1:2 {\"n\":7} 0, delivered again: false",
	"duplicate k4 ship at 1800/6001 message 2:1 ship 0, delivered again: true",
	"open \x00\xff 1400  \x00\xff 0",
}

func TestGoldenLogs(t *testing.T) {
	current := filepath.Join("testdata", "golden", fmt.Sprint("v", goldenVersion))
	records := goldenRecords(t)
	if *update {
		writeGolden(t, current, records)
	}
	for name, record := range records {
		if got, want := plain(t, record), plain(t, readGolden(t, current, name)); !bytes.Equal(got, want) {
			t.Errorf("%s/%s: this build writes\n%q\nwant\n%q", current, name, got, want)
		}
	}
	versions, err := filepath.Glob("testdata/golden/v*")
	if err != nil || len(versions) != goldenVersion {
		t.Fatalf("golden files of %d versions (%v): want %d", len(versions), err, goldenVersion)
	}
	for _, dir := range versions {
		first, last := int64(1000), int64(6000)
		if filepath.Base(dir) == "v1" {
			first, last = math.MinInt64, math.MinInt64
		}
		h, err := DecodeHeader(readGolden(t, dir, goldenBatch))
		if want := (Header{Watermark: 2000, More: true, Events: 9, Min: first}); err != nil || h != want {
			t.Errorf("%s: header %+v (%v), want %+v", dir, h, err, want)
		}
		h, err = DecodeHeader(readGolden(t, dir, goldenEnd))
		if want := (Header{Watermark: NoWatermark, End: true, Last: 11_000, Limit: 11_200, Events: 3, Min: last}); err != nil || h != want {
			t.Errorf("%s: header %+v (%v), want %+v", dir, h, err, want)
		}
		for reason, log := range map[string][]string{
			"a batch and a tick": {goldenBatch, goldenTick},
			"a snapshot":         {goldenSnapshot},
		} {
			if diff := cmp.Diff(goldenWant, afterGolden(t, dir, log)); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", dir, reason, diff)
			}
		}
	}
}

// plain returns a record without compression, which is not the same on each processor,
// and with the keys of a snapshot in their order: they come in any.
func plain(t *testing.T, record []byte) []byte {
	t.Helper()
	head := map[byte]int{batchRecord: headerSize, snapshotRecord: 2}[record[0]]
	if head == 0 {
		return record
	}
	body, err := decompress(record[head:], maxSnapshot)
	if err != nil {
		t.Fatal(err)
	}
	if record[0] == snapshotRecord {
		body = sortKeys(t, body)
	}
	return append(record[:head:head], body...)
}

// sortKeys returns the body of a snapshot with its keys in their order.
func sortKeys(t *testing.T, body []byte) []byte {
	t.Helper()
	r := reader{b: body, s: string(body)}
	r.head()
	for range r.uvarint() { // rules
		r.string()
		r.string()
	}
	n := r.uvarint()
	sorted := slices.Clone(body[:r.pos])
	var keys []string
	for range n {
		start := r.pos
		r.string()
		_, rest, err := goldenProg(t).DecodeState(body[r.pos:])
		if err != nil || r.err != nil {
			t.Fatal(err, r.err)
		}
		r.pos = len(body) - len(rest)
		keys = append(keys, string(body[start:r.pos]))
	}
	slices.Sort(keys)
	return append(append(sorted, strings.Join(keys, "")...), body[r.pos:]...)
}

// afterGolden returns what comes of a log once the input's end follows.
func afterGolden(t *testing.T, dir string, names []string) []string {
	t.Helper()
	var log [][]byte
	for _, name := range names {
		log = append(log, readGolden(t, dir, name))
	}
	s, err := Restore(Only(goldenProg(t)), 1000, log)
	if err != nil {
		t.Fatalf("%s: %v: %v", dir, names, err)
	}
	if err := s.Add(readGolden(t, dir, goldenEnd)); err != nil {
		t.Fatalf("%s: %v", dir, err)
	}
	var out Output
	s.Tick(math.MaxInt32, &out)
	var got []string
	for _, e := range out.Outcomes {
		got = append(got, "ended "+goldenRun(e.Key, e.How, e.Run))
	}
	for _, r := range out.Rejects {
		got = append(got, fmt.Sprintf("%v %s %s at %d/%d %s:%d %s %d, delivered again: %v", r.Class, r.Key, r.Type, r.Time, r.At, r.Source, r.Line, r.Data, r.Ref, r.Redelivered))
	}
	for _, e := range out.Open {
		got = append(got, "open "+goldenRun(e.Key, cep.Open, e.Run))
	}
	return got
}

func goldenRun(key string, how cep.How, run cep.Run) string {
	text := key + map[cep.How]string{cep.Matched: " matched", cep.TimedOut: " timed out"}[how]
	for i, taken := range run {
		text += fmt.Sprintf("%s %d %s %s %d", map[bool]string{true: ","}[i > 0], taken.Time, taken.ID, taken.Data, taken.Ref)
	}
	return text
}

func readGolden(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func writeGolden(t *testing.T, dir string, records map[string][]byte) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for name, record := range records {
		if err := os.WriteFile(filepath.Join(dir, name), record, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
