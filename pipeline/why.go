package pipeline

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms"
	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
	"ordertimeout/transforms/story"
)

func init() {
	register.DoFn1x1[[]order.Event, error](&gatherOrderFn{})
	register.DoFn1x1[order.Reject, error](&gatherMalformedFn{})
}

// Why is the input side of a pipeline, and the pattern, for the story of one order. The
// source is that of the run, so that each event has the place in time that it had there.
type Why struct {
	source  connect.Source
	matches []transforms.MatchConfig
	run     string
	id      string
	// follows is how far the watermark is behind the largest event time of those that it
	// follows, in milliseconds; negative where it may be further behind, as of a live pipe.
	follows int64
}

// Why returns what tells the story of an order id under the settings of a run. It looks at
// no file. Outputs are not looked at, but that with an open file or a carry file the log goes
// on; the whole of the input is read, whatever a carry file says. Files are read as they
// are, also where the run follows them. The error is a line that names the flag. The
// settings want a Run.
func (c Config) Why(id string) (Why, error) {
	c, err := c.again("the story of an order is told", "a file, a glob or - (standard input)")
	if err != nil {
		return Why{}, err
	}
	// Rejects are read, for the malformed ones; nothing of this is opened.
	c.Success, c.Timeouts, c.Rejects = localfile.None, localfile.None, localfile.Stdout
	p, err := c.Plan()
	if err != nil {
		return Why{}, err
	}
	follows := c.Disorder.Milliseconds()
	if c.LivePipe {
		follows = -1
	}
	return Why{source: p.source, matches: p.matches, run: c.Run, id: id, follows: follows}, nil
}

// Resolve looks up what is there to read. The error names what is missing or cannot be read.
func (w Why) Resolve() (Why, error) {
	source, _, err := w.source.Resolve()
	if err == nil {
		w.source = source
	}
	return w, err
}

// BuildWhy adds the reading of the input to a scope. Once it is done Why.Stories has what
// was read of the order.
func BuildWhy(s beam.Scope, w Why) {
	events, rejects := w.source.Read(s)
	beam.ParDo0(s, &gatherOrderFn{RunID: w.run, OrderID: w.id, Follows: w.follows}, events)
	for _, r := range rejects {
		beam.ParDo0(s, &gatherMalformedFn{RunID: w.run, OrderID: w.id}, r)
	}
}

// gathered is what was read of an order id.
type gathered struct {
	mu        sync.Mutex
	events    []order.Event // of whichever user
	doubted   []bool        // whether the clock of an event was not believed
	largest   int64         // the time of the events that were not doubted
	malformed []order.Reject
	end       story.End
	ended     bool
}

// Close implements io.Closer.
func (g *gathered) Close() error { return nil }

func newGathered() *gathered { return &gathered{} }

// gatherOrderFn keeps the events of an order id, and how the input has ended.
type gatherOrderFn struct {
	RunID, OrderID string
	Follows        int64 // see Why
}

