// Command rules measures what several rules cost over one stream: the CPU of a run with ten
// rules, where each event concerns one of them, beside that of a run with one rule whose events
// are as many.
//
//	go run -C cmd/bench ./rules
//	go run -C cmd/bench ./rules -events 200000 -rules 100 -rounds 3
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"ordertimeout/cmd/bench/internal/machine"
	"ordertimeout/cmd/bench/internal/product"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c config
	flag.IntVar(&c.events, "events", 1_000_000, "events of the log")
	flag.IntVar(&c.rules, "rules", 10, "rules")
	flag.IntVar(&c.rounds, "rounds", 5, "runs of each")
	flag.Parse()
	if err := c.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "rules:", err)
		os.Exit(1)
	}
}

// config are the settings.
type config struct{ events, rules, rounds int }

func (c config) run(ctx context.Context) error {
	if c.events < 1 || c.rules < 1 || c.rounds < 1 {
		return fmt.Errorf("%d events, %d rules, %d rounds: want one of each at least", c.events, c.rules, c.rounds)
	}
	root, err := product.Root(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "rules")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := product.Build(ctx, root, dir, "ordertimeout"); err != nil {
		return err
	}
	var seconds [2][]float64 // with one rule, and with all
	for i, rules := range []int{1, c.rules} {
		if err := c.write(dir, rules); err != nil {
			return fmt.Errorf("log %d: %w", i, err)
		}
	}
	for range c.rounds {
		for i, rules := range []int{1, c.rules} {
			used, err := cpu(ctx, dir, rules)
			if err != nil {
				return err
			}
			seconds[i] = append(seconds[i], used)
		}
	}
	var ratios []float64
	for i := range seconds[0] {
		ratios = append(ratios, seconds[1][i]/seconds[0][i])
	}
	fmt.Printf("%d events, CPU s: one rule %.2f, %d rules %.2f: %.2f times (%.2f-%.2f)\n", c.events,
		median(seconds[0]), c.rules, median(seconds[1]), median(ratios), slices.Min(ratios), slices.Max(ratios))
	fmt.Println(machine.Describe())
	return nil
}

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}

// name returns the path of a file for so many rules.
func name(dir, what string, rules int) string {
	return filepath.Join(dir, fmt.Sprintf("%s-%d", what, rules))
}

// write writes a log of orders that are each of one rule, and the rules.
func (c config) write(dir string, rules int) error {
	log, err := os.Create(name(dir, "log", rules))
	if err != nil {
		return err
	}
	defer log.Close()
	out := bufio.NewWriterSize(log, 1<<20)
	rnd := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var open []int
	for n := range c.events {
		order, typ := n, "create"
		if len(open) > 0 && rnd.IntN(2) == 0 {
			i := rnd.IntN(len(open))
			order, typ = open[i], "pay"
			open[i] = open[len(open)-1]
			open = open[:len(open)-1]
		} else if rnd.IntN(5) > 0 {
			open = append(open, n)
		}
		if len(open) > 100_000 {
			open = open[1:]
		}
		at = at.Add(time.Millisecond)
		fmt.Fprintf(out, `{"orderId":"o%d","userId":"u%d","type":"%s%d","time":"%s"}`+"\n", order, order%100_000, typ, order%rules, at.Format("2006-01-02T15:04:05.000Z"))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	text := "rules:\n"
	for i := range rules {
		text += fmt.Sprintf("  - {name: r%d, pattern: create%d followedBy pay%d within 10m}\n", i, i, i)
	}
	return os.WriteFile(name(dir, "rules", rules)+".yaml", []byte(text), 0o666)
}

// cpu returns the CPU seconds of a run.
func cpu(ctx context.Context, dir string, rules int) (float64, error) {
	out := filepath.Join(dir, "out.jsonl")
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "ordertimeout"), "-quiet", "-input", name(dir, "log", rules), "-rules", name(dir, "rules", rules)+".yaml", "-success", out, "-timeouts", out, "-format", "jsonl")
	if text, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%w: %s", err, text)
	}
	return (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), nil
}
