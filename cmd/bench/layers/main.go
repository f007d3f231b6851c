// Command layers measures single layers, and whole runs of ordertimeout on logs of
// orderlog, and prints tables: nanoseconds per event of a layer; events per
// second, CPU seconds per million events, peak memory, and calls of state per
// event of a run; and what patterns cost that have the same outcomes.
//
//	go run -C cmd/bench ./layers
//	go run -C cmd/bench ./layers -patterns
//
// It builds both commands, writes its logs to a temporary folder, and runs each
// case several times; the figures are medians. Run it on a quiet machine, and
// compare figures of one run only.
package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"ordertimeout/cmd/bench/internal/machine"
	"ordertimeout/cmd/bench/internal/product"
)

func main() {
	events := flag.Int("events", 2_000_000, "events of the first case")
	rounds := flag.Int("rounds", 3, "runs of each case")
	patternsOnly := flag.Bool("patterns", false, "measure what patterns cost alone")
	flag.Parse()
	if err := bench(context.Background(), *events, *rounds, *patternsOnly); err != nil {
		fmt.Fprintln(os.Stderr, "bench/layers:", err)
		os.Exit(1)
	}
}

// load is a case: a log, and the window that decides how many orders are open.
type load struct {
	name   string
	events int
	within time.Duration
	log    []string // more flags of orderlog
}

// figures are those of one run.
type figures struct {
	seconds, cpu float64
	memory       int64  // peak, in bytes
	calls        int64  // of state
	runs         string // the line of the summary that says what became of them
}

func bench(ctx context.Context, events, rounds int, patternsOnly bool) error {
	root, err := product.Root(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "ordertimeout-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := product.Build(ctx, root, dir, "ordertimeout", "bench/orderlog"); err != nil {
		return err
	}
	fmt.Printf("%s, medians of %d rounds\n\n", machine.Describe(), rounds)
	if patternsOnly {
		return benchPatterns(dir, events, rounds)
	}
	if err := benchLayers(root); err != nil {
		return err
	}
	if err := benchLogs(dir, events, rounds); err != nil {
		return err
	}
	fmt.Println()
	return benchPatterns(dir, events, rounds)
}

// benchLogs runs the default pattern on several logs, and prints a table.
func benchLogs(dir string, events, rounds int) error {
	fmt.Println("| log | events | events/s | CPU s per million | peak memory | state calls per event |")
	fmt.Println("|---|---:|---:|---:|---:|---:|")
	for _, l := range []load{
		{"10 minutes, about 130,000 orders open", events, 10 * time.Minute, nil},
		{"10 times the events", 10 * events, 10 * time.Minute, nil},
		{"10 times the open orders", events, 100 * time.Minute, nil},
		{"a tenth of the events from one user", events, 10 * time.Minute, []string{"-hot", "0.1"}},
	} {
		if err := l.measure(dir, rounds); err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
	}
	return nil
}

// write writes the load's log.
func (l load) write(dir, input string) error {
	args := append([]string{"-n", strconv.Itoa(l.events), "-within", l.within.String(), "-o", input}, l.log...)
	if out, err := exec.Command(filepath.Join(dir, "orderlog"), args...).CombinedOutput(); err != nil {
		return fmt.Errorf("orderlog: %w: %s", err, out)
	}
	return nil
}

// measure writes the load's log, runs it in rounds, and prints a row.
func (l load) measure(dir string, rounds int) error {
	input := filepath.Join(dir, "orders.jsonl")
	if err := l.write(dir, input); err != nil {
		return err
	}
	var all []figures
	for range rounds {
		f, err := l.run(dir, input, "-within", l.within.String())
		if err != nil {
			return err
		}
		all = append(all, f)
	}
	fmt.Printf("| %s | %d | %.0f | %.1f | %.0f MiB | %.4f |\n", l.name, l.events,
		float64(l.events)/median(all, func(f figures) float64 { return f.seconds }),
		median(all, func(f figures) float64 { return f.cpu })/float64(l.events)*1e6,
		median(all, func(f figures) float64 { return float64(f.memory) })/(1<<20),
		median(all, func(f figures) float64 { return float64(f.calls) })/float64(l.events))
	return nil
}

// run is one run with some flags, timed from the start of the process to its end.
func (l load) run(dir, input string, flags ...string) (figures, error) {
	cmd := exec.Command(filepath.Join(dir, "ordertimeout"), append([]string{"-input", input, "-max-ahead", "0",
		"-success", filepath.Join(dir, "success.jsonl"), "-timeouts", filepath.Join(dir, "timeouts.jsonl"), "-v"}, flags...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return figures{}, fmt.Errorf("ordertimeout: %w: %s", err, stderr.Bytes())
	}
	f := figures{seconds: time.Since(start).Seconds()}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return f, errors.New("this system does not tell a process's memory")
	}
	f.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	f.memory = usage.Maxrss << 10
	for line := range bytes.Lines(stderr.Bytes()) {
		if bytes.Contains(line, []byte(" orders started = ")) {
			f.runs = string(bytes.TrimSpace(line))
		}
		if n, err := fmt.Sscanf(string(line), "%d state calls", &f.calls); n == 1 && err == nil {
			return f, nil
		}
	}
	return f, errors.New("ordertimeout -v does not tell its state calls")
}

func median(all []figures, of func(figures) float64) float64 {
	slices.SortFunc(all, func(a, b figures) int { return cmp.Compare(of(a), of(b)) })
	return of(all[len(all)/2])
}
