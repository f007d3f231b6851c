package main

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// kindOfDay are the outcomes of a kind that are of a day.
type kindOfDay struct {
	kind string
	day  int64
}

// sum counts outcomes, and adds up what their ids begin with.
type sum struct {
	count int
	ids   uint64
}

// tally has the outcomes of all days.
type tally map[kindOfDay]sum

// add adds an outcome at a time in milliseconds.
func (t tally) add(kind string, at int64, id string) {
	b, err := hex.DecodeString(id[:16])
	if err != nil {
		b = make([]byte, 8) // no id of ours: the sums differ
	}
	k := kindOfDay{kind, (at - first) / dayMillis}
	s := t[k]
	t[k] = sum{s.count + 1, s.ids + binary.BigEndian.Uint64(b)}
}

// read adds the outcomes of a file, and forgets nothing of what it has.
func (t tally) read(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var o struct {
			Outcome, ID       string
			EndedAt, Deadline time.Time
		}
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil || len(o.ID) < 16 {
			if len(lines.Bytes()) > 0 && lines.Bytes()[len(lines.Bytes())-1] != '}' {
				continue // torn by a kill, and told again behind it
			}
			return fmt.Errorf("%s: no outcome: %q", path, lines.Text())
		}
		at := o.EndedAt
		if o.Outcome == "timeout" {
			at = o.Deadline
		}
		t.add(o.Outcome, at.UnixMilli(), o.ID)
	}
	return lines.Err()
}

// count returns how many outcomes of a kind there are.
func (t tally) count(kind string) (n int) {
	for k, s := range t {
		if k.kind == kind {
			n += s.count
		}
	}
	return n
}

// compare returns how what was told of the first days differs from t, which was to come.
func (t tally) compare(told tally, days int64) error {
	for day := range days {
		for _, kind := range []string{"success", "timeout"} {
			k := kindOfDay{kind, day}
			if t[k] != told[k] {
				return fmt.Errorf("day %d: %d outcomes of kind %s with ids of the sum %x were to come, and %d with %x came",
					day, t[k].count, kind, t[k].ids, told[k].count, told[k].ids)
			}
		}
	}
	return nil
}