// ProcessElement keeps what it needs of a block.
func (fn *gatherOrderFn) ProcessElement(events []order.Event) error {
	run := process.Of(fn.RunID)
	g, err := process.Get(run, newGathered)
	if err != nil {
		return run.Fail(err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range events {
		e := &events[i]
		if isEvent := e.Mark == 0 || e.Mark == order.MarkRow; isEvent && fn.Follows >= 0 {
			g.doubt(e.At + fn.Follows)
		}
		switch {
		case e.Mark == order.MarkEnd || e.Mark == order.MarkCut:
			g.end, g.ended = story.End{Last: e.Time, Limit: e.At, Cut: e.Mark == order.MarkCut}, true
		case e.Mark != 0 && e.Mark != order.MarkRow || e.OrderID != fn.OrderID:
		default:
			g.events = append(g.events, own(*e))
			g.doubted = append(g.doubted, false)
			g.largest = max(g.largest, e.Time)
		}
	}
	return nil
}

// doubt notes that the watermark has followed no event beyond a time: it would be too late
// for an event that has come since.
func (g *gathered) doubt(beyond int64) {
	if g.largest <= beyond {
		return
	}
	g.largest = 0
	for i := range g.events {
		if g.events[i].Time > beyond {
			g.doubted[i] = true
		} else {
			g.largest = max(g.largest, g.events[i].Time)
		}
	}
}

// own returns an event in memory of its own, so that one event does not keep its block.
func own(e order.Event) order.Event {
	e.UserID, e.OrderID, e.Type, e.ID = strings.Clone(e.UserID), strings.Clone(e.OrderID), strings.Clone(e.Type), strings.Clone(e.ID)
	e.Raw = bytes.Clone(e.Raw)
	return e
}

// gatherMalformedFn keeps the malformed inputs that name an order id.
type gatherMalformedFn struct{ RunID, OrderID string }

// ProcessElement keeps a reject that names the order.
func (fn *gatherMalformedFn) ProcessElement(r order.Reject) error {
	if !story.Names(r.Input, fn.OrderID) {
		return nil
	}
	run := process.Of(fn.RunID)
	g, err := process.Get(run, newGathered)
	if err != nil {
		return run.Fail(err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	r.Input = "" // which nobody reads
	g.malformed = append(g.malformed, r)
	return nil
}

// Story is the story of one order under one rule.
type Story struct {
	// Rule is the rule's name; "" where there is one pattern alone. Pattern is its text.
	Rule, Pattern string
	// UserID and OrderID name the order; "" is an absent id.
	UserID, OrderID string
	// ByOrder says that the rule knows an order by its id alone, whoever's it is.
	ByOrder bool
	// Lines are what happened.
	Lines []story.Line
}

// Stories returns the story of each order with the id, by user, and the malformed inputs
// that name it: once the pipeline of BuildWhy has ended, and before its run is closed.
func (w Why) Stories() ([]Story, []order.Reject, error) {
	run := process.Of(w.run)
	g, err := process.Get(run, newGathered)
	if err != nil {
		return nil, nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.ended {
		return nil, nil, errors.New("pipeline: the input has not come to an end")
	}
	var told []Story
	for _, m := range w.matches {
		of, err := w.storiesOf(m, g)
		if err != nil {
			return nil, nil, err
		}
		told = append(told, of...)
	}
	return told, g.malformed, nil
}

// storiesOf returns the stories of the rules with one key, by user.
func (w Why) storiesOf(m transforms.MatchConfig, g *gathered) ([]Story, error) {
	programs, err := m.Programs()
	if err != nil {
		return nil, err
	}
	users, byUser := g.byUser(m)
	var told []Story
	for _, user := range users {
		for i, prog := range programs {
			r := &m.Rules[i]
			s := Story{Rule: r.Name, Pattern: prog.Text(), UserID: user, OrderID: w.id, ByOrder: m.ByOrder}
			config := story.Config{Rule: r.Name, Prog: prog, End: g.end}
			story.Tell(config, order.Key(user, w.id), byUser[user], func(l story.Line) { s.Lines = append(s.Lines, l) })
			told = append(told, s)
		}
	}
	return told, nil
}

// byUser returns the users with an order of the id, in their order, and its events by user.
func (g *gathered) byUser(m transforms.MatchConfig) (users []string, events map[string][]story.Event) {
	events = map[string][]story.Event{}
	for i := range g.events {
		e := &g.events[i]
		user := e.UserID
		if m.ByOrder {
			user = ""
		}
		if events[user] == nil {
			users = append(users, user)
		}
		events[user] = append(events[user], story.Event{
			Event:  cep.Event{Type: e.Type, ID: e.ID, Time: e.Time, At: e.At, Data: e.Raw, Row: e.Mark == order.MarkRow},
			Source: e.Source, Line: e.Line, Doubted: g.doubted[i],
		})
	}
	slices.Sort(users)
	return users, events
}
