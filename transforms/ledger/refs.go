package ledger

// refs finds the message of a Ref, and counts the holders. Refs are given out in order,
// and most are let go of in about that order, so they are kept in pages. The few that a
// page has left in the end, of orders that stay open, are in a map.
type refs struct {
	pages  []*page // in order, from number first on; nil where none is left, or only strays
	first  uint64
	last   uint64 // the last Ref that was given out
	strays map[uint64]stray
}

const (
	pageRefs = 256
	// strayRefs is how many Refs a page may have left when they become strays: with
	// fewer a page takes more memory than the map.
	strayRefs = 16
	// maxPages is after how many pages the first becomes strays whatever it has left.
	maxPages = 1 << 12
)

// page has the messages of Refs in a row.
type page struct {
	messages [pageRefs]*Message
	more     *[pageRefs]uint32 // the holders besides the first; nil: no Ref has more
	left     int
}

// stray is a Ref without a page.
type stray struct {
	message *Message
	more    uint32
}

// add gives out n Refs of a message, one after the other, and returns the first. Each has
// so many holders, one at least.
func (r *refs) add(m *Message, n int, holders uint32) uint64 {
	from := r.last + 1
	for range n {
		r.last++
		if at := r.last / pageRefs; at >= r.first+uint64(len(r.pages)) {
			r.grow(at)
		}
		p := r.pages[len(r.pages)-1]
		p.messages[r.last%pageRefs] = m
		p.left++
		if holders > 1 {
			p.hold(r.last, holders-1)
		}
	}
	return from
}

// hold adds holders to a Ref of the page.
func (p *page) hold(ref uint64, more uint32) {
	if p.more == nil {
		p.more = new([pageRefs]uint32)
	}
	p.more[ref%pageRefs] += more
}

// grow adds a page. The one before it gets no more, so it may have strays only.
func (r *refs) grow(at uint64) {
	if len(r.pages) == 0 {
		r.first = at
	}
	r.pages = append(r.pages, &page{})
	if at > r.first {
		r.tidy(at-1, strayRefs)
	}
	if len(r.pages) > maxPages {
		r.tidy(r.first, pageRefs)
	}
}

// find returns the message of a Ref, nil where it has no holder.
func (r *refs) find(ref uint64) *Message {
	if p := r.page(ref / pageRefs); p != nil {
		return p.messages[ref%pageRefs]
	}
	return r.strays[ref].message
}

// hold adds a holder to a Ref that has one.
func (r *refs) hold(ref uint64) {
	if p := r.page(ref / pageRefs); p != nil {
		if p.messages[ref%pageRefs] != nil {
			p.hold(ref, 1)
		}
		return
	}
	if s, ok := r.strays[ref]; ok {
		s.more++
		r.strays[ref] = s
	}
}

// drop takes a holder from a Ref. It returns the message, nil where there was no holder,
// and whether this was the last one.
func (r *refs) drop(ref uint64) (m *Message, last bool) {
	at := ref / pageRefs
	p := r.page(at)
	if p == nil {
		return r.dropStray(ref)
	}
	i := ref % pageRefs
	switch m = p.messages[i]; {
	case m == nil:
		return nil, false
	case p.more != nil && p.more[i] > 0:
		p.more[i]--
		return m, false
	}
	p.messages[i] = nil
	p.left--
	if at != r.last/pageRefs {
		r.tidy(at, strayRefs)
	}
	return m, true
}

func (r *refs) dropStray(ref uint64) (m *Message, last bool) {
	s, ok := r.strays[ref]
	switch {
	case !ok:
		return nil, false
	case s.more > 0:
		s.more--
		r.strays[ref] = s
		return s.message, false
	}
	delete(r.strays, ref)
	return s.message, true
}

func (r *refs) page(at uint64) *page {
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
	for i, m := range p.messages {
		if m == nil {
			continue
		}
		if r.strays == nil {
			r.strays = map[uint64]stray{}
		}
		s := stray{message: m}
		if p.more != nil {
			s.more = p.more[i]
		}
		r.strays[at*pageRefs+uint64(i)] = s
	}
	r.pages[at-r.first] = nil
	for len(r.pages) > 0 && r.pages[0] == nil {
		r.pages = r.pages[1:]
		r.first++
	}
}

// size returns how many Refs have a holder.
func (r *refs) size() int {
	n := len(r.strays)
	for _, p := range r.pages {
		if p != nil {
			n += p.left
		}
	}
	return n
}
