package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	demoshop "ordertimeout/transforms/connect/demo/shop"
)

const (
	demoRules = "../../testdata/demo.yaml"
	// demoResolve is the resolve of its rule.
	demoResolve = 15 * time.Minute
)

// livelyShop is a shop with all that demo.yaml tells of, and what its demo: URI has
// beside the seed.
func livelyShop(seed uint64) (c demoshop.Config, parameters string) {
	c = demoshop.Default()
	c.Seed, c.Users, c.Rate = seed, 100, 5
	c.Paid, c.PaidLate, c.Disorder, c.Repeat = 0.6, 0.2, 2*time.Second, 0.02
	c.Cancelled, c.Early, c.B2B = 0.2, 0.1, 0.3
	return c, fmt.Sprintf("seed=%d&start=2026-01-01T00:00:00Z&rate=5&paid=0.6&paid-late=0.2&delay=2s&late=0&repeat=0.02&hot=0&cancelled=0.2&early=0.1&b2b=0.3", seed)
}

// fated returns the first n lines of a shop, and what is to be told of the orders that
// are decided by then, such as "timeout resolved", by id.
func fated(t *testing.T, c demoshop.Config, n int) (log []byte, want map[string]string) {
	t.Helper()
	s, err := demoshop.New(c)
	if err != nil {
		t.Fatal(err)
	}
	var fates []demoshop.Fate
	s.Watch(func(f demoshop.Fate) { fates = append(fates, f) })
	var end int64
	for range n {
		a := s.Next()
		log = append(append(log, a.Event.Raw...), '\n')
		end = a.At - time.Minute.Milliseconds() // more than any disorder
	}
	want = map[string]string{}
	for _, f := range fates {
		if f.Deadline+demoResolve.Milliseconds() < end {
			want[f.OrderID] = truthOf(f)
		}
	}
	return log, want
}

// truthOf returns what the rule of demo.yaml is to tell of an order.
func truthOf(f demoshop.Fate) string {
	switch {
	case f.Cancelled < f.Paid && f.Cancelled < f.Deadline:
		return "cancelled"
	case f.Paid < f.Deadline:
		return "success"
	case f.Paid < f.Deadline+demoResolve.Milliseconds():
		return "timeout resolved"
	}
	return "timeout"
}

// What is told of a shop is what happened there: of a log of it, and of a demo.
func TestWhatIsToldOfAShopIsItsTruth(t *testing.T) {
	for seed := range uint64(2) {
		c, parameters := livelyShop(seed)
		const n = 40_000
		log, want := fated(t, c, n)
		path := filepath.Join(t.TempDir(), "log.jsonl")
		if err := os.WriteFile(path, log, 0o666); err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		for _, outcomes := range want {
			counts[outcomes]++
		}
		t.Logf("seed %d: %v", seed, counts)
		if counts["success"] < 500 || counts["cancelled"] < 500 || counts["timeout"] < 500 || counts["timeout resolved"] < 500 {
			t.Errorf("seed %d: %v: too few to test anything", seed, counts)
		}
		for _, input := range []string{path, fmt.Sprintf("demo:?speed=0&count=%d&%s", n, parameters)} {
			r := run1(t, "", "-input", input, "-rules", demoRules, "-cancelled", "-", "-quiet")
			if r.status != 0 {
				t.Fatalf("%s: status %d: %s", input, r.status, r.stderr)
			}
			got := outcomesByOrder(t, r.stdout)
			for id := range got {
				if _, ok := want[id]; !ok {
					delete(got, id) // an order that the end of the log may cut
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: (-the truth +told)\n%.2000s", input, diff)
			}
		}
	}
}

// outcomesByOrder returns the outcomes of lines, in their order, by order id.
func outcomesByOrder(t *testing.T, text string) map[string]string {
	t.Helper()
	told := map[string]string{}
	for line := range bytes.Lines([]byte(text)) {
		var o struct{ Outcome, OrderID string }
		if err := json.Unmarshal(line, &o); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		told[o.OrderID] = strings.TrimSpace(told[o.OrderID] + " " + o.Outcome)
	}
	return told
}
