package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ordertimeout/pipeline"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/process"
)

// classesOf returns the counters of what became of each input, in the order of the summary.
func classesOf(p pipeline.Plan) []string {
	classes := []string{"started", "advanced", "duplicate", "orphan", "other", "late", "malformed", "returned"}
	if p.Resolves() {
		classes = slices.Insert(classes, 4, "resolved")
	}
	return classes
}

// endsOf returns the counters of what became of each run, in the order of the summary. Those
// of a plain pattern end in three ways, and a success is one of them.
func endsOf(p pipeline.Plan) []string {
	if p.Plain() {
		return []string{count.Success, count.Timeout, count.Broken, count.Open}
	}
	return []string{count.Matched, count.Timeout, count.Broken, count.Cancelled, count.Skipped, count.Overflow, count.Open}
}

// countersOf returns all counters of the summary in its order.
func countersOf(p pipeline.Plan) []string {
	names := slices.Concat([]string{count.Read}, classesOf(p))
	if p.Plain() {
		names = append(names, endsOf(p)...)
	} else {
		names = append(append(append(names, count.Success), endsOf(p)...), count.ConditionErrors)
	}
	if p.Carries() {
		names = append(names, count.CarriedIn, count.CarriedOut, count.OpenAtStart)
	}
	return names
}

// sides are the two sides of a line of the summary, which are to be the same sum.
type sides struct {
	what        string // what the first counter counts
	whole, part []string
}

// sidesOf returns the sides of the events and of the runs. With a carry file there is on
// each what was carried.
func sidesOf(p pipeline.Plan) (events, runs sides) {
	classes := classesOf(p)
	events = sides{"events read", []string{count.Read}, classes}
	runs = sides{"orders started", []string{"started"}, endsOf(p)}
	if p.Carries() {
		events.whole = append(events.whole, count.CarriedIn)
		events.part = slices.Concat(classes, []string{count.CarriedOut})
		runs.whole = append(runs.whole, count.OpenAtStart)
	}
	return events, runs
}

// carriedWords are what the summary calls counters whose names are more than one word.
var carriedWords = map[string]string{count.CarriedIn: "carried in", count.CarriedOut: "carried out", count.OpenAtStart: "open at the start"}

// report writes the summary. Figures that do not add up are an error: something
// was lost or counted twice. So is a run that read lines and understood none, or that
// delivered nothing of what was due: whoever runs it looks at the status alone.
func report(counters map[string]int64, o options, run *process.Run, log journal) error {
	events, started := sidesOf(o.plan)
	inputs, inputsErr := events.balance(counters)
	runs, runsErr := started.balance(counters)
	matches, matchesErr := matchesOf(o.plan, counters)
	if !o.quiet {
		object, err := summaryOf(countersOf(o.plan), counters)
		if err != nil {
			return err
		}
		log.summary(fmt.Sprintf("%s\n%s\n%s", inputs, runs, matches), object, inputsErr == nil && runsErr == nil && matchesErr == nil)
	}
	if (inputsErr != nil || runsErr != nil || matchesErr != nil) && o.countsInPart() {
		log.warn("the figures are those since the job was last restored from a checkpoint")
		inputsErr, runsErr, matchesErr = nil, nil, nil
	}
	var failed error
	if !o.failed { // else there is a reason that says more
		failed = nothingWorked(counters, o, run)
	}
	if n := counters[count.Undelivered]; n > 0 && failed == nil && !o.failed {
		log.warn("%d outcomes were refused by a webhook: see -rejects", n)
	}
	if n := counters[count.Left]; n > 0 {
		log.warn("%d messages were left to the next run, which makes them again", n)
	}
	if o.verbose {
		log.plain(fmt.Sprintf("%d state calls, %d bytes of state written\n", counters[count.StateCalls], counters[count.StateBytes]))
		if p := run.Tally().Pauses(); p.Count > 0 {
			log.plain(fmt.Sprintf("%d carry points: nothing was read for %v of half of them, %v of 99 in 100, %v at most; the file has %d bytes\n",
				p.Count, p.Half, p.Most, p.Longest, run.Counters()[count.CarryBytes]))
		}
	}
	if n := counters[count.January1970]; n > 0 && n == counters[count.IntegerTimes] && o.config.TimeUnit == time.Millisecond {
		log.warn("every integer time reads as January 1970: are they seconds? Then use -time-unit s")
	}
	if !o.quiet {
		for _, line := range advise(counters, o, run, failed != nil || o.failed) {
			log.warn("%s", line)
		}
	}
	return errors.Join(inputsErr, runsErr, matchesErr, failed, writeSummary(o.summary, countersOf(o.plan), counters))
}

// countsInPart reports whether the counters may lack what was before: Flink counts
// anew when it restores a job, which it does by itself on a cluster.
func (o options) countsInPart() bool {
	return o.config.Runner == pipeline.RunnerFlink && (!o.config.Loopback || o.flink.Resume != "")
}

// matchesOf returns a line that says how many matches a pattern with every has given, which
// may be several a run. Of another pattern it returns none, and an error where there is not
// one for each run that matched.
func matchesOf(p pipeline.Plan, counters map[string]int64) (string, error) {
	matched, success := counters[count.Matched], counters[count.Success]
	switch {
	case p.Pattern.Every:
		return fmt.Sprintf("%d matches given by %d orders\n", success, matched), nil
	case matched != success:
		return "", fmt.Errorf("the figures do not add up: %d orders matched, but there are %d matches", matched, success)
	}
	return "", nil
}

// balance returns a line of the summary, and an error if its sides are not the same.
func (s sides) balance(counters map[string]int64) (string, error) {
	whole, left := total(s.whole, counters)
	part, right := total(s.part, counters)
	left = strings.Replace(left, s.whole[0], s.what, 1)
	line := left + " = " + right
	if whole != part {
		return line, fmt.Errorf("the figures do not add up: %s, but the parts are %d", left, part)
	}
	return line + " (adds up)", nil
}

// total returns the sum of counters, and how it is written.
func total(names []string, counters map[string]int64) (sum int64, text string) {
	var list []string
	for _, name := range names {
		sum += counters[name]
		list = append(list, fmt.Sprintf("%d %s", counters[name], cmp.Or(carriedWords[name], name)))
	}
	return sum, strings.Join(list, " + ")
}

// writeSummary writes the counters with these names to standard output ("-"), a file, or nowhere
// ("none") as one line, a JSON object in the order of the summary.
func writeSummary(target string, names []string, counters map[string]int64) error {
	if target == localfile.None {
		return nil
	}
	b, err := summaryOf(names, counters)
	if err == nil {
		err = localfile.WriteWhole(target, append(b, '\n'))
	}
	if err != nil {
		return fmt.Errorf("-summary: %w", err)
	}
	return nil
}

// summaryOf returns the counters with these names as a JSON object, in their order.
func summaryOf(names []string, counters map[string]int64) (json.RawMessage, error) {
	b := []byte("{")
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		b = fmt.Appendf(append(b, key...), ":%d", counters[name])
	}
	return append(b, '}'), nil
}
