package peers

import (
	"bufio"
	"bytes"
	"cmp"
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
	startedAt, at   int64  // at: of the last event, or the deadline; milliseconds
	taken           string // of a success, where matches are compared by their events: see steps
}

// outcomes are those of a run. A large part of the memory of this process would
// count as that of the next one that it starts: Linux hands the peak on. So it
// keeps no text.
type outcomes struct {
	hashes       []uint64 // of all of them
	begun, ended []int64
	// Of the successes the hashes of their runs, and of the timeouts those with their own.
	matched  []uint64
	timeouts []timeout
	// matches and timedOut count those that are compared.
	matches, timedOut int
}

// timeout is one, by hashes.
type timeout struct{ run, whole uint64 }

// compare returns an error where the jobs have not the same outcomes as the first
// of them, and what those are; byEvents says that matches are compared by their events.
func compare(jobs []Job, byEvents bool) (found, error) {
	want, err := readOutcomes(jobs[0], byEvents)
	if err != nil {
		return found{}, err
	}
	for _, j := range jobs[1:] {
		got, err := readOutcomes(j, byEvents)
		if err != nil {
			return found{}, err
		}
		if missing, extra := differences(want.hashes, got.hashes); missing+extra > 0 {
			return found{}, fmt.Errorf("%s and %s differ in %d outcomes: of %d and %d, %d are only of the first and %d only of the second",
				jobs[0].Name, j.Name, missing+extra, len(want.hashes), len(got.hashes), missing, extra)
		}
	}
	return found{matches: want.matches, timeouts: want.timedOut, open: peakOpen(want.begun, want.ended)}, nil
}

// found is what there is in a log.
type found struct {
	matches, timeouts int
	open              int // orders between their first event and their outcome, at a time at most
}

// describe says what was found of a question.
func (f found) describe(q Question) string {
	if q.Branches { // a run may have several matches, and be open after them
		return fmt.Sprintf("%d matches, %d timeouts", f.matches, f.timeouts)
	}
	return fmt.Sprintf("%d matches, %d timeouts, up to %d orders open", f.matches, f.timeouts, f.open)
}

// readOutcomes reads the files success.* and timeout.* of a job's folder; where one of
// them is a folder, as on runners whose workers are elsewhere, its files *.jsonl.
func readOutcomes(j Job, byEvents bool) (outcomes, error) {
	var all outcomes
	for _, kind := range []string{"success", "timeout"} {
		paths, err := filepath.Glob(filepath.Join(j.Out, kind+".*"))
		if err != nil {
			return all, err
		}
		if paths, err = inFolders(paths); err != nil {
			return all, err
		}
		for _, path := range paths {
			if err := all.read(kind, path, byEvents); err != nil {
				return all, err
			}
		}
	}
	if j.Branches {
		all.joinBranches()
	}
	all.matches, all.timedOut = len(all.matched), len(all.timeouts)
	for _, t := range all.timeouts {
		all.hashes = append(all.hashes, t.whole)
	}
	slices.Sort(all.hashes)
	return all, nil
}

// joinBranches leaves of the timeouts of a run's branches one, and none where the run has
// given a match.
func (all *outcomes) joinBranches() {
	slices.Sort(all.matched)
	slices.SortFunc(all.timeouts, func(a, b timeout) int {
		return cmp.Or(cmp.Compare(a.run, b.run), cmp.Compare(a.whole, b.whole))
	})
	all.timeouts = slices.DeleteFunc(slices.Compact(all.timeouts), func(t timeout) bool {
		_, matched := slices.BinarySearch(all.matched, t.run)
		return matched
	})
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

func (all *outcomes) read(kind, path string, byEvents bool) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		o, err := parseOutcome(kind, lines.Text(), byEvents)
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		run := xxhash.Sum64String(fmt.Sprintf("%q %q %d", o.userID, o.orderID, o.startedAt))
		whole := xxhash.Sum64String(fmt.Sprintf("%s %q %q %d %d %s", o.kind, o.userID, o.orderID, o.startedAt, o.at, o.taken))
		if kind == "success" {
			all.hashes, all.matched = append(all.hashes, whole), append(all.matched, run)
		} else {
			all.timeouts = append(all.timeouts, timeout{run, whole})
		}
		all.begun, all.ended = append(all.begun, o.startedAt), append(all.ended, o.at)
	}
	return lines.Err()
}

// parseOutcome reads a line of ordertimeout, which is JSON, or of a Flink job, which
// is the user, the order, and two times in milliseconds, with tabs between; and of a
// match of more than two events the events.
func parseOutcome(kind, line string, byEvents bool) (outcome, error) {
	if strings.HasPrefix(line, "{") {
		return parseJSON(kind, line, byEvents)
	}
	fields := strings.Split(line, "\t")
	if byEvents && kind == "success" {
		if len(fields) != 5 {
			return outcome{}, fmt.Errorf("got %q, want user, order, two times and events", line)
		}
	} else if len(fields) != 4 {
		return outcome{}, fmt.Errorf("got %q, want user, order and two times", line)
	}
	o := outcome{kind: kind, userID: fields[0], orderID: fields[1]}
	if len(fields) == 5 {
		o.taken = joinSteps(strings.Split(strings.TrimSuffix(fields[4], ";"), ";"))
	}
	var err error
	if o.startedAt, err = strconv.ParseInt(fields[2], 10, 64); err == nil {
		o.at, err = strconv.ParseInt(fields[3], 10, 64)
	}
	if err != nil {
		return outcome{}, fmt.Errorf("got %q, want two times in milliseconds: %w", line, err)
	}
	return o, nil
}

func parseJSON(kind, line string, byEvents bool) (outcome, error) {
	var o struct {
		Outcome, UserID, OrderID     string
		StartedAt, EndedAt, Deadline time.Time
		Events                       map[string]json.RawMessage
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
	parsed := outcome{kind: kind, userID: o.UserID, orderID: o.OrderID, startedAt: o.StartedAt.UnixMilli(), at: at.UnixMilli()}
	if byEvents && kind == "success" {
		var err error
		if parsed.taken, err = takenOf(o.Events); err != nil {
			return outcome{}, fmt.Errorf("%q: %w", line, err)
		}
	}
	return parsed, nil
}

// takenOf returns the events of a match as joinSteps does: those of a step are an object,
// or a list of them.
func takenOf(events map[string]json.RawMessage) (string, error) {
	var steps []string
	for name, text := range events {
		if !bytes.HasPrefix(text, []byte("[")) {
			text = slices.Concat([]byte("["), text, []byte("]"))
		}
		var list []struct{ Time time.Time }
		if err := json.Unmarshal(text, &list); err != nil {
			return "", err
		}
		for _, e := range list {
			name += " " + strconv.FormatInt(e.Time.UnixMilli(), 10)
		}
		steps = append(steps, name)
	}
	return joinSteps(steps), nil
}

// joinSteps makes one text of the steps of a match, in any order: each is its name and the
// times of its events.
func joinSteps(steps []string) string {
	slices.Sort(steps)
	return strings.Join(steps, ";")
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
