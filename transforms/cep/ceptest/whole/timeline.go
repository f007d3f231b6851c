package whole

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"ordertimeout/transforms/cep/ceptest"
)

// Timeline is a scenario of one key. The README beside the files of Timelines tells
// their language.
type Timeline struct {
	// Name says what it shows, Place where it stands.
	Name, Place string
	// Text is the pattern's text, and Pattern what it says, with Remember and the bounds.
	Text    string
	Pattern Pattern
	Lines   []Line
	// deadlines says that the deadlines of all outcomes are shown.
	deadlines bool
	labels    map[ceptest.Event]string
}

// Line is a line of a Timeline: time comes to a place, and then there may be an event,
// or the end of the input.
type Line struct {
	Number int
	At     int64
	// Event is the event, where IsEvent says so; IsEnd says that the input ends.
	Event          ceptest.Event
	IsEvent, IsEnd bool
	// Want is what becomes of it.
	Want string
}

//go:embed timelines/*.txt
var files embed.FS

// Timelines returns all scenarios, in the order of their files.
func Timelines() ([]Timeline, error) {
	names, err := fs.Glob(files, "timelines/*.txt")
	if err != nil {
		return nil, err
	}
	var all []Timeline
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		some, err := parseTimelines(name, string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

func parseTimelines(file, text string) ([]Timeline, error) {
	var all []Timeline
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		name, begins := strings.CutPrefix(line, "== ")
		var err error
		switch {
		case trimmed == "" || strings.HasPrefix(trimmed, "#"):
		case begins:
			all = append(all, Timeline{Name: name, Place: fmt.Sprintf("%s:%d", file, i+1), labels: map[ceptest.Event]string{}})
		case len(all) == 0:
			err = fmt.Errorf("no scenario has begun")
		default:
			err = all[len(all)-1].add(i+1, line)
		}
		if err != nil {
			return nil, fmt.Errorf("whole: %s:%d: %w", file, i+1, err)
		}
	}
	return all, nil
}

// add adds a line of the file.
func (t *Timeline) add(number int, line string) error {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	rest = strings.TrimSpace(rest)
	var err error
	switch {
	case strings.HasPrefix(line, " "):
		if len(t.Lines) == 0 {
			return fmt.Errorf("got %q: want an event before it", line)
		}
		last := &t.Lines[len(t.Lines)-1]
		last.Want = last.Want + "; " + strings.TrimSpace(line)
		return nil
	case word == "pattern":
		t.Text = rest
		t.Pattern, err = Parse(rest)
		return err
	case word == "remember":
		d, err := time.ParseDuration(rest)
		t.Pattern.Remember = d.Milliseconds()
		return err
	case word == "max-branches":
		t.Pattern.MaxBranches, err = strconv.Atoi(rest)
		return err
	case word == "max-events":
		t.Pattern.MaxTaken, err = strconv.Atoi(rest)
		return err
	case line == "show deadlines":
		t.deadlines = true
		return nil
	}
	return t.addLine(number, word, rest)
}

func (t *Timeline) addLine(number int, word, rest string) error {
	l := Line{Number: number}
	var what string
	if word == "end" {
		l.IsEnd = true
		word, rest, _ = strings.Cut(rest, " ")
	} else {
		what, rest, _ = strings.Cut(rest, " ")
	}
	l.Want = strings.TrimSpace(rest)
	at, err := strconv.ParseInt(word, 10, 64)
	if l.At = at; err != nil || what == "" && !l.IsEnd {
		return fmt.Errorf("got %q: want AT EVENT WHAT, or a word of the README", word)
	}
	if what != "-" && !l.IsEnd {
		l.IsEvent = true
		if l.Event, err = parseEvent(what, l.At); err != nil {
			return err
		}
		t.label(l.Event)
	}
	t.Lines = append(t.Lines, l)
	return nil
}

// parseEvent reads TYPE[#ID][{MEMBERS}][@TIME] at a place.
func parseEvent(text string, at int64) (ceptest.Event, error) {
	e := ceptest.Event{Key: "k", Time: at, At: at}
	var err error
	head, stamp, late := strings.Cut(text, "@")
	if late {
		if e.Time, err = strconv.ParseInt(stamp, 10, 64); err != nil {
			return e, err
		}
	}
	head, members, has := strings.Cut(strings.TrimSuffix(head, "}"), "{")
	e.Type, e.ID, _ = strings.Cut(head, "#")
	e.Data = fmt.Sprintf(`{"type":%q,"time":%d`, e.Type, e.Time)
	if has {
		for _, m := range strings.Split(members, ",") {
			name, value, ok := strings.Cut(m, ":")
			if !ok {
				return e, fmt.Errorf("got %q: want a member as n:1", m)
			}
			e.Data += fmt.Sprintf(`,%q:%s`, name, value)
		}
	}
	e.Data += "}"
	return e, nil
}

// label calls an event by its type and its number among those of the type, if the same
// event has not been called yet.
func (t *Timeline) label(e ceptest.Event) {
	e.At = 0
	if t.labels[e] != "" {
		return
	}
	n := 1
	for other := range t.labels {
		if other.Type == e.Type {
			n++
		}
	}
	t.labels[e] = fmt.Sprint(e.Type, n)
}

func (t *Timeline) labelsOf(events []ceptest.Event) string {
	var all []string
	for _, e := range events {
		e.At = 0
		if t.labels[e] == "" {
			return fmt.Sprintf("an event that was not given: %v", e)
		}
		all = append(all, t.labels[e])
	}
	return strings.Join(all, ",")
}

// Machine is what runs a Timeline: a Key, or what is checked.
type Machine interface {
	// Advance lets time come to a place.
	Advance(at int64) Change
	// Step gives the next event. Time has come to its place.
	Step(e ceptest.Event) Change
	// End returns the events of the open runs, each once, and how runs are counted at the
	// end, sorted.
	End() (open []ceptest.Event, ends []string)
}

// Check runs the scenario and returns a fault a line in which the machine differs.
func (t Timeline) Check(m Machine) []string {
	var faults []string
	for _, l := range t.Lines {
		got := t.words(l, m.Advance(l.At))
		switch {
		case l.IsEvent:
			got = append(got, t.words(l, m.Step(l.Event))...)
		case l.IsEnd:
			open, ends := m.End()
			got = append(got, ends...)
			if len(open) > 0 {
				got = append(got, "events "+t.labelsOf(open))
			}
		}
		if len(got) == 0 {
			got = []string{"nothing"}
		}
		if got := strings.Join(got, "; "); got != l.Want {
			file, _, _ := strings.Cut(t.Place, ":")
			faults = append(faults, fmt.Sprintf("%s:%d: %s\n\t%s\n\tgot:  %s\n\twant: %s", file, l.Number, t.Name, t.Text, got, l.Want))
		}
	}
	return faults
}

// words says what has changed.
func (t *Timeline) words(l Line, c Change) []string {
	var words []string
	if c.Class != "" {
		class := c.Class
		if c.Again {
			class += " again"
		}
		words = append(words, class)
	}
	for _, o := range c.Outcomes {
		words = append(words, t.outcome(l, o))
	}
	for _, how := range c.Ends {
		if how != TimedOut { // The outcome says so.
			words = append(words, how)
		}
	}
	return words
}

// outcome says what an outcome is, at a line.
func (t *Timeline) outcome(l Line, o Outcome) string {
	words := []string{map[string]string{Success: "match", Timeout: "timeout"}[o.Kind]}
	if o.At != l.At {
		words[0] += fmt.Sprintf("@%d", o.At)
	}
	for _, pl := range places(t.Pattern.Sequence) {
		events := o.Of(pl.step.Name)
		if len(events) == 0 {
			continue
		}
		word := t.labelsOf(events)
		if slices.ContainsFunc(events, func(e ceptest.Event) bool { return e.Type != pl.step.Name }) {
			word = pl.step.Name + "=" + word
		}
		words = append(words, word)
	}
	if o.Kind == Timeout {
		words = append(words, "waits")
		words = append(words, o.WaitingFor...)
		if len(o.WaitingFor) == 0 {
			words = append(words, "for nothing")
		}
	}
	if o.Kind == Success && o.EndedAt != o.At {
		words = append(words, fmt.Sprint("ended ", o.EndedAt))
	}
	if t.deadlines || o.Kind == Timeout && o.Deadline != o.At {
		deadline := fmt.Sprint(o.Deadline)
		if o.Deadline == Never {
			deadline = "never"
		}
		words = append(words, "deadline "+deadline)
	}
	if o.StartedAt != o.Taken[0].Event.Time {
		words = append(words, fmt.Sprint("startedAt wrong: ", o.StartedAt))
	}
	return strings.Join(words, " ")
}
