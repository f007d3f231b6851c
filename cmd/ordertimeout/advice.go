package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ordertimeout/pipeline"
	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/process"
	"ordertimeout/transforms/rules"
	"ordertimeout/transforms/screen"
)

// nothingWorked returns why a run is a failure though nothing went wrong in it, and what
// to do, or nil. An input without a line is none. Where the workers are other processes
// there is no tally to know it by, and nothing is said.
//
// Events of other types alone are no failure of a run that was stopped: those that the
// pattern names may just not have come yet.
func nothingWorked(counters map[string]int64, o options, run *process.Run) error {
	read, malformed, other := counters[count.Read], counters[count.Malformed], counters["other"]
	first, ok := run.Tally().FirstMalformed()
	switch others := unnamed(o.plan, run); {
	case ok && read > 0 && malformed == read:
		return fmt.Errorf("no event was understood: %s: %s%s", screen.Text(first.Source), screen.Text(first.Error), hint(first, o.config))
	case len(others) > 0 && malformed+other == read && !run.Stopped() && !someNamed(o.plan, run):
		return fmt.Errorf("no event was understood: the pattern names %s, the events have %s: name their types in -pattern",
			listTypes(steps(o.plan), " and "), listCounts(others))
	}
	due := int64(0)
	for _, k := range kindCounters {
		if o.plan.Gives(k.kind) {
			due += counters[k.counter]
		}
	}
	if due > 0 && counters[count.Undelivered] >= due {
		return fmt.Errorf("nothing was delivered: all %s outcomes were refused: see -rejects, and send them again", grouped(due))
	}
	return nil
}

// advise returns what is likely to be wrong with a run and what to do about it, and the
// most frequent reasons for rejects, each in a line.
func advise(counters map[string]int64, o options, run *process.Run, failed bool) (lines []string) {
	if run.Tally() == nil {
		return nil
	}
	if !failed {
		lines = append(lines, adviseConditions(counters, o, run)...)
		lines = append(lines, adviseTypes(counters, o, run)...)
		lines = append(lines, adviseLate(counters, o, run)...)
		lines = append(lines, adviseOrphans(counters, o, run)...)
	}
	lines = append(lines, adviseBeyond(run)...)
	reasons := run.Tally().Reasons()
	if failed && len(reasons) == 1 {
		return lines // it is told already
	}
	return append(lines, listReasons(reasons, o)...)
}

// adviseConditions returns a line where conditions could not be evaluated: one that is
// written wrongly is false always.
func adviseConditions(counters map[string]int64, o options, run *process.Run) []string {
	failed, ok := run.Tally().FailedCondition()
	if !ok {
		return nil
	}
	at := ""
	if failed.Place != "" {
		at = ", such as " + screen.Text(failed.Place)
	}
	taken := "false"
	if slices.ContainsFunc(o.plan.Rules, func(r rules.Rule) bool { return r.Within.Expression != "" }) {
		taken += ", and windows to be the pattern's"
	}
	return []string{fmt.Sprintf("conditions: %s could not be evaluated and were taken to be %s%s: %s", grouped(counters[count.ConditionErrors]), taken, at, screen.Text(failed.Text))}
}

// adviseTypes returns a line where a step of the pattern never came, and other types
// did: then each order seems not to be paid.
func adviseTypes(counters map[string]int64, o options, run *process.Run) []string {
	others, all := unnamed(o.plan, run), steps(o.plan)
	var missing string
	switch {
	case !o.plan.Plain() || len(others) == 0 || counters["late"]+counters["returned"] > 0: // each step may be among these
		return nil
	case counters["started"] == 0:
		missing = all[0]
	case counters["advanced"] == 0 && counters["orphan"] == 0 && len(all) == 2:
		missing = all[1]
	default:
		return nil
	}
	return []string{fmt.Sprintf("no event has the type %s of the pattern, which does not name %s: if one of these is meant, name it in -pattern",
		screen.Short(missing, 40), listCounts(others))}
}

// adviseBeyond returns a line where events are beyond the end of the log, as their clocks
// were not believed.
func adviseBeyond(run *process.Run) []string {
	n := run.Counters()[count.BeyondEnd]
	if n == 0 {
		return nil
	}
	from := time.UnixMilli(run.Counters()[count.BeyondEndFrom]).UTC().Format(time.RFC3339)
	return []string{fmt.Sprintf("returned: %d far ahead of all other events, from %s on: is a clock wrong? If not, -max-jump 0 takes them", n, from)}
}

// judged returns how many events a run had to judge: where it went on from a carry file it
// may have read none.
func judged(counters map[string]int64) int64 {
	return counters[count.Read] + counters[count.CarriedIn]
}

