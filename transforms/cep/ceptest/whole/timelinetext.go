package whole

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"ordertimeout/transforms/cep/ceptest"
)

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
		some, err := ParseTimelines(name, string(text))
		if err != nil {
			return nil, err
		}
		for _, t := range some {
			if t.Beyond {
				return nil, fmt.Errorf("whole: %s: pattern with a condition that the model does not know: %s", t.Place, t.Text)
			}
		}
		all = append(all, some...)
	}
	return all, nil
}

// ParseTimelines reads scenarios from the text of a file. They may be Beyond the model.
func ParseTimelines(file, text string) ([]Timeline, error) {
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
		t.Pattern, t.Beyond, err = parse(rest, true)
		return err
	case word == "remember":
		d, err := time.ParseDuration(rest)
		t.Pattern.Remember, t.Pattern.Window.Remembers = d.Milliseconds(), false
		return err
	case word == "max-branches":
		t.Pattern.MaxBranches, err = strconv.Atoi(rest)
		return err
	case word == "max-events":
		t.Pattern.MaxTaken, err = strconv.Atoi(rest)
		return err
	case word == "started" && rest == "":
		t.Pattern.Started = true
		return nil
	case word == "cancelled" && rest == "":
		t.Pattern.Cancelled = true
		return nil
	case word == "early":
		d, err := time.ParseDuration(rest)
		t.Pattern.Early = d.Milliseconds()
		return err
	case word == "resolve":
		d, err := time.ParseDuration(rest)
		t.Pattern.Resolve = d.Milliseconds()
		return err
	case word == "window":
		t.Pattern.Window, err = ParseWindow(rest)
		return err
	case word == "remind":
		for _, age := range strings.Fields(rest) {
			d, err := time.ParseDuration(age)
			if err != nil {
				return err
			}
			t.Pattern.Remind = append(t.Pattern.Remind, d.Milliseconds())
		}
		return nil
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
	if len(t.Lines) == 0 {
		_, err := strconv.Atoi(word)
		t.durations = err != nil
	}
	at, err := t.parseTime(word)
	if l.At = at; err != nil || what == "" && !l.IsEnd {
		return fmt.Errorf("got %q: want AT EVENT WHAT, or a word of the README", word)
	}
	if what != "-" && !l.IsEnd {
		l.IsEvent = true
		if l.Event, err = t.parseEvent(what, l.At); err != nil {
			return err
		}
		t.label(l.Event)
	}
	t.Lines = append(t.Lines, l)
	return nil
}

// parseTime reads a time: milliseconds, or a duration.
func (t *Timeline) parseTime(text string) (int64, error) {
	if !t.durations {
		return strconv.ParseInt(text, 10, 64)
	}
	d, err := time.ParseDuration(text)
	return d.Milliseconds(), err
}

// time writes a time as parseTime reads it.
func (t *Timeline) time(at int64) string {
	if !t.durations {
		return fmt.Sprint(at)
	}
	text := (time.Duration(at) * time.Millisecond).String()
	for _, none := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, none) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// parseEvent reads TYPE[#ID][{MEMBERS}][@TIME] at a place.
func (t *Timeline) parseEvent(text string, at int64) (ceptest.Event, error) {
	e := ceptest.Event{Key: "k", Time: at, At: at}
	var err error
	head, stamp, late := strings.Cut(text, "@")
	if late {
		if e.Time, err = t.parseTime(stamp); err != nil {
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
