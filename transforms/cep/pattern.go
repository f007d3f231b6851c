package cep

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Contiguity says what may stand between a step and the one before it.
type Contiguity uint8

const (
	// Begin is the first step's: there is none before it.
	Begin Contiguity = iota
	// FollowedBy is relaxed: other events in between are skipped.
	FollowedBy
	// Next is strict: nothing may be in between.
	Next
)

// String returns the contiguity's word in pattern text.
func (c Contiguity) String() string {
	switch c {
	case Begin:
		return "begin"
	case FollowedBy:
		return "followedBy"
	case Next:
		return "next"
	}
	return fmt.Sprintf("Contiguity(%d)", uint8(c))
}

// Step is one step of a pattern.
type Step struct {
	// Contiguity is Begin for the first step, Next or FollowedBy for the others.
	Contiguity Contiguity
	// Type is the type of the events that are this step. It is not empty, and
	// no other step has it.
	Type string
}

// Pattern is a sequence of two steps or more and the time that all of it may
// take. It is plain data: compare it, print it, change it, and Compile it.
type Pattern struct {
	Steps []Step
	// Within is the window: the time from the first event to before the
	// deadline. At least a millisecond, in whole milliseconds.
	Within time.Duration
}

// String returns the pattern's canonical text, which Parse reads back to an
// equal Pattern.
func (p Pattern) String() string {
	var b strings.Builder
	for i, s := range p.Steps {
		if i > 0 {
			fmt.Fprintf(&b, " %s ", s.Contiguity)
		}
		b.WriteString(quoteType(s.Type))
	}
	return b.String() + " within " + formatDuration(p.Within)
}

// Validate returns what keeps p from being compiled, or nil.
func (p Pattern) Validate() error {
	if len(p.Steps) < 2 {
		return fmt.Errorf("cep: pattern with %d steps: want two or more", len(p.Steps))
	}
	seen := map[string]bool{}
	for i, s := range p.Steps {
		switch {
		case s.Type == "":
			return fmt.Errorf("cep: step %d has no event type", i+1)
		case seen[s.Type]:
			return fmt.Errorf("cep: step %d: event type %q appears twice: want each type once", i+1, s.Type)
		case i == 0 && s.Contiguity != Begin, i > 0 && s.Contiguity != Next && s.Contiguity != FollowedBy:
			return fmt.Errorf("cep: step %q: contiguity %v: want begin for the first step, next or followedBy for the others", s.Type, s.Contiguity)
		}
		seen[s.Type] = true
	}
	return validWithin(p.Within)
}

func validWithin(d time.Duration) error {
	if d < time.Millisecond || d%time.Millisecond != 0 {
		return fmt.Errorf("cep: within %v: want whole milliseconds, at least one", d)
	}
	return nil
}

// quoteType returns an event type as pattern text.
func quoteType(t string) string {
	if t == "" || keywords[t] != 0 || strings.IndexFunc(t, func(r rune) bool { return !isBare(r) }) >= 0 {
		return strconv.Quote(t)
	}
	return t
}

// isBare reports whether r may stand in an event type without quotes. All other
// characters are kept free for the language's growth.
func isBare(r rune) bool {
	return r != unicode.ReplacementChar && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-.:/", r))
}

// formatDuration is d.String without trailing zero units: 10m, not 10m0s.
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
