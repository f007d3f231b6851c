package whole

// release gives the first match that is held back, if no earlier run has a branch, and
// removes what it skips. It reports whether there was one.
func (m *moment) release() bool {
	var of *run
	for _, r := range m.runs {
		if len(r.held) > 0 {
			of = r
			break
		}
		if len(r.branches) > 0 {
			return false
		}
	}
	if of == nil {
		return false
	}
	first := 0
	for i, c := range of.held {
		if m.pattern.compare(c.taken, of.held[first].taken) < 0 {
			first = i
		}
	}
	c := of.held[first]
	of.held = append(of.held[:first:first], of.held[first+1:]...)
	m.give(of, c)
	m.skip(c)
	return true
}

// skip removes the runs and the matches held back that begin before the bound that a
// match sets.
func (m *moment) skip(c completed) {
	bound := m.bound(c)
	for _, r := range m.runs {
		if r.first.number >= bound {
			continue
		}
		r.held, r.branches = nil, nil
		if r.how == "" && r.given == 0 {
			m.end(r, Skipped)
		}
	}
}

// bound returns the number of the first event that a run may begin with.
func (m *moment) bound(c completed) int {
	bound := 0
	switch m.pattern.Skip.To {
	case ToNext:
		return c.taken[0].number + 1
	case PastLast:
		return c.taken[len(c.taken)-1].number + 1
	case ToFirst, ToLast:
		for _, t := range c.taken {
			if t.step.Name != m.pattern.Skip.Step {
				continue
			}
			if bound = t.number; m.pattern.Skip.To == ToFirst {
				return bound
			}
		}
	}
	return bound
}
