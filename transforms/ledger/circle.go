package ledger

import "slices"

// waitGraph finds the circles that can be let go of among messages that wait for others.
// They are the strongly connected components from which no wait leads out, found by
// Tarjan's algorithm. The map has the messages that were visited.
type waitGraph map[*Message]*visit

// visit is what is known of a message that was visited.
type visit struct {
	order, low int  // of the visit, and the first that is known to be in its circle
	path       bool // its circle is not complete
	out        bool // it waits for a message outside of its circle
}

// visit appends the circles among a message and those that it waits for. The path
// has the messages that were visited and are in no complete circle.
func (g waitGraph) visit(m *Message, circles [][]*Message, path *[]*Message) [][]*Message {
	v := &visit{order: len(g), low: len(g), path: true}
	g[m] = v
	at := len(*path)
	*path = append(*path, m)
	for _, first := range m.before {
		switch {
		case first.stage == free:
			continue
		case !waits(first): // it is not done, or its turn has come
			v.out = true
			continue
		case g[first] == nil:
			circles = g.visit(first, circles, path)
		}
		if g[first].path {
			v.low = min(v.low, g[first].low)
		} else {
			v.out = true
		}
	}
	if v.low < v.order {
		return circles
	}
	circle := slices.Clone((*path)[at:])
	*path = (*path)[:at]
	out := false
	for _, m := range circle {
		g[m].path = false
		out = out || g[m].out
	}
	if out {
		return circles
	}
	return append(circles, circle)
}
