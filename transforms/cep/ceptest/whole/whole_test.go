package whole

import (
	"strings"
	"testing"

	"ordertimeout/transforms/cep/ceptest"
)

func TestTimelines(t *testing.T) {
	all, err := Timelines()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 200 {
		t.Errorf("got %d timelines: want all that there are", len(all))
	}
	for _, timeline := range all {
		for _, fault := range timeline.Check(NewKey(timeline.Pattern)) {
			t.Error(fault)
		}
		if got := timeline.Pattern.String(); got != timeline.Text {
			t.Errorf("%s: the text is not canonical:\ngot:  %s\nwant: %s", timeline.Place, timeline.Text, got)
		}
		var last *Line
		for i := range timeline.Lines {
			l := &timeline.Lines[i]
			if l.IsEvent && last != nil && timeline.Pattern.Compare(last.Event, l.Event) > 0 {
				t.Errorf("%s: line %d is not in the order of the key", timeline.Place, l.Number)
			}
			if l.IsEvent {
				last = l
			}
		}
	}
}

func TestCheckTellsFaults(t *testing.T) {
	text := "== it\npattern every a followedBy b within 10ms\n1 a started\n2 b advanced; match a1 b1; matched\n12 - nothing\n"
	for _, c := range []struct{ of, by, want string }{
		{"started", "other", "got:  started\n\twant: other"},
		{"a1 b1", "a1 b2", "got:  advanced; match a1 b1; matched\n\twant: advanced; match a1 b2; matched"},
		{"; matched", "", "want: advanced; match a1 b1"},
		{"nothing", "matched", "got:  nothing\n\twant: matched"},
	} {
		all, err := ParseTimelines("file", strings.Replace(text, c.of, c.by, 1))
		if err != nil {
			t.Fatal(err)
		}
		faults := all[0].Check(NewKey(all[0].Pattern))
		if len(faults) != 1 || !strings.Contains(faults[0], c.want) {
			t.Errorf("%q for %q: got %q: want one fault with %q", c.by, c.of, faults, c.want)
		}
	}
}

// Times may be durations, and a condition may be beyond the model.
func TestTimelinesOfOthers(t *testing.T) {
	all, err := ParseTimelines("file", `== it
pattern every a followedBy b within 1h
show deadlines
0s     a          started
59m    b@58m30s   advanced; match@58m30s a1 b1 deadline 1h; matched
== beyond
pattern every a[x matches "b"] within 1h
`)
	if err != nil {
		t.Fatal(err)
	}
	if faults := all[0].Check(&onTime{NewKey(all[0].Pattern)}); len(faults) > 0 {
		t.Error(faults)
	}
	if all[0].Beyond || !all[1].Beyond {
		t.Errorf("got beyond %v and %v: want the second", all[0].Beyond, all[1].Beyond)
	}
}

// onTime gives late events as if they had come at their time.
type onTime struct{ *Key }

func (o *onTime) Step(e ceptest.Event) Change {
	e.At = e.Time
	return o.Key.Step(e)
}

func TestTimelineErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"1 a started", "file:1: no scenario has begun"},
		{"== it\npattern a followed b", "column 3"},
		{"== it\npattern a within 1s\n and more", "want an event before it"},
		{"== it\npattern a within 1s\nx a started", `got "x"`},
		{"== it\npattern a within 1s\n1", `got "1"`},
		{"== it\npattern a within 1s\n1 a{n} started", `got "n"`},
	} {
		if _, err := ParseTimelines("file", c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v: want %q", c.text, err, c.want)
		}
	}
}

func TestCompare(t *testing.T) {
	p, err := Parse("a|b as x notFollowedBy n followedBy any as y followedBy c within 10ms")
	if err != nil {
		t.Fatal(err)
	}
	// In the order in which they are to be applied: by place, position of the type, id, data.
	ordered := []ceptest.Event{
		{At: 1, Type: "z"},
		{At: 2, Type: "b"},
		{At: 2, Type: "a", ID: "1", Data: "2"},
		{At: 2, Type: "b", ID: "1", Data: "3"},
		{At: 2, Type: "a", ID: "2", Data: "1"},
		{At: 2, Type: "n"},
		{At: 2, Type: "z"},
		{At: 2, Type: "c"},
	}
	for i := range ordered {
		for j := range ordered {
			if got := p.Compare(ordered[i], ordered[j]); got != max(-1, min(1, i-j)) {
				t.Errorf("%v, %v: got %d", ordered[i], ordered[j], got)
			}
		}
	}
	none, err := Parse("a followedBy c within 10ms")
	if err != nil {
		t.Fatal(err)
	}
	if none.Compare(ceptest.Event{Type: "c"}, ceptest.Event{Type: "b"}) >= 0 {
		t.Error("a type that no step names, without a step of any type, is not last")
	}
}
