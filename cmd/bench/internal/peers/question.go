package peers

import (
	"strconv"
	"time"
)

// Question is a pattern that is put to ordertimeout and to Flink.
type Question struct {
	// Name is the question's in the Flink jobs: see Question.java.
	Name string
	// Pattern is the text for ordertimeout, without the window and what comes behind it,
	// which is Skip.
	Pattern, Skip string
	// Fails and Cancelled are those of the shop: see shop.Config.
	Fails     int
	Cancelled float64
	// Events says that matches are compared by their events. Those of two events are
	// known by their times.
	Events bool
	// Branches says that Flink reports a timeout for each branch, also of a run that has
	// given a match. Ours is one a run, of a run without a match.
	Branches bool
}

// OrderPaid is the question that ordertimeout is named for.
func OrderPaid() Question { return Question{Name: "two", Pattern: "create followedBy pay"} }

// Questions are others, of all parts of the pattern language. Each is to do real work on
// its log: the first one on that of OrderPaid, the others on a log in which payments fail
// up to six times and a tenth of the orders is cancelled.
func Questions() []Question {
	all := []Question{
		{Name: "every", Pattern: "every create followedByAny pay", Branches: true},
		{Name: "loop", Pattern: "every create followedBy fail{2,} followedBy pay", Events: true, Branches: true},
		{Name: "group", Pattern: "every create followedBy (fail followedBy retry)+ followedBy pay", Events: true, Branches: true},
		{Name: "negation", Pattern: "every create notFollowedBy cancel followedBy pay", Branches: true},
		{Name: "skip", Pattern: "every fail{3}", Skip: " skip past last", Events: true, Branches: true},
		{Name: "sum", Pattern: "every create followedBy fail+ followedBy pay[sum(fail, .amount) > 800]", Events: true, Branches: true},
	}
	for i := range all[1:] {
		all[1+i].Fails, all[1+i].Cancelled = 6, 0.1
	}
	return all
}

// log are the flags of orderlog for the question's log.
func (q Question) log() []string {
	return []string{"-fails", strconv.Itoa(q.Fails), "-cancelled", strconv.FormatFloat(q.Cancelled, 'f', -1, 64)}
}

// Text is the whole pattern.
func (q Question) Text(within time.Duration) string {
	return q.Pattern + " within " + within.String() + q.Skip
}
