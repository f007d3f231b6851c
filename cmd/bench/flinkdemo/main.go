// Command flinkdemo runs ordertimeout on Apache Flink: it fetches Beam's job server
// with Maven, starts it on free ports of this machine, runs the pipeline on the test
// log there, and compares the outcomes with those of the embedded runner.
//
//	go run -C cmd/bench ./flinkdemo
//	go run -C cmd/bench ./flinkdemo -input 'demo:?count=100000&speed=0&start=2026-01-01T00:00:00Z' -quiet
//
// A path of -input counts from the root of the repository. It wants Java 17 and Maven.
// Everything that it has started is stopped at the end.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"ordertimeout/cmd/bench/internal/product"
	"ordertimeout/cmd/internal/jobserver"
)

// settings is what the flags say.
type settings struct {
	input       string
	parallelism int
	quiet       bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	set, err := parse(os.Args[1:])
	if err == nil {
		err = demo(ctx, set, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "flinkdemo:", err)
		os.Exit(1)
	}
}

func parse(args []string) (settings, error) {
	var set settings
	flags := flag.NewFlagSet("flinkdemo", flag.ExitOnError)
	flags.StringVar(&set.input, "input", "testdata/orders.jsonl", "input of ordertimeout, which ends")
	flags.IntVar(&set.parallelism, "parallelism", 2, "Flink's parallelism")
	flags.BoolVar(&set.quiet, "quiet", false, "do not print the outcomes")
	if err := flags.Parse(args); err != nil {
		return set, err
	}
	if flags.NArg() > 0 {
		return set, fmt.Errorf("%q: want flags only", flags.Arg(0))
	}
	if set.parallelism < 1 {
		return set, fmt.Errorf("-parallelism %d: want at least 1", set.parallelism)
	}
	return set, nil
}

func demo(ctx context.Context, set settings, out io.Writer) error {
	root, err := product.Root(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "ordertimeout-flinkdemo")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintln(out, "Fetching the job server with Maven, where it is not here already; building ordertimeout.")
	lib, err := jobserver.Build(ctx, filepath.Join(root, "testdata", "flink"))
	if err != nil {
		return err
	}
	if err := product.Build(ctx, root, dir, "ordertimeout"); err != nil {
		return err
	}
	server, err := jobserver.Start(ctx, lib, jobserver.Config{Dir: filepath.Join(dir, "flink")})
	if err != nil {
		return err
	}
	defer server.Stop()
	c := command{path: filepath.Join(dir, "ordertimeout"), folder: root, out: out}
	return c.compare(ctx, set, server.Endpoint)
}

// command is ordertimeout, and where it is run.
type command struct {
	path   string
	folder string
	out    io.Writer // gets what there is to read
}

// compare runs the command on Flink and on the embedded runner, and returns an error
// where the outcomes are not the same.
func (c command) compare(ctx context.Context, set settings, endpoint string) error {
	flags := []string{"-runner", "flink", "-endpoint", endpoint, "-environment_type", "LOOPBACK", "-parallelism", fmt.Sprint(set.parallelism)}
	fmt.Fprintf(c.out, "\nordertimeout -input %s %s\n", set.input, strings.Join(flags, " "))
	onFlink, err := c.run(ctx, set, flags...)
	if err != nil {
		return err
	}
	if !set.quiet {
		fmt.Fprint(c.out, strings.Join(onFlink, ""))
	}
	fmt.Fprintf(c.out, "\nordertimeout -input %s\n", set.input)
	embedded, err := c.run(ctx, set)
	if err != nil {
		return err
	}
	if !slices.Equal(onFlink, embedded) {
		return fmt.Errorf("%d outcomes on Flink and %d on the embedded runner, which are not the same", len(onFlink), len(embedded))
	}
	fmt.Fprintf(c.out, "\nThe same %d outcomes, byte for byte.\n", len(onFlink))
	return nil
}

// run runs the command and returns its outcomes, sorted.
func (c command) run(ctx context.Context, set settings, flags ...string) ([]string, error) {
	cmd := exec.CommandContext(ctx, c.path, append([]string{"-input", set.input}, flags...)...)
	cmd.Dir = c.folder
	var stdout bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, c.out
	if err := errors.Join(cmd.Run(), ctx.Err()); err != nil {
		return nil, fmt.Errorf("ordertimeout: %w", err)
	}
	return slices.Sorted(strings.Lines(stdout.String())), nil
}
