package ledger

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// book is a ledger whose messages and events have names: the events of message a are a1,
// a2 and so on, and behind them its rejects.
type book struct {
	*Ledger
	messages map[string]*Message
	refs     map[string]uint64
	out      Batch // what the source is about to let go of
}

func newBook(consumers int) *book {
	return &book{Ledger: New(consumers, 1000), messages: map[string]*Message{}, refs: map[string]uint64{}}
}

// play plays a scenario, a step a line. What stands behind # is for the reader.
//
//	read a 2        message a is read: two events
//	read a 2+1      two events and a reject
//	read a 2 ...    the same, and there is more of it
//	part a, part a ...  a part of it, which is let go of as a whole
//	done a1 b1 c1+  a holder is done with these events, c1 being marked as Later
//	take a1         a consumer has it once more
//	left a          a part of it is let go of
//	next 2 a b      the source takes two messages at most: a and b
//	fail            it could not
//	ok              it could
//	back a          a is given back
//	held a1 b1      they have holders; "not held" they have not
//	want a b | c    all is let go of that can be: a with b, then c; alone it is nothing
func play(t *testing.T, consumers int, scenario string) *book {
	t.Helper()
	b := newBook(consumers)
	for i, line := range strings.Split(strings.TrimSpace(scenario), "\n") {
		text, why, _ := strings.Cut(line, "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if got := b.step(strings.Fields(text)); got != "" {
			t.Errorf("line %d: %s: %s (%s)", i+1, text, got, strings.TrimSpace(why))
		}
	}
	return b
}

// step makes a step of a scenario. It returns what is wrong.
func (b *book) step(words []string) (fault string) {
	switch words[0] {
	case "read", "part":
		b.read(words)
	case "done":
		b.Done(b.named(words[1:]))
	case "take":
		b.Take(b.named(words[1:]))
	case "left":
		b.LetGoOfPart([]*Message{b.messages[words[1]]})
	case "back":
		b.GiveBack([]*Message{b.messages[words[1]]})
	case "next":
		n, _ := strconv.Atoi(words[1])
		b.out = b.Next(n)
		if got := names(b.out); got != strings.Join(words[2:], " ") {
			return fmt.Sprintf("took %q", got)
		}
	case "fail":
		b.Failed(b.out)
	case "ok":
		b.LetGo(b.out.Messages)
	case "held":
		if !b.Held(b.named(words[1:])) {
			return "they are not"
		}
	case "not":
		if b.Held(b.named(words[2:])) {
			return "they are"
		}
	case "want":
		want := strings.Join(words[1:], " ")
		if got := strings.Join(b.letGo(), " | "); got != want {
			return fmt.Sprintf("let go of %q", got)
		}
	default:
		return "no such step"
	}
	return ""
}

func (b *book) read(words []string) {
	name, last := words[1], words[len(words)-1] != "..."
	m := b.messages[name]
	if m == nil {
		m = &Message{Owner: name}
		b.messages[name] = m
	}
	if words[0] == "part" {
		b.ExpectPart(m, last)
		return
	}
	counts, n := words[2], 0
	e, r, _ := strings.Cut(counts, "+")
	events, _ := strconv.Atoi(e)
	rejects, _ := strconv.Atoi(r)
	for b.refs[fmt.Sprint(name, n+1)] != 0 {
		n++
	}
	first := b.Expect(m, events, rejects, last)
	for i := range events + rejects {
		b.refs[fmt.Sprint(name, n+1+i)] = first + uint64(i)
	}
}

// named returns the Refs of events. 0 is none, and ?N is that number.
func (b *book) named(names []string) (refs []uint64) {
	for _, name := range names {
		plain, later := strings.CutSuffix(name, "+")
		ref := b.refs[plain]
		if number, ok := strings.CutPrefix(plain, "?"); ok {
			ref, _ = strconv.ParseUint(number, 10, 64)
		}
		if later {
			ref |= Later
		}
		refs = append(refs, ref)
	}
	return refs
}

// letGo lets go of all there is, and returns a string for each request.
func (b *book) letGo() (requests []string) {
	for {
		next := b.Next(1000)
		if len(next.Messages) == 0 {
			return requests
		}
		requests = append(requests, names(next))
		b.LetGo(next.Messages)
	}
}

func names(b Batch) string {
	all := map[string]bool{}
	for _, m := range b.Messages {
		all[m.Owner.(string)] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(all)), " ")
}

// wantEmpty checks that the ledger keeps nothing.
func (b *book) wantEmpty(t *testing.T) {
	t.Helper()
	if n := b.Ledger.refs.size(); n > 0 {
		t.Errorf("%d Refs are left", n)
	}
	if len(b.queue)+len(b.circles)+len(b.waiting) > 0 {
		t.Errorf("left are %d in the queue, %d circles, %d that wait", len(b.queue), len(b.circles), len(b.waiting))
	}
	for name, m := range b.messages {
		if m.stage == free && (m.before != nil || m.after != nil) {
			t.Errorf("%s is let go of, and keeps others", name)
		}
	}
}
