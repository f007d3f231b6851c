package main

import (
	"bytes"
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
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
	"ordertimeout/transforms/rules"
)

// classesOf returns the counters of what became of each input of a rule, in the order of the
// summary. What is malformed is so for all rules.
func classesOf(r *rules.Rule) []string {
	classes := []string{"started", "advanced", "duplicate", "orphan"}
	if r.Resolve > 0 || r.Name != "" {
		classes = append(classes, "resolved")
	}
	classes = append(classes, "other", "late")
	if r.Name == "" {
		classes = append(classes, count.Malformed)
	}
	return append(classes, count.Returned)
}

// endsOf returns the counters of what became of each run of a rule, in the order of the
// summary. Those of a plain pattern end in three ways, and a success is one of them.
func endsOf(p pipeline.Plan, r *rules.Rule) []string {
	switch {
	case r.Name != "":
		return []string{count.Matched, count.Timeout, count.Broken, count.Cancelled, count.Skipped, count.Overflow, count.Removed, count.Open}
	case p.Plain():
		return []string{count.Success, count.Timeout, count.Broken, count.Open}
	}
	return []string{count.Matched, count.Timeout, count.Broken, count.Cancelled, count.Skipped, count.Overflow, count.Open}
}

// countersOf returns the counters of a rule in the order of the summary.
func countersOf(p pipeline.Plan, r *rules.Rule) []string {
	names := slices.Concat([]string{count.Read}, classesOf(r))
	if p.Plain() && r.Name == "" {
		names = append(names, endsOf(p, r)...)
	} else {
		names = append(append(append(names, count.Success), endsOf(p, r)...), count.ConditionErrors)
	}
	if goesOn(p, r) {
		names = append(names, count.CarriedIn, count.CarriedOut, count.OpenAtStart)
	}
	return names
}

// goesOn reports whether a rule begins with what it had before, and is counted so. On a cluster
// that is known of rules alone that are forgotten.
func goesOn(p pipeline.Plan, r *rules.Rule) bool { return p.Carries() || p.Forgets(r.Name) }

// rulesOf returns all rules that something is counted of.
func rulesOf(p pipeline.Plan) []rules.Rule { return slices.Concat(p.Rules, p.Forgotten) }

// kindCounters are the counters of the kinds of outcome of a rule.
var kindCounters = []struct {
	kind    order.Kind
	counter string
}{
	{order.Success, count.Success}, {order.Timeout, count.Timeout}, {order.Reminder, count.Reminders},
	{order.Resolved, count.CalledOff}, {order.Cancelled, count.Cancelled}, {order.Started, "started"},
}

// give sets what each rule was given: all that was read and is an event. What advice goes by
// is that of the rules together: the outcomes, and the most events of a class.
func give(p pipeline.Plan, counters map[string]int64) {
	if !p.Ruled() {
		return
	}
	for _, outcome := range []string{count.Success, count.Timeout, count.Reminders, "resolved", count.Cancelled, count.ConditionErrors} {
		counters[outcome] = 0
		for i := range p.Rules {
			counters[outcome] += counters[count.Of(p.Rules[i].Name, outcome)]
		}
	}
	for i := range p.Rules {
		name := p.Rules[i].Name
		counters[count.Of(name, count.Read)] = counters[count.Read] - counters[count.Malformed]
		for _, class := range []string{"started", "advanced", "orphan", "late", count.Returned, count.CarriedIn} {
			counters[class] = max(counters[class], counters[count.Of(name, class)])
		}
	}
}

// sides are the two sides of a line of the summary, which are to be the same sum.
type sides struct {
	rule        string
	what        string // what the first counter counts
	whole, part []string
}

// sidesOf returns the sides of the events and of the runs of a rule. Where it goes on there is
// on each what was carried.
func sidesOf(p pipeline.Plan, r *rules.Rule) (events, runs sides) {
	classes := classesOf(r)
	events = sides{r.Name, "events read", []string{count.Read}, classes}
	runs = sides{r.Name, "orders started", []string{"started"}, endsOf(p, r)}
	if goesOn(p, r) {
		events.whole = append(events.whole, count.CarriedIn)
		events.part = slices.Concat(classes, []string{count.CarriedOut})
		runs.whole = append(runs.whole, count.OpenAtStart)
	}
	return events, runs
}

// lines returns the lines of the summary, and an error for each that does not add up.
func lines(p pipeline.Plan, counters map[string]int64) (text string, err error) {
	all := rulesOf(p)
	for i := range all {
		r := &all[i]
		events, runs := sidesOf(p, r)
		inputs, inputsErr := events.balance(counters)
		ends, endsErr := runs.balance(counters)
		matches, matchesErr := matchesOf(p, r, counters)
		text += fmt.Sprintf("%s\n%s\n%s", inputs, ends, matches)
		err = errors.Join(err, inputsErr, endsErr, matchesErr)
	}
	return text, err
}

// carriedWords are what the summary calls counters whose names are more than one word.
var carriedWords = map[string]string{count.CarriedIn: "carried in", count.CarriedOut: "carried out", count.OpenAtStart: "open at the start"}

