package whole

import "slices"

// alert is a timeout that may be resolved.
type alert struct {
	timeout Outcome
	// branch is the one that was shown, steps are those that resolve it.
	branch *branch
	steps  []*Step
}

// watch keeps a timeout of a run, with the steps that it had waited for and had not taken,
// and those that would have ended it.
func (m *moment) watch(r *run, timeout Outcome, shown []taken, waits, guards map[*Step]bool) {
	if m.pattern.Resolve == 0 {
		return
	}
	r.alert = &alert{timeout: timeout, branch: &branch{taken: shown}}
	for _, pl := range places(m.pattern.Sequence) {
		had := slices.ContainsFunc(shown, func(t taken) bool { return t.step == pl.step })
		if waits[pl.step] && !had || guards[pl.step] {
			r.alert.steps = append(r.alert.steps, pl.step)
		}
	}
}

// resolve gives an event to the timeouts that it may resolve.
func (m *moment) resolve(e event) bool {
	resolves := false
	for _, r := range m.runs {
		if r.alert == nil || e.At >= r.alert.timeout.Deadline+m.pattern.Resolve {
			continue
		}
		i := slices.IndexFunc(r.alert.steps, func(s *Step) bool { return r.alert.branch.fits(s, e) })
		if i < 0 {
			continue
		}
		resolves = true
		of := r.alert.timeout
		o := Outcome{Kind: ResolvedRun, Key: of.Key, At: m.at, StartedAt: of.StartedAt, EndedAt: m.at, Deadline: of.Deadline, WaitingFor: of.WaitingFor}
		o.Taken = []StepEvent{{r.alert.steps[i].Name, e.given()}}
		m.given = append(m.given, outcome{o, r.first.number, nil, 2})
		r.alert = nil
		r.known = append(r.known, e.Event)
	}
	return resolves
}
