package whole

// valid reports whether a pattern that RandomPattern has made is one that the language
// does not refuse. It leaves out what a reader of the language could take either way.
func valid(p Pattern) bool {
	if canBeEmpty(p.Sequence) && !p.Every || !validSequence(p.Sequence) {
		return false
	}
	return p.Every || endsAtOnce(p.Sequence)
}

// endsAtOnce reports whether the last element can end a run without every.
func endsAtOnce(seq []Element) bool {
	for i := len(seq) - 1; i >= 0; i-- {
		el := seq[i]
		if el.Link.Negated() {
			continue
		}
		if el.Optional || el.Until.Text != "" || el.Max > el.Min {
			return false
		}
		return el.Group == nil || endsAtOnce(el.Group)
	}
	return true
}

func validSequence(seq []Element) bool {
	for i, el := range seq {
		if el.Group != nil && !validSequence(el.Group) {
			return false
		}
		if i == 0 {
			continue
		}
		before := seq[i-1]
		switch {
		case el.Link.Negated() && (before.Optional || before.Group != nil && canBeEmpty(before.Group)):
			return false
		case before.Greedy && (el.Optional || el.Group != nil && canBeEmpty(el.Group)):
			return false
		case el.Link.Negated() && before.Link.Negated() && before.Link == el.Link:
			return false
		}
	}
	return true
}

// slips reports whether Flink's code does not follow its own rules for the pattern.
func slips(p Pattern) bool {
	last := len(p.Sequence) - 1
	if last > 0 && p.Sequence[last].Link == NotFollowedBy && p.Sequence[last-1].loop() {
		return true
	}
	return slipsIn(p.Sequence, nil)
}

// slipsIn looks at a sequence, of an element of a group or, with nil, of the pattern.
func slipsIn(seq []Element, of *Element) bool {
	for i := range seq {
		el := &seq[i]
		if el.Within > 0 && (el.Group != nil || el.loop() || el.Optional || i == 0 ||
			seq[i-1].Optional || seq[i-1].loop() || seq[i-1].Group != nil || seq[i-1].Link.Negated()) {
			return true
		}
		if of != nil && (i == 0 && (el.Group != nil || el.loop()) || i == len(seq)-1 && el.Greedy) {
			return true
		}
		if el.Group != nil && (el.loop() && el.Max != el.Min || slipsIn(el.Group, el)) {
			return true
		}
		if el.Link.Negated() && slipsBeside(seq, i, of) {
			return true
		}
	}
	return false
}

// slipsBeside looks at what is beside a negation.
func slipsBeside(seq []Element, i int, of *Element) bool {
	before := seq[i-1]
	if before.Link.Negated() || before.Max > before.Min {
		return true
	}
	if i == len(seq)-1 {
		return false
	}
	after := seq[i+1]
	if of != nil && i+1 == len(seq)-1 && after.Optional {
		return true
	}
	if seq[i].Link == NotNext {
		return false
	}
	return after.Group != nil && (after.Optional || beginsOptional(after.Group)) || after.Max > after.Min ||
		after.Optional && (after.Greedy || i+2 < len(seq) && seq[i+2].Optional)
}

func beginsOptional(seq []Element) bool {
	return seq[0].Optional || seq[0].Group != nil && beginsOptional(seq[0].Group)
}