// adviseLate returns a line where more than a hundredth of the events were late.
func adviseLate(counters map[string]int64, o options, run *process.Run) []string {
	late, given := counters["late"], judged(counters)
	most, longest := run.Tally().Behind()
	if late*100 <= given || longest == 0 {
		return nil
	}
	enough := func(behind time.Duration) time.Duration {
		unit := time.Second
		if behind < unit {
			unit = time.Millisecond
		}
		return o.config.Disorder + (behind + unit - 1).Truncate(unit)
	}
	want := fmt.Sprintf("-disorder %v takes them", enough(longest))
	if enough(most) < enough(longest) {
		want = fmt.Sprintf("-disorder %v takes 99 %% of them, %v all", enough(most), enough(longest))
	}
	return []string{fmt.Sprintf("late: %s: %s; or the clock of one of their sources is slow: set it", share(late, given), want)}
}

// adviseOrphans returns a line where more than a hundredth of the events were orphans.
func adviseOrphans(counters map[string]int64, o options, run *process.Run) []string {
	n, given := counters["orphan"], judged(counters)
	if n*100 <= given {
		return nil
	}
	known := run.Tally().Orphans()
	longer, byOrder := "-within", "-key order"
	if o.rules != "" {
		longer, byOrder = "a longer one in the rule", "key: order in the rule"
	}
	var why string
	switch {
	case known.NoUser > 0 && known.NoUser >= max(known.Ended, known.Unknown):
		why = fmt.Sprintf("%s of them name no user: if the first events of their orders do, use %s", grouped(known.NoUser), byOrder)
	case known.Ended > 0 && known.Ended >= known.Unknown:
		why = fmt.Sprintf("%s of them came when their order had ended: is the window too short? Then use %s", grouped(known.Ended), longer)
	case o.plan.Live:
		why = "their orders did not begin in what was read: after a restart they may have ended before it"
	case o.rules != "":
		why = "their orders did not begin in this input: if it is a part of a log, go on with it from the -carry FILE of the part before"
	default:
		why = "their orders did not begin in this input: if it is a part of a log, write -open FILE with the part before, and read that, too"
	}
	return []string{fmt.Sprintf("orphans: %s: %s", share(n, given), why)}
}

// maxShown is how many reasons and types are shown.
const maxShown = 5

// listReasons returns the most frequent reasons for rejects.
func listReasons(reasons []process.Reason, o options) (lines []string) {
	for _, r := range reasons[:min(len(reasons), maxShown)] {
		at := ""
		if r.Place != "" {
			at = ", such as " + screen.Text(r.Place)
		}
		lines = append(lines, fmt.Sprintf("rejects: %s %s%s: %s", grouped(r.Count), r.Class, at, screen.Text(r.Text)))
	}
	if len(reasons) > 0 && o.plan.Rejects.Traits().Nothing {
		lines = append(lines, "-rejects FILE writes each of these with its line")
	}
	return lines
}

// steps returns the types that the pattern names.
func steps(p pipeline.Plan) (types []string) {
	for _, place := range places(p) {
		for _, typ := range place.Step.Types {
			if !slices.Contains(types, typ) {
				types = append(types, typ)
			}
		}
	}
	return types
}

// places returns the places of all patterns.
func places(p pipeline.Plan) (places []syntax.Place) {
	for i := range p.Rules {
		places = append(places, p.Rules[i].Pattern.Places()...)
	}
	return places
}

// someNamed reports whether there were events, of those that took no part, of types that the
// pattern names.
func someNamed(p pipeline.Plan, run *process.Run) bool {
	return len(unnamed(p, run)) < len(run.Tally().Others())
}

// unnamed returns the types of events that the pattern does not name. A step of any type
// names all.
func unnamed(p pipeline.Plan, run *process.Run) []process.TypeCount {
	if slices.ContainsFunc(places(p), func(place syntax.Place) bool { return len(place.Step.Types) == 0 }) {
		return nil
	}
	named := steps(p)
	return slices.DeleteFunc(run.Tally().Others(), func(t process.TypeCount) bool { return slices.Contains(named, t.Type) })
}

func listTypes(types []string, and string) string {
	shown := make([]string, len(types))
	for i, t := range types {
		shown[i] = screen.Text(t)
	}
	return strings.Join(shown, and)
}

func listCounts(types []process.TypeCount) string {
	var shown []string
	for _, t := range types[:min(len(types), maxShown)] {
		shown = append(shown, fmt.Sprintf("%s (%s)", screen.Short(t.Type, 40), grouped(t.Count)))
	}
	if len(types) > maxShown {
		shown = append(shown, "…")
	}
	return strings.Join(shown, ", ")
}

// share says how many of the events there are.
func share(n, of int64) string {
	return fmt.Sprintf("%s of %s events (%d %%)", grouped(n), grouped(of), (100*n+of/2)/of)
}

// grouped writes a number with its thousands apart.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
