package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// figures are those of one run, of the whole process.
type figures struct {
	rate   float64 // events a second
	cpu    float64 // CPU seconds per million events, of user and system
	memory float64 // peak of the resident set, in MiB
}

// run writes the log of the point, runs ordertimeout on it, and adds its figures.
//
// The outcomes go to /dev/null: they are made and written, but the disk, which
// would have to take 11 GB of them for the longest log, is not measured. The logs
// are of a fixed day, which may be in the future: -max-ahead 0.
func (p *point) run(ctx context.Context, dir string) error {
	log, summary := filepath.Join(dir, "orders.jsonl"), filepath.Join(dir, "summary.json")
	if err := command(ctx, filepath.Join(dir, "orderlog"), "-n", strconv.Itoa(p.events), "-o", log,
		"-rate", strconv.FormatFloat(p.rate, 'f', -1, 64), "-within", p.within.String(),
		"-users", strconv.Itoa(p.users), "-hot", strconv.FormatFloat(p.hot, 'f', -1, 64)); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "ordertimeout"), "-quiet", "-input", log, "-within", p.within.String(),
		"-max-ahead", "0", "-success", os.DevNull, "-timeouts", os.DevNull, "-summary", summary)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	err := errors.Join(cmd.Run(), ctx.Err()) // ordertimeout ends well when it is interrupted
	seconds := time.Since(start).Seconds()
	if err != nil {
		return fmt.Errorf("ordertimeout: %w\n%s", err, stderr.Bytes())
	}
	memory, err := peakMemory(cmd.ProcessState)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(summary)
	if err != nil {
		return err
	}
	if p.open, err = parseSummary(text, p.events); err != nil {
		return err
	}
	cpu := (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	p.runs = append(p.runs, figures{rate: float64(p.events) / seconds, cpu: cpu / (float64(p.events) / 1e6), memory: memory})
	return nil
}

// peakMemory returns the largest resident set of a process that has ended, in MiB.
// On Linux it begins with that of the process that started it, this one: a peak
// that is no higher says nothing.
func peakMemory(ended *os.ProcessState) (float64, error) {
	usage, ok := ended.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, errors.New("this system does not tell a process's memory")
	}
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return 0, err
	}
	if usage.Maxrss <= own.Maxrss {
		return 0, fmt.Errorf("peak memory %d KiB, want more than the %d KiB of this program", usage.Maxrss, own.Maxrss)
	}
	return float64(usage.Maxrss) / 1024, nil
}

// parseSummary returns how many orders were open at the end, from the summary of a
// run. It has to have read all events of its log, and to have found none at fault.
func parseSummary(text []byte, events int) (open int64, err error) {
	var n struct {
		Read, Late, Malformed int64
		Open                  *int64
	}
	if err := json.Unmarshal(text, &n); err != nil {
		return 0, fmt.Errorf("summary of ordertimeout: %w", err)
	}
	if n.Open == nil || n.Read != int64(events) || n.Late+n.Malformed > 0 {
		return 0, fmt.Errorf("summary of ordertimeout: got %s, want open orders and %d events read, none of them late or malformed",
			bytes.TrimSpace(text), events)
	}
	return *n.Open, nil
}

// command runs a command whose output matters only where it fails.
func command(ctx context.Context, name string, args ...string) error {
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, out)
	}
	return nil
}
