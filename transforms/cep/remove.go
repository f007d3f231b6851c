package cep

// Remove ends the open runs of a key, as its rule is no more, and empties the state. They
// give no outcome and count as Removed; one that has given a match counts as Matched. The
// Refs of their events, and of those that are held, are let go of. The events that are held
// get no class: see AppendHeld.
func (m *Matcher) Remove(s *State, out *Output) {
	defer func() { *s = State{} }()
	l := m.wake(s)
	if l == nil {
		if s.running() {
			out.Ends[Removed]++
			out.settle(s.AppendRun(nil).Refs())
		}
		return
	}
	for i := range l.runs {
		if l.runs[i].matched {
			out.Ends[Matched]++
		} else {
			out.Ends[Removed]++
		}
	}
	var alone []uint64
	if m.prog.straight && len(l.branches) > 0 {
		out.settle(m.appendRun(l, l.branches[0].node, nil).Refs()) // the first event leads
	} else {
		for i := range l.events {
			alone = append(alone, l.events[i].ref)
		}
	}
	for _, h := range l.early() {
		alone = append(alone, h.Event.Ref)
	}
	for _, ref := range alone {
		if ref != 0 {
			out.settle([]uint64{ref})
		}
	}
}

// settle lets go of Refs together, unless there are none.
func (o *Output) settle(refs []uint64) {
	if refs != nil {
		o.Settled = append(o.Settled, refs)
	}
}
