package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ordertimeout/transforms/cep/ceptest"
)

// A log of events that are late, repeated and together, cut anywhere and carried on by a file,
// with stops and kills at random moments, has the outcomes that the model gives for each rule
// of a random file: each once.
func TestEndsOfALogOfRules(t *testing.T) {
	files := 8 * *rounds
	if testing.Short() {
		files = 4
	}
	told, kills := map[string]int{}, 0
	for range files {
		seed := rand.Uint64()
		rnd := rand.New(rand.NewPCG(seed, 5))
		c := newCarriedRules(t, rnd)
		log := c.rules.log(rnd, 60, noonMillis, 10)
		kills += c.runPieces(rnd, log)
		stamped, last := ceptest.Stamp(log, c.disorder, 0)
		c.check(c.rules.want(t, stamped, ceptest.Cut(last-c.disorder)), told)
		if t.Failed() {
			t.Fatalf("seed %d, disorder %d:\n%s", seed, c.disorder, c.rules.file)
		}
	}
	t.Logf("%d kills and stops, outcomes: %v", kills, told)
}

const noonMillis = int64(1772366400000)

// carriedRules are runs of random rules one after the other, with one carry file.
type carriedRules struct {
	*testing.T
	dir      string
	rules    randomRules
	disorder int64
	inputs   []string
	kills    int // each of which may have torn the last line of a file
}

func newCarriedRules(t *testing.T, rnd *rand.Rand) *carriedRules {
	t.Helper()
	c := &carriedRules{T: t, dir: t.TempDir(), rules: newRandomRules(t, rnd, 1000), disorder: []int64{0, 3000, 30_000}[rnd.IntN(3)]}
	write(t, c.dir, "rules.yaml", c.rules.file)
	return c
}

// runPieces runs the command over a log that becomes longer, and over more files, and
// returns how many of the runs were ended on their way.
func (c *carriedRules) runPieces(rnd *rand.Rand, log []ceptest.Event) (ends int) {
	c.Helper()
	for rest := log; len(rest) > 0; {
		n := min(len(rest), 1+rnd.IntN(len(log)/2))
		if len(c.inputs) == 0 || rnd.IntN(2) == 0 {
			c.inputs = append(c.inputs, fmt.Sprintf("%s/part%d", c.dir, len(c.inputs)))
		}
		c.append(c.inputs[len(c.inputs)-1], rest[:n])
		rest = rest[n:]
		for range rnd.IntN(3) {
			ends++
			p := start(c.T, nil, c.args(rnd)...)
			signal := []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM}[rnd.IntN(2)]
			if signal == syscall.SIGKILL {
				c.kills++
			}
			time.AfterFunc(time.Duration(rnd.IntN(250))*time.Millisecond, func() { _ = p.cmd.Process.Signal(signal) }) // it may have ended
			r := p.wait()
			if p.cmd.ProcessState.Exited() && r.status != exitOK {
				c.Fatalf("%v: status %d: %s", signal, r.status, r.stderr)
			}
		}
		r := run1(c.T, "", c.args(rnd)...)
		if want := 2 * len(c.rules.rules); r.status != exitOK || strings.Count(r.stderr, "(adds up)") != want {
			c.Fatalf("status %d, want %d figures that add up: %s", r.status, want, r.stderr)
		}
	}
	return ends
}

func (c *carriedRules) append(path string, log []ceptest.Event) {
	c.Helper()
	var text strings.Builder
	for _, e := range log {
		text.WriteString(e.Data + "\n")
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err == nil {
		_, err = f.WriteString(text.String())
		f.Close()
	}
	if err != nil {
		c.Fatal(err)
	}
}

// args are the flags of a run. What does not matter is by chance.
func (c *carriedRules) args(rnd *rand.Rand) []string {
	args := []string{
		"-rules", c.dir + "/rules.yaml", "-carry", c.dir + "/carry", "-carry-every", []string{"5ms", "10s"}[rnd.IntN(2)], "-disorder", millis(c.disorder).String(), "-max-jump", "0",
		"-shards", fmt.Sprint(1 + rnd.IntN(9)), "-tick", []string{"1ms", "700ms", "1m"}[rnd.IntN(3)],
	}
	for _, flag := range c.rules.outputs() {
		args = append(args, "-"+flag, filepath.Join(c.dir, flag+".out"))
	}
	for _, input := range c.inputs {
		args = append(args, "-input", input)
	}
	return args
}

// check checks that exactly the wanted outcomes are in the files, each as often as the model
// gives it, those of different texts with different ids, and adds their kinds to what was told.
func (c *carriedRules) check(want, told map[string]int) {
	c.Helper()
	got, ids, torn := map[string]int{}, map[string]string{}, 0
	paths, _ := filepath.Glob(c.dir + "/*.out")
	for _, path := range paths {
		for line := range strings.Lines(read(c.T, path)) {
			if !json.Valid([]byte(line)) && strings.Count(line, `{"outcome":`) <= 1 {
				torn++
				continue
			}
			text, id := c.rules.told(c.T, line)
			got[text]++
			if before, ok := ids[id]; ok && before != text {
				c.Errorf("%s is the id of\n%s\nand\n%s", id, before, text)
			}
			ids[id] = text
			told[strings.Fields(text)[1]]++
		}
	}
	if torn > c.kills*len(paths) {
		c.Errorf("%d lines are torn in %d files, by %d kills", torn, len(paths), c.kills)
	}
	checkTold(c.T, want, got)
}

// checkTold compares how often each outcome was told.
func checkTold(t *testing.T, want, got map[string]int) {
	t.Helper()
	var faults []string
	for text, n := range want {
		if got[text] != n {
			faults = append(faults, fmt.Sprintf("%s: told %d times, want %d", text, got[text], n))
		}
	}
	for text, n := range got {
		if want[text] == 0 {
			faults = append(faults, fmt.Sprintf("%s: told %d times, want 0", text, n))
		}
	}
	if slices.Sort(faults); len(faults) > 0 {
		t.Errorf("%d of %d outcomes are wrong:\n%s", len(faults), len(want), strings.Join(faults[:min(len(faults), 10)], "\n"))
	}
}
