package shard_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// This file is a second, independent statement of the contract, as plain as it
// can be: it has the whole log at once, no ticks, no batches, no forgetting but
// by rule, and looks everything up by walking lists. It shares no code with what
// it checks.

// modelEvent is an event of the log as it arrives.
type modelEvent struct {
	key, typ, id, data string
	time, at           int64
}

// modelRun is a run of a key, from its first event to after its end.
type modelRun struct {
	taken []modelEvent
	known []modelEvent // taken or duplicates of it
	how   string       // "open", "success", "timeout", "broken"
	ended int64
}

type modelPattern struct {
	steps            []string
	strict           []bool // contiguity before the step is next
	within, remember int64
}

// stamp gives the events of a log, in their order of arrival, their places in
// time.
func stamp(log []modelEvent, disorder int64) (stamped []modelEvent, last int64) {
	last = math.MinInt64
	for _, e := range log {
		e.at = e.time
		if last != math.MinInt64 {
			e.at = max(e.time, last-disorder)
		}
		last = max(last, e.time)
		stamped = append(stamped, e)
	}
	return stamped, last
}

// result is what a log comes to: sorted lines, so that two can be compared.
type result struct {
	outcomes []string
	classes  map[string]int
	open     []string
}

// model runs the pattern over a stamped log, to an end where deadlines up to
// limit expire.
func model(p modelPattern, log []modelEvent, limit int64) result {
	res := result{classes: map[string]int{}}
	byKey := map[string][]modelEvent{}
	for _, e := range log {
		byKey[e.key] = append(byKey[e.key], e)
	}
	for key, events := range byKey {
		slices.SortFunc(events, func(a, b modelEvent) int {
			return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(p.position(a.typ), p.position(b.typ)), cmp.Compare(a.id, b.id), cmp.Compare(a.data, b.data))
		})
		var runs []*modelRun
		for _, e := range events {
			class := p.step(&runs, e, limit)
			res.classes[class]++
		}
		for _, r := range runs {
			deadline := r.taken[0].time + p.within
			if r.how == "open" && deadline <= limit {
				r.how = "timeout"
			}
			res.classes["run "+r.how]++
			line := fmt.Sprintf("%s %s %s deadline %d", key, r.how, taken(r.taken), deadline)
			switch r.how {
			case "success", "timeout":
				res.outcomes = append(res.outcomes, line)
			case "open":
				res.open = append(res.open, line)
			}
		}
	}
	slices.Sort(res.outcomes)
	slices.Sort(res.open)
	return res
}

func taken(events []modelEvent) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "[%d %s %s]", e.time, e.id, e.data)
	}
	return b.String()
}

func (p modelPattern) position(typ string) int {
	if i := slices.Index(p.steps, typ); i >= 0 {
		return i
	}
	return len(p.steps)
}

// step is the contract, clause by clause, for one event of a key with the runs
// that the key has had.
func (p modelPattern) step(runs *[]*modelRun, e modelEvent, limit int64) string {
	var open *modelRun
	for _, r := range *runs {
		if r.how != "open" {
			continue
		}
		open = r
		if deadline := r.taken[0].time + p.within; deadline <= e.at {
			if deadline > limit {
				return "returned"
			}
			r.how, r.ended, open = "timeout", deadline, nil
		}
	}
	pos, late := p.position(e.typ), e.time < e.at
	var remembered []*modelRun
	for _, r := range *runs {
		if r == open || e.at < r.ended+p.remember {
			remembered = append(remembered, r)
		}
	}
	for _, r := range remembered {
		for _, k := range r.known {
			if k.typ == e.typ && k.id == e.id && (e.id != "" || k.data == e.data) {
				return "duplicate"
			}
		}
	}
	start := func() string {
		r := &modelRun{taken: []modelEvent{e}, known: []modelEvent{e}, how: "open"}
		if e.time+p.within <= e.at {
			r.how, r.ended = "timeout", e.at
		}
		*runs = append(*runs, r)
		return "started"
	}
	take := func() string {
		open.taken, open.known = append(open.taken, e), append(open.known, e)
		if len(open.taken) == len(p.steps) {
			open.how, open.ended = "success", e.at
		}
		return "advanced"
	}
	duplicate := func() string {
		open.known = append(open.known, e)
		return "duplicate"
	}
	if late {
		switch {
		case pos == len(p.steps):
			return "other"
		case pos == 0 && open != nil:
			return duplicate()
		case pos == 0:
			for _, r := range remembered {
				if r.ended >= e.time {
					return "late"
				}
			}
			if e.time < e.at-p.remember {
				return "late"
			}
			return start()
		case open != nil && pos == len(open.taken) && !p.strict[pos] &&
			e.time >= open.taken[len(open.taken)-1].time && e.time < open.taken[0].time+p.within:
			return take()
		}
		return "late"
	}
	switch {
	case open == nil && pos == 0:
		return start()
	case open == nil && pos == len(p.steps):
		return "other"
	case open == nil:
		return "orphan"
	case pos == len(open.taken):
		return take()
	case p.strict[len(open.taken)]:
		open.how, open.ended = "broken", e.at
		if pos == 0 {
			return start()
		}
		return "other"
	case pos < len(open.taken):
		return duplicate()
	}
	return "other"
}
