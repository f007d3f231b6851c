package syntax

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// String returns the pattern's canonical text, which Parse reads back to an equal
// Pattern. Of a pattern that is not valid it is some text, cut where it is too long.
func (p Pattern) String() string {
	var b printer
	if p.Every {
		b.WriteString("every ")
	}
	b.sequence(p.Sequence, 0)
	b.window(p.Within)
	b.skip(p.Skip)
	return b.String()
}

// printer writes canonical text.
type printer struct{ strings.Builder }

func (b *printer) sequence(elements []Element, depth int) {
	for i, e := range elements {
		if depth > MaxDepth || b.Len() > MaxText {
			return
		}
		if i > 0 {
			b.WriteString(" ")
		}
		if i > 0 || e.Link != Begin {
			b.WriteString(e.Link.String())
		}
		b.window(e.Within)
		if i > 0 || e.Link != Begin {
			b.WriteString(" ")
		}
		if e.Group != nil {
			b.WriteString("(")
			b.sequence(e.Group, depth+1)
			b.WriteString(")")
		} else {
			b.step(e.Step)
		}
		b.loop(e.Loop)
	}
}

func (b *printer) window(d time.Duration) {
	if d != 0 {
		b.WriteString(" within " + FormatDuration(d))
	}
}

func (b *printer) step(s Step) {
	if len(s.Types) == 0 {
		b.WriteString("any")
	}
	for i, t := range s.Types {
		if i > 0 {
			b.WriteString("|")
		}
		if t == "every" && b.Len() == 0 {
			b.WriteString(strconv.Quote(t))
		} else {
			b.WriteString(quoteType(t))
		}
	}
	if s.Where != "" {
		b.WriteString("[" + s.Where + "]")
	}
	if s.As != "" {
		b.WriteString(" as " + s.As)
	}
}

// quoteType returns an event type as pattern text. That of the words which became free
// since, and were reserved before, is quoted as before: ids depend on it.
func quoteType(t string) string {
	if t == "" || reserved[t] || t == "skip" || t == "any" || bareLen(t) < len(t) {
		return strconv.Quote(t)
	}
	return t
}

func (b *printer) loop(q Quantifier) {
	least, most := q.Times()
	optional := q.Optional
	switch {
	case least == 1 && most == 1 && optional:
		b.WriteString("?")
		optional = false
	case least == 1 && most == 1:
	case least == 1 && most == Unbounded && optional:
		b.WriteString("*")
		optional = false
	case least == 1 && most == Unbounded:
		b.WriteString("+")
	case most == Unbounded:
		b.WriteString("{" + strconv.Itoa(least) + ",}")
	case least == most:
		b.WriteString("{" + strconv.Itoa(least) + "}")
	default:
		b.WriteString("{" + strconv.Itoa(least) + "," + strconv.Itoa(most) + "}")
	}
	for _, m := range []struct {
		has  bool
		word string
	}{
		{optional, "optional"},
		{q.Greedy, "greedy"},
		{q.Inner == Consecutive, "consecutive"},
		{q.Inner == Combinations, "combinations"},
		{q.Until != "", "until[" + q.Until + "]"},
	} {
		if m.has {
			b.WriteString(" " + m.word)
		}
	}
}

func (b *printer) skip(s Skip) {
	if s.To == NoSkip {
		return
	}
	b.WriteString(" skip " + s.To.String())
	if s.Step != "" {
		b.WriteString(" " + s.Step)
	}
}

// skips are the words of the rules, by SkipTo.
var skips = []string{"", "to next", "past last", "to first", "to last"}

// String returns the rule's words in pattern text, without the name of a step.
func (s SkipTo) String() string {
	if int(s) < len(skips) {
		return skips[s]
	}
	return "SkipTo(" + strconv.Itoa(int(s)) + ")"
}

// equal reports whether the elements are the same, where no types are the same as none.
func equal(a, b []Element) bool {
	return slices.EqualFunc(a, b, func(a, b Element) bool {
		return a.Link == b.Link && a.Within == b.Within && slices.Equal(a.Step.Types, b.Step.Types) &&
			a.Step.Where == b.Step.Where && a.Step.As == b.Step.As && a.Loop == b.Loop && equal(a.Group, b.Group)
	})
}
