package cep

// Bound is what has ended a run as Overflowed.
type Bound uint8

const (
	// NoBound: none has.
	NoBound Bound = iota
	// Branches: the key would have had more branches than Config.MaxBranches.
	Branches
	// Length: a branch would have had more events than MaxEvents.
	Length
	// Kept: the branches of the key, with what they have in common once, would have had
	// more events than MaxKept.
	Kept
	// Given: the matches that one event completes would have had more events than MaxGiven.
	Given
)

// The bounds that no setting changes. They keep a key whose runs each have taken much, or
// that one event completes in many ways, from using up the memory.
const (
	// MaxEvents is how many events a branch may have.
	MaxEvents = 100_000
	// MaxKept is how many events all branches of a key may have taken.
	MaxKept = 4 << 20
	// MaxGiven is how many events the matches may have that an event completes at a key.
	MaxGiven = 1 << 20
)

// Overflow is a run that was ended by a bound.
type Overflow struct {
	Key string
	// First is its first event.
	First Taken
	// Bound is which, and Most what it was.
	Bound Bound
	Most  int
}

// overflow ends a run that would exceed a bound, without the event. Its matches that are
// held back stay: they were complete before.
func (m *Matcher) overflow(l *live, r *run, start int, bound Bound) {
	most := map[Bound]int{Branches: m.prog.maxBranches, Length: m.prog.maxEvents, Kept: m.prog.maxKept, Given: m.prog.maxGiven}[bound]
	m.out.Overflowed = append(m.out.Overflowed, Overflow{Key: m.key, First: m.takenOf(l, r.event, 0), Bound: bound, Most: most})
	m.dropNext(l, start)
	for _, match := range m.matches {
		l.release(match.node)
	}
	m.matches = m.matches[:0]
	r.branches, r.end = 0, Overflowed
}