// report writes the summary. Figures that do not add up are an error: something
// was lost or counted twice. So is a run that read lines and understood none, or that
// delivered nothing of what was due: whoever runs it looks at the status alone.
func report(counters map[string]int64, o options, run *process.Run, log journal) error {
	give(o.plan, counters)
	text, wrong := lines(o.plan, counters)
	object, err := summaryOf(o.plan, counters)
	if err != nil {
		return err
	}
	if !o.quiet {
		log.summary(text, object, wrong == nil)
	}
	if wrong != nil && o.countsInPart() {
		log.warn("the figures are those since the job was last restored from a checkpoint")
		wrong = nil
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
	return errors.Join(wrong, failed, writeSummary(o.summary, object))
}

// countsInPart reports whether the counters may lack what was before: Flink counts
// anew when it restores a job, which it does by itself on a cluster.
func (o options) countsInPart() bool {
	return o.config.Runner == pipeline.RunnerFlink && (!o.config.Loopback || o.flink.Resume != "")
}

// matchesOf returns a line that says how many matches a pattern with every has given, which
// may be several a run. Of another pattern it returns none, and an error where there is not
// one for each run that matched. Those that ended as their rule was forgotten have given
// theirs before.
func matchesOf(p pipeline.Plan, r *rules.Rule, counters map[string]int64) (string, error) {
	matched, success := counters[count.Of(r.Name, count.Matched)], counters[count.Of(r.Name, count.Success)]
	switch {
	case r.Pattern.Every:
		return fmt.Sprintf("%s%d matches given by %d orders\n", named(r.Name), success, matched), nil
	case matched != success && !p.Forgets(r.Name):
		return "", fmt.Errorf("%sthe figures do not add up: %d orders matched, but there are %d matches", named(r.Name), matched, success)
	}
	return "", nil
}

// named returns what a line about a rule begins with.
func named(rule string) string {
	if rule == "" {
		return ""
	}
	return rule + ": "
}

// balance returns a line of the summary, and an error if its sides are not the same.
func (s sides) balance(counters map[string]int64) (string, error) {
	whole, left := s.total(s.whole, counters)
	part, right := s.total(s.part, counters)
	left = strings.Replace(left, s.whole[0], s.what, 1)
	line := named(s.rule) + left + " = " + right
	if whole != part {
		return line, fmt.Errorf("%sthe figures do not add up: %s, but the parts are %d", named(s.rule), left, part)
	}
	return line + " (adds up)", nil
}

// total returns the sum of counters, and how it is written.
func (s sides) total(names []string, counters map[string]int64) (sum int64, text string) {
	var list []string
	for _, name := range names {
		n := counters[count.Of(s.rule, name)]
		sum += n
		list = append(list, fmt.Sprintf("%d %s", n, cmp.Or(carriedWords[name], name)))
	}
	return sum, strings.Join(list, " + ")
}

// writeSummary writes the summary to standard output ("-"), a file, or nowhere ("none") as
// one line.
func writeSummary(target string, summary json.RawMessage) error {
	if target == localfile.None {
		return nil
	}
	if err := localfile.WriteWhole(target, append(summary, '\n')); err != nil {
		return fmt.Errorf("-summary: %w", err)
	}
	return nil
}

// summaryOf returns the counters as a JSON object: of a pattern a flat one, of rules one for
// each. Rules that a run of a pattern has forgotten stand behind that.
func summaryOf(p pipeline.Plan, counters map[string]int64) (json.RawMessage, error) {
	top, all := []string{count.Read, count.Malformed}, rulesOf(p)
	if !p.Ruled() {
		top, all = countersOf(p, &p.Rules[0]), p.Forgotten
	}
	b := members(nil, top, counters)
	if len(all) == 0 {
		return b, nil
	}
	each := bytes.NewBufferString(`{`)
	for i := range all {
		r := &all[i]
		if i > 0 {
			each.WriteByte(',')
		}
		var of []string
		outcomes := map[string]int64{}
		for _, k := range kindCounters {
			of = append(of, string(k.kind))
			outcomes[string(k.kind)] = counters[count.Of(r.Name, k.counter)]
		}
		mine := map[string]int64{}
		for _, name := range countersOf(p, r) {
			mine[name] = counters[count.Of(r.Name, name)]
		}
		b := members(nil, countersOf(p, r), mine)
		fmt.Fprintf(each, "%q:%s,\"outcomes\":%s}", r.Name, b[:len(b)-1], members(nil, of, outcomes))
	}
	each.WriteByte('}')
	return fmt.Appendf(b[:len(b)-1], `,"rules":%s}`, each.Bytes()), nil
}

// members appends counters with these names as a JSON object, in their order.
func members(b []byte, names []string, counters map[string]int64) []byte {
	for i, name := range names {
		sep := byte(',')
		if i == 0 {
			sep = '{'
		}
		b = fmt.Appendf(append(b, sep), "%q:%d", name, counters[name])
	}
	return append(b, '}')
}
