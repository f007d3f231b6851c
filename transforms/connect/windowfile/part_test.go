package windowfile

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/klauspost/compress/s2"

	"ordertimeout/transforms/order"
)

// decode returns the lines of a part with their Refs.
func decode(data []byte) (lines []string, err error) {
	p, err := readHead(data)
	if err != nil {
		return nil, err
	}
	var scratch []byte
	err = p.each(&scratch, func(line []byte, refs []uint64) error {
		lines = append(lines, fmt.Sprint(string(line), refs))
		return nil
	})
	return lines, err
}

func TestPartsKeepTheirLines(t *testing.T) {
	var b builder
	for range 2 { // the second time with the memory of the first
		b.add(30, []byte("one"), nil)
		b.add(20, nil, []uint64{1, 1 << 63})
		b.add(40, []byte(strings.Repeat("x", 1000)), []uint64{3})
		data := b.part(5)
		if p, err := readHead(data); err != nil || p.at != 20 || p.number != 5 || p.lines != 3 {
			t.Errorf("head %+v, %v, want the smallest time 20, number 5 and 3 lines", p, err)
		}
		got, err := decode(data)
		want := []string{"one[]", "[1 9223372036854775808]", strings.Repeat("x", 1000) + "[3]"}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("lines %q, %v, want %q", got, err, want)
		}
	}
}

// A part that another build has left in a runner's state is read by this one.
func TestPartsOfVersion1AreRead(t *testing.T) {
	data, err := hex.DecodeString(version1)
	if err != nil {
		t.Fatal(err)
	}
	p, err := readHead(data)
	if err != nil || p.at != 1772355600000 || p.number != 3 {
		t.Errorf("head %+v, %v", p, err)
	}
	got, err := decode(data)
	if want := []string{"one[7]", "two two two two two two[]"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("lines %q, %v, want %q", got, err, want)
	}
}

const version1 = "01803ea0a89c01000003000000020000001f78036f6e6501071774776f2074776f2074776f2074776f2074776f2074776f00"

func TestBrokenPartsAreErrors(t *testing.T) {
	var b builder
	b.add(1, []byte("line"), []uint64{7})
	whole := b.part(0)
	for n := range whole {
		if lines, err := decode(whole[:n]); err == nil {
			t.Errorf("the first %d of %d bytes gave %q", n, len(whole), lines)
		}
	}
	for _, test := range []struct {
		reason string
		change func(data []byte)
	}{
		{"another version", func(data []byte) { data[0]++ }},
		{"more lines than there are", func(data []byte) { data[13]++ }},
		{"fewer lines than there are", func(data []byte) { data[13]-- }},
	} {
		data := bytes.Clone(whole)
		test.change(data)
		if lines, err := decode(data); err == nil {
			t.Errorf("%s: gave %q", test.reason, lines)
		}
	}
	p, _ := readHead(whole)
	var scratch []byte
	stop := errors.New("stop")
	if err := p.each(&scratch, func([]byte, []uint64) error { return stop }); err != stop {
		t.Errorf("each gave %v, want the error of its function", err)
	}
}

func FuzzPart(f *testing.F) {
	var b builder
	b.add(1, []byte("line"), []uint64{7})
	b.add(2, []byte("another"), nil)
	f.Add(b.part(0))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := readHead(data); err == nil {
			if n, err := s2.DecodedLen(p.packed); err == nil && n > 1<<20 {
				return // its memory would take long to make
			}
		}
		decode(data)
	})
}

// bundle feeds one bundle to a batchFn and returns the parts it emits, by shard
// and time.
func bundle(fn *batchFn, feed func(add func(at int64, id, line string))) (parts []emitted) {
	emit := func(at beam.EventTime, shard int64, data []byte) {
		p, err := readHead(data)
		if err != nil {
			panic(err)
		}
		parts = append(parts, emitted{at.Milliseconds(), shard, p, data})
	}
	fn.StartBundle(emit)
	feed(func(at int64, id, line string) {
		fn.ProcessElement(beam.EventTime(at), order.Message{Body: []byte(line), ID: id}, emit)
	})
	fn.FinishBundle(emit)
	return parts
}

type emitted struct {
	at, shard int64
	part      part
	data      []byte
}

func TestABundleHasAPartForEachFile(t *testing.T) {
	fn := &batchFn{Window: 1000, Shards: 1}
	for range 2 {
		parts := bundle(fn, func(add func(int64, string, string)) {
			add(1500, "a", "a")
			add(900, "b", "b")
			add(1200, "c", "c")
			add(1999, "d", "d")
			add(2000, "e", "e")
		})
		var got []string
		for _, p := range parts {
			lines, err := decode(p.data)
			if err != nil || p.at != p.part.at {
				t.Fatal(err, p)
			}
			got = append(got, fmt.Sprint(p.at, p.part.number, lines))
		}
		want := []string{"900 0 [b[]]", "1200 1 [a[] c[] d[]]", "2000 2 [e[]]"}
		if !slices.Equal(got, want) {
			t.Errorf("parts %q, want %q", got, want)
		}
	}
}

func TestALargeBundleIsNotHeld(t *testing.T) {
	line := strings.Repeat("0123456789", 1000)
	fn := &batchFn{Window: 1000, Shards: 1}
	for _, test := range []struct {
		reason  string
		windows int64
	}{{"one file", 1}, {"many files", 1000}} {
		most, before := 0, 0
		n := 0
		parts := bundle(fn, func(add func(int64, string, string)) {
			for i := range int64(4 * heldSize / len(line)) {
				add(i%test.windows*1000, "id", line)
				if fn.held > before {
					most = max(most, fn.held)
				}
				n++
			}
		})
		limit := heldSize
		if test.windows == 1 {
			limit = partSize
		}
		if most >= limit {
			t.Errorf("%s: %d bytes were held, want less than %d", test.reason, most, limit)
		}
		for i, p := range parts {
			if n -= int(p.part.lines); p.part.number != uint32(i) {
				t.Errorf("%s: part %d has number %d", test.reason, i, p.part.number)
			}
		}
		if n != 0 {
			t.Errorf("%s: %d lines are missing", test.reason, n)
		}
	}
}

func TestShardIsOfTheID(t *testing.T) {
	fn := &batchFn{Window: 1000, Shards: 8}
	shards := map[string]int64{}
	for range 2 {
		bundle := bundle(fn, func(add func(int64, string, string)) {
			for i := range int64(50) {
				add(i*1000, fmt.Sprint(i), fmt.Sprint(i))
			}
		})
		for _, p := range bundle {
			lines, _ := decode(p.data)
			if before, ok := shards[lines[0]]; ok && before != p.shard {
				t.Errorf("line %s in shard %d, before in %d", lines[0], p.shard, before)
			}
			shards[lines[0]] = p.shard
		}
	}
}
