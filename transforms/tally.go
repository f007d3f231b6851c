package transforms

import (
	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
	"ordertimeout/transforms/shard"
	"ordertimeout/transforms/shard/replica"
)

// tally tells what came out of a tick, once a tick and by group: nothing is written out
// for each event. byOrder says that no order is known by its user.
func tally(t *process.Tally, out *shard.Output, byOrder bool) {
	if t == nil {
		return
	}
	if e := out.FirstError; e != nil {
		t.ConditionFailed(e.Err.Error(), out.Failed.Source, out.Failed.Line)
	}
	for i := range out.Overflowed {
		t.PutAside(order.Overflow, replica.WhyOverflow(&out.Overflowed[i]), "", 0, 1)
	}
	for i := range out.Others {
		t.Other(out.Others[i].Type, out.Others[i].Count)
	}
	if len(out.Rejects) == 0 {
		return
	}
	var groups []rejectGroup
	var behind []int64
	var orphans process.Orphans
	for i := range out.Rejects {
		r := &out.Rejects[i]
		groups = addTo(groups, r)
		switch r.Class {
		case cep.Late:
			behind = append(behind, r.At-r.Time)
		case cep.Orphan:
			countOrphan(&orphans, r, byOrder)
		}
	}
	for _, g := range groups {
		reason, text := replica.Why(g.first)
		t.PutAside(reason, text, g.first.Source, g.first.Line, g.count)
	}
	t.Late(behind)
	t.Orphaned(orphans)
}

// rejectGroup are the rejects of a tick that are so for the same reason.
type rejectGroup struct {
	first *shard.Reject
	count int64
}

// addTo adds a reject to its group. There are a few: all have types of the pattern.
func addTo(groups []rejectGroup, r *shard.Reject) []rejectGroup {
	for i := range groups {
		if g := &groups[i]; g.first.Class == r.Class && g.first.Redelivered == r.Redelivered && g.first.Type == r.Type {
			if g.count++; r.Source == g.first.Source && r.Line < g.first.Line {
				g.first = r
			}
			return groups
		}
	}
	return append(groups, rejectGroup{r, 1})
}

func countOrphan(orphans *process.Orphans, r *shard.Reject, byOrder bool) {
	switch user, _, err := order.SplitKey(r.Key); {
	case !byOrder && err == nil && user == "":
		orphans.NoUser++
	case r.Known:
		orphans.Ended++
	default:
		orphans.Unknown++
	}
}
