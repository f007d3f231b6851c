package ceptest

// step is the contract, clause by clause, for one event of a key with the runs
// that the key has had. It returns the event's class.
func (p Pattern) step(runs *[]*Run, e Event) string {
	var open *Run
	for _, r := range *runs {
		if r.How != Open {
			continue
		}
		open = r
		if r.Deadline <= e.At {
			r.How, r.ended, open = Timeout, r.Deadline, nil
		}
	}
	var remembered []*Run
	for _, r := range *runs {
		if r == open || e.At <= r.ended+p.Remember {
			remembered = append(remembered, r)
		}
	}
	for _, r := range remembered {
		for _, k := range r.known {
			if k.Type == e.Type && k.ID == e.ID && (e.ID != "" || k.Data == e.Data) {
				return Duplicate
			}
		}
	}
	if e.Time < e.At {
		return p.late(runs, open, remembered, e)
	}
	return p.onTime(runs, open, e)
}

func (p Pattern) onTime(runs *[]*Run, open *Run, e Event) string {
	pos := p.position(e.Type)
	switch {
	case open == nil && pos == 0:
		return p.start(runs, e)
	case open == nil && pos == len(p.Steps):
		return Other
	case open == nil:
		return Orphan
	case pos == len(open.Taken):
		return p.take(open, e)
	case p.Strict[len(open.Taken)]:
		open.How, open.ended = Broken, e.At
		if pos == 0 {
			return p.start(runs, e)
		}
		return Other
	case pos < len(open.Taken):
		return open.duplicate(e)
	}
	return Other
}

func (p Pattern) late(runs *[]*Run, open *Run, remembered []*Run, e Event) string {
	pos := p.position(e.Type)
	switch {
	case pos == len(p.Steps):
		return Other
	case pos == 0 && open != nil:
		return open.duplicate(e)
	case pos == 0:
		for _, r := range remembered {
			if r.ended >= e.Time {
				return Late
			}
		}
		if e.Time < e.At-p.Remember {
			return Late
		}
		return p.start(runs, e)
	case open != nil && pos == len(open.Taken) && !p.Strict[pos] &&
		e.Time >= open.Taken[len(open.Taken)-1].Time && e.Time < open.Deadline:
		return p.take(open, e)
	}
	return Late
}

func (p Pattern) start(runs *[]*Run, e Event) string {
	r := &Run{Key: e.Key, How: Open, Deadline: e.Time + p.Within, Taken: []Event{e}, known: []Event{e}}
	if r.Deadline <= e.At {
		r.How, r.ended = Timeout, e.At
	}
	*runs = append(*runs, r)
	return Started
}

func (p Pattern) take(open *Run, e Event) string {
	open.Taken, open.known = append(open.Taken, e), append(open.known, e)
	if len(open.Taken) == len(p.Steps) {
		open.How, open.ended = Success, e.At
	}
	return Advanced
}

func (r *Run) duplicate(e Event) string {
	r.known = append(r.known, e)
	return Duplicate
}
