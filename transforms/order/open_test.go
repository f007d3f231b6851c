package order

import (
	"bytes"
	"testing"
)

func TestOpenLinesAreReadBack(t *testing.T) {
	const raw = `{"orderId":"o1","type":"create","time":1}`
	for kind, want := range map[OpenKind]string{
		OpenEvent:     raw,
		OpenForPeople: `{"rule":"","event":` + raw + `}`,
		OpenRow:       `{"rule":"","event":` + raw + `,"row":true}`,
	} {
		line := AppendOpen([]byte("x"), kind, "", []byte(raw))
		if string(line) != "x"+want {
			t.Errorf("kind %d: got %s, want %s", kind, line, want)
		}
		if k, event := ReadOpen(line[1:]); k != kind || string(event) != raw {
			t.Errorf("%s: kind %d, %s", line, k, event)
		}
	}
}

// A line of a rule is for people.
func TestOpenLinesOfRules(t *testing.T) {
	line := AppendOpen(nil, OpenForPeople, `un"paid`, []byte(`{"a":1}`))
	if string(line) != `{"rule":"un\"paid","event":{"a":1}}` {
		t.Errorf("got %s", line)
	}
	if kind, event := ReadOpen(line); kind != OpenForPeople || string(event) != `{"a":1}` {
		t.Errorf("%s: kind %d, %s", line, kind, event)
	}
}

func TestOtherLinesAreNoOpenLines(t *testing.T) {
	for _, line := range []string{
		``, `[]`, `null`, `{"rule":"","event":{}`, `{"rule":"","event":[]}`, `{"rule":"","event":null}`, `{"rule":7,"event":{}}`, `{"rule":"x","event":{},"row":true}`, `{"event":{}}`,
		`{"rule":"","event":{},"row":false}`, `{"rule":"","event":{},"row":1}`, `{"rule":"","event":{},"time":1}`, `{"rule":"","event":{},"row":true,"time":1}`,
	} {
		if kind, raw := ReadOpen([]byte(line)); kind != OpenEvent || string(raw) != line {
			t.Errorf("%s: kind %d, %s", line, kind, raw)
		}
	}
}

// What a line holds is what it was made of, whatever it is.
func FuzzReadOpen(f *testing.F) {
	f.Add([]byte(`{"a":1}`))
	f.Add([]byte(` { "rule":"","event":{},"row":true} `))
	f.Fuzz(func(t *testing.T, raw []byte) {
		kind, event := ReadOpen(raw)
		if kind == OpenEvent {
			if !bytes.Equal(event, raw) {
				t.Fatalf("%q became %q", raw, event)
			}
			return
		}
		if again, event2 := ReadOpen(AppendOpen(nil, kind, "", event)); again != kind || !bytes.Equal(event, event2) {
			t.Errorf("%q: kind %d with %q, then %d with %q", raw, kind, event, again, event2)
		}
	})
}
