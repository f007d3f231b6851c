package pubsub

// refs finds the message of an event by the event's Ref. Refs are given out in order,
// and most events are done in about that order, so it has them in pages; the few that
// a page has left in the end, of orders that stay open, are in a map.
type refs struct {
	pages  []*refPage // in order, from number first on; nil where none is left, or only strays
	first  uint64
	last   uint64 // the last Ref that was given out
	strays map[uint64]*input
}

const (
	pageRefs = 256
	// strayRefs is how many Refs a page may have left when they become strays: with
	// fewer a page takes more memory than the map.
	strayRefs = 16
	// maxPages is after how many pages the first becomes strays whatever it has left.
	maxPages = 1 << 12
)

type refPage struct {
	inputs [pageRefs]*input
	left   int
}

// add gives out the Refs of so many events of a message, one after the other, and
// returns the first. Without a message they are done at once.
func (r *refs) add(x *input, events int) uint64 {
	from := r.last + 1
	for range events {
		r.last++
		if at := r.last / pageRefs; at >= r.first+uint64(len(r.pages)) {
			r.grow(at)
		}
		p := r.pages[len(r.pages)-1]
		if x != nil {
			p.inputs[r.last%pageRefs] = x
			p.left++
		}
	}
	return from
}

// grow adds a page. The one before it gets no more, so it may have strays only.
func (r *refs) grow(at uint64) {
	if len(r.pages) == 0 {
		r.first = at
	}
	r.pages = append(r.pages, &refPage{})
	if at > r.first {
		r.tidy(at-1, strayRefs)
	}
	if len(r.pages) > maxPages {
		r.tidy(r.first, pageRefs)
	}
}

// find returns the message of an event, nil where it is done or was never there.
func (r *refs) find(ref uint64) *input {
	if p := r.page(ref / pageRefs); p != nil {
		return p.inputs[ref%pageRefs]
	}
	return r.strays[ref]
}

// take is find, and from then on the event is done.
func (r *refs) take(ref uint64) *input {
	at := ref / pageRefs
	p := r.page(at)
	if p == nil {
		x := r.strays[ref]
		delete(r.strays, ref)
		return x
	}
	x := p.inputs[ref%pageRefs]
	if x == nil {
		return nil
	}
	p.inputs[ref%pageRefs] = nil
	p.left--
	if at != r.last/pageRefs {
		r.tidy(at, strayRefs)
	}
	return x
}

func (r *refs) page(at uint64) *refPage {
	if at < r.first || at-r.first >= uint64(len(r.pages)) {
		return nil
	}
	return r.pages[at-r.first]
}

// tidy makes strays of what a page has left, if it has so few.
func (r *refs) tidy(at uint64, most int) {
	p := r.page(at)
	if p == nil || p.left > most {
		return
	}
	for i, x := range p.inputs {
		if x == nil {
			continue
		}
		if r.strays == nil {
			r.strays = map[uint64]*input{}
		}
		r.strays[at*pageRefs+uint64(i)] = x
	}
	r.pages[at-r.first] = nil
	for len(r.pages) > 0 && r.pages[0] == nil {
		r.pages = r.pages[1:]
		r.first++
	}
}

// size returns how many events are not done.
func (r *refs) size() int {
	n := len(r.strays)
	for _, p := range r.pages {
		if p != nil {
			n += p.left
		}
	}
	return n
}
