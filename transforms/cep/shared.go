package cep

import "strings"

// Shared is what several programs have in common that are given the same event: what is kept
// of it is kept once. The caller makes one for an event, and reads what it says.
type Shared struct {
	// Known says that some program has a step for the event, Taken that one has taken it,
	// and Rejected that one has put it aside. Holders is how many hold it. They are the
	// caller's.
	Known, Taken, Rejected bool
	Holders                int

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
