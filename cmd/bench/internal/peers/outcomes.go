package peers

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
)

// outcome is what became of an order, as both ordertimeout and Flink report it.
type outcome struct {
	kind            string // success or timeout
	userID, orderID string
	startedAt, at   int64 // at: paid, or the deadline; milliseconds
}

// outcomes are those of a run. A large part of the memory of this process would
// count as that of the next one that it starts: Linux hands the peak on. So it
// keeps no text.
type outcomes struct {
	hashes       []uint64
	begun, ended []int64
}

// compare returns an error where the jobs have not the same outcomes as the first
// of them, and how many orders were open at a time at most.
func compare(jobs []Job) (open int, err error) {
	want, err := readOutcomes(jobs[0].Out)
	if err != nil {
		return 0, err
	}
	for _, j := range jobs[1:] {
		got, err := readOutcomes(j.Out)
		if err != nil {
			return 0, err
		}
		if missing, extra := differences(want.hashes, got.hashes); missing+extra > 0 {
			return 0, fmt.Errorf("%s and %s differ in %d outcomes: of %d and %d, %d are only of the first and %d only of the second",
				jobs[0].Name, j.Name, missing+extra, len(want.hashes), len(got.hashes), missing, extra)
		}
	}
	return peakOpen(want.begun, want.ended), nil
}

// readOutcomes reads the files success.* and timeout.* of a folder; where one of
// them is a folder, as on runners whose workers are elsewhere, its files *.jsonl.
func readOutcomes(dir string) (outcomes, error) {
	var all outcomes
	for _, kind := range []string{"success", "timeout"} {
		paths, err := filepath.Glob(filepath.Join(dir, kind+".*"))
		if err != nil {
			return all, err
		}
		if paths, err = inFolders(paths); err != nil {
			return all, err
		}
		for _, path := range paths {
			if err := all.read(kind, path); err != nil {
				return all, err
			}
		}
	}
	slices.Sort(all.hashes)
	return all, nil
}

// inFolders returns the paths, but of a folder its files *.jsonl.
func inFolders(paths []string) (files []string, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		found := []string{path}
		if info.IsDir() {
			if found, err = filepath.Glob(filepath.Join(path, "*.jsonl")); err != nil {
				return nil, err
			}
		}
		files = append(files, found...)
	}
	return files, nil
}

func (all *outcomes) read(kind, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		o, err := parseOutcome(kind, lines.Text())
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		all.hashes = append(all.hashes, xxhash.Sum64String(fmt.Sprintf("%s %q %q %d %d", o.kind, o.userID, o.orderID, o.startedAt, o.at)))
		all.begun, all.ended = append(all.begun, o.startedAt), append(all.ended, o.at)
	}
	return lines.Err()
}

// parseOutcome reads a line of ordertimeout, which is JSON, or of a Flink job, which
// is the user, the order, and two times in milliseconds, with tabs between.
func parseOutcome(kind, line string) (outcome, error) {
	if strings.HasPrefix(line, "{") {
		return parseJSON(kind, line)
	}
	fields := strings.Split(line, "\t")
	if len(fields) != 4 {
		return outcome{}, fmt.Errorf("got %q, want user, order and two times", line)
	}
	o := outcome{kind: kind, userID: fields[0], orderID: fields[1]}
	var err error
	if o.startedAt, err = strconv.ParseInt(fields[2], 10, 64); err == nil {
		o.at, err = strconv.ParseInt(fields[3], 10, 64)
	}
	if err != nil {
		return outcome{}, fmt.Errorf("got %q, want two times in milliseconds: %w", line, err)
	}
	return o, nil
}

func parseJSON(kind, line string) (outcome, error) {
	var o struct {
		Outcome, UserID, OrderID     string
		StartedAt, EndedAt, Deadline time.Time
	}
	if err := json.Unmarshal([]byte(line), &o); err != nil {
		return outcome{}, fmt.Errorf("%q: %w", line, err)
	}
	if o.Outcome != kind {
		return outcome{}, fmt.Errorf("got a %q, want only a %s: %s", o.Outcome, kind, line)
	}
	at := o.Deadline
	if kind == "success" {
		at = o.EndedAt
	}
	return outcome{kind, o.UserID, o.OrderID, o.StartedAt.UnixMilli(), at.UnixMilli()}, nil
}

// differences counts what is in only one of two sorted lists, as often as it is.
func differences(a, b []uint64) (onlyA, onlyB int) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a, onlyA = a[1:], onlyA+1
		case b[0] < a[0]:
			b, onlyB = b[1:], onlyB+1
		default:
			a, b = a[1:], b[1:]
		}
	}
	return onlyA + len(a), onlyB + len(b)
}

// peakOpen returns how many orders were open at a time at most. It sorts the times.
func peakOpen(begun, ended []int64) int {
	slices.Sort(begun)
	slices.Sort(ended)
	peak, over := 0, 0
	for i, now := range begun {
		for over < len(ended) && ended[over] <= now {
			over++
		}
		peak = max(peak, i+1-over)
	}
	return peak
}
