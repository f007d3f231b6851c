package cep

import "strings"

// Shared is what several programs have in common that are given the same event: what is kept
// of it is kept once. The caller makes one for an event, and reads what it says.
type Shared struct {
	// Known says that some program has a step for the event, Taken that one has taken it,
	// and Rejected that one has put it aside. Holders is how many hold it, and Key a copy of
	// its key. They are the caller's.
	Known, Taken, Rejected bool
	Holders                int
	Key                    string

	text string // the type, the id and the data
}

// own returns a copy of the type, the id and the data of an event. The event itself shares
// the memory of its batch, and a single open run would keep the whole batch alive.
func (e *Event) own() string {
	if e.Shared != nil && e.Shared.text != "" {
		return e.Shared.text
	}
	var text strings.Builder
	text.Grow(len(e.Type) + len(e.ID) + len(e.Data))
	text.WriteString(e.Type)
	text.WriteString(e.ID)
	text.Write(e.Data)
	if e.Shared != nil {
		e.Shared.text = text.String()
	}
	return text.String()
}

// Ignores reports whether the program does nothing with events of a type, whatever is open:
// no step names it, and none would end a run.
func (p *Prog) Ignores(typ string) bool {
	if !p.inert {
		return false
	}
	if p.types != nil {
		return p.position(typ) == p.foreign
	}
	_, named := p.positions[typ]
	return !named
}

// Same reports whether two programs are of one pattern, but for its window: then one goes on
// with the states of the other.
func (p *Prog) Same(as *Prog) bool {
	return p.WindowlessText() == as.WindowlessText()
}

// WindowlessText returns the pattern's canonical text without its window.
func (p *Prog) WindowlessText() string { return p.windowless }

// ShareTexts lets the state keep what it has kept of events where another state has kept the
// same, as that of another program whose state was decoded apart from it.
func (s *State) ShareTexts(with *State) {
	var texts [fewTexts]keptText
	there := with.texts(texts[:0])
	var own [fewTexts]keptText
	for _, t := range s.texts(own[:0]) {
		for _, w := range there {
			switch text, other := (*t.text)[t.typ:], (*w.text)[w.typ:]; {
			case text != other:
				continue
			case t.typ == w.typ && *t.text == *w.text:
				*t.text = *w.text
			case t.typ == 0:
				*t.text = other
			case w.typ == 0:
				*w.text = text
			}
			break
		}
	}
}

// fewTexts is how many events of a state are looked at for others that are alike.
const fewTexts = 8

// keptText is what a state has kept of an event: the id and the data, and before them the
// type, in so many bytes.
type keptText struct {
	text *string
	typ  int
}

// texts appends what the state has kept of its first events.
func (s *State) texts(to []keptText) []keptText {
	switch l, lone := s.live(), s.lone(); {
	case lone != nil:
		return append(to, keptText{&s.first.text, int(lone.typ)})
	case l != nil:
		for i := range l.events[1:min(len(l.events), fewTexts)] {
			if e := &l.events[1+i]; e.refs > 0 {
				to = append(to, keptText{&e.text, int(e.typ)})
			}
		}
	case s.running():
		to = append(to, keptText{&s.first.text, 0})
		rest := s.rest()
		for i := range rest[:min(len(rest), fewTexts-1)] {
			to = append(to, keptText{&rest[i].text, 0})
		}
	}
	return to
}
