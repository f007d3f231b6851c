package pubsub

import "slices"

// tangle finds the circles that can be acknowledged among messages that wait for
// others: by Tarjan's algorithm, the strongly connected components from which no
// wait leads out.
type tangle map[*input]*knot

// knot is a message that was visited.
type knot struct {
	order, low int  // of the visit, and the first that is known to be in its circle
	path       bool // its circle is not complete
	out        bool // it waits for a message outside of its circle
}

// visit appends the circles among a message and those that it waits for. The path
// has the messages that were visited and are in no complete circle.
func (t tangle) visit(x *input, circles [][]*input, path *[]*input) [][]*input {
	k := &knot{order: len(t), low: len(t), path: true}
	t[x] = k
	at := len(*path)
	*path = append(*path, x)
	for _, y := range x.before {
		switch {
		case y.stage == acked:
			continue
		case !waits(y): // it is not done, or its turn has come
			k.out = true
			continue
		case t[y] == nil:
			circles = t.visit(y, circles, path)
		}
		if t[y].path {
			k.low = min(k.low, t[y].low)
		} else {
			k.out = true
		}
	}
	if k.low < k.order {
		return circles
	}
	circle := slices.Clone((*path)[at:])
	*path = (*path)[:at]
	out := false
	for _, y := range circle {
		t[y].path = false
		out = out || t[y].out
	}
	if out {
		return circles
	}
	return append(circles, circle)
}
