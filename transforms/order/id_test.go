package order

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
)

// Outcome ids are stored by those who receive them: they are never to change.
func TestOutcomeID(t *testing.T) {
	const pattern = "create followedBy pay within 10m"
	got := OutcomeID(pattern, Key("u1", "o1"), 1000, "")
	if want := "7c4189185cd9f53dd6cea96c9dfaa044"; got != want {
		t.Errorf("id %s, want %s", got, want)
	}
	seen := map[string]string{got: "the first"}
	for _, test := range []struct {
		reason, pattern, key, id string
		time                     int64
	}{
		{"another pattern", pattern + "1", Key("u1", "o1"), "", 1000},
		{"another user", pattern, Key("u2", "o1"), "", 1000},
		{"another order", pattern, Key("u1", "o2"), "", 1000},
		{"the same letters, cut elsewhere", pattern, Key("u1o", "1"), "", 1000},
		{"no user", pattern, Key("", "u1o1"), "", 1000},
		{"another time", pattern, Key("u1", "o1"), "", 1001},
		{"an event id", pattern, Key("u1", "o1"), "x", 1000},
	} {
		id := OutcomeID(test.pattern, test.key, test.time, test.id)
		if other, ok := seen[id]; ok {
			t.Errorf("%s has the id of %s", test.reason, other)
		}
		seen[id] = test.reason
	}
}

// As of TestOutcomeID: they are never to change.
func TestIDsOfPatternsWithEvery(t *testing.T) {
	const pattern = "every create followedBy pay within 10m"
	key := Key("u1", "o1")
	create := TakenEvent{Step: "create", Type: "create", Time: 1000, ID: "c1"}
	pay := TakenEvent{Step: "pay", Type: "pay", Time: 2000, Raw: []byte(`{"type":"pay"}`)}
	match := func(events ...TakenEvent) string { return MatchID(pattern, key, events) }
	with := func(e TakenEvent, change func(*TakenEvent)) TakenEvent {
		change(&e)
		return e
	}
	got, timeout := match(create, pay), TimeoutID(pattern, key, create)
	if want := "e9574d9acb0766002f943375befdb8c4"; got != want {
		t.Errorf("match: id %s, want %s", got, want)
	}
	if want := "b029f7b445fa16d194b013566d008662"; timeout != want {
		t.Errorf("timeout: id %s, want %s", timeout, want)
	}
	seen := map[string]string{got: "the match", timeout: "the timeout"}
	for _, test := range []struct{ reason, id string }{
		{"a pattern without every", OutcomeID(pattern, key, 1000, "c1")},
		{"another pattern", MatchID(pattern+"1", key, []TakenEvent{create, pay})},
		{"another order", MatchID(pattern, Key("u1o", "1"), []TakenEvent{create, pay})},
		{"the first event alone", match(create)},
		{"no event", match()},
		{"one more", match(create, pay, pay)},
		{"in another order", match(pay, create)},
		{"another step took one", match(create, with(pay, func(e *TakenEvent) { e.Step = "paid" }))},
		{"another type", match(create, with(pay, func(e *TakenEvent) { e.Type = "cod" }))},
		{"another time", match(create, with(pay, func(e *TakenEvent) { e.Time++ }))},
		{"other bytes", match(create, with(pay, func(e *TakenEvent) { e.Raw = []byte("{}") }))},
		{"an id of the same letters as the bytes", match(create, with(pay, func(e *TakenEvent) { e.ID = string(e.Raw) }))},
		{"a timeout of another type", TimeoutID(pattern, key, with(create, func(e *TakenEvent) { e.Type = "created" }))},
		{"a timeout of another time", TimeoutID(pattern, key, with(create, func(e *TakenEvent) { e.Time-- }))},
		{"a timeout by the bytes", TimeoutID(pattern, key, with(create, func(e *TakenEvent) { e.ID, e.Raw = "", []byte("c1") }))},
		{"a timeout of another order", TimeoutID(pattern, Key("u1", "o2"), create)},
		{"a timeout of another pattern", TimeoutID(pattern+"1", key, create)},
	} {
		if other, ok := seen[test.id]; ok {
			t.Errorf("%s has the id of %s", test.reason, other)
		}
		seen[test.id] = test.reason
	}
	create.Raw = []byte("{}") // delivered again with a space more, say
	if match(create, pay) != got || TimeoutID(pattern, key, create) != timeout {
		t.Error("the bytes of an event with an id change the id of its outcome")
	}
}

// What ids are hashes of can be read back, whatever the parts, and says of which kind the
// id is: so no two ids are hashes of the same bytes.
func FuzzIDs(f *testing.F) {
	f.Add("a followedBy b within 1s", "key", "a", "a", int64(1000), "", []byte("{}"), "b", "b|c", int64(-1), "id")
	f.Add("\x00m", "\x00", "", "\x00\x01", int64(1), "", []byte(""), "", "", int64(0), "")
	f.Add("\x00t", "", "t", "", int64(0), "x", []byte("x"), "s", "\xff", int64(1), "\x00")
	f.Fuzz(func(t *testing.T, pattern, key, step, typ string, time int64, id string, raw []byte, step2, typ2 string, time2 int64, id2 string) {
		if pattern == "" {
			return // there is no such pattern
		}
		one, two := TakenEvent{step, typ, time, id, raw}, TakenEvent{step2, typ2, time2, id2, raw}
		for _, test := range []struct {
			of   string
			from []byte
		}{
			{fmt.Sprintf("run %q %q %d %q", pattern, key, time, id), appendRun(nil, pattern, key, time, id)},
			{fmt.Sprintf("timeout %q %q%s", pattern, key, eventText(one)), appendTimeout(nil, pattern, key, &one)},
			{fmt.Sprintf("match %q %q", pattern, key), appendMatch(nil, pattern, key, nil)},
			{fmt.Sprintf("match %q %q %q%s", pattern, key, step, eventText(one)), appendMatch(nil, pattern, key, []TakenEvent{one})},
			{fmt.Sprintf("match %q %q %q%s %q%s", pattern, key, step, eventText(one), step2, eventText(two)), appendMatch(nil, pattern, key, []TakenEvent{one, two})},
		} {
			if got := (&hashedReader{b: test.from}).text(); got != test.of {
				t.Errorf("%q: got %s, want %s", test.from, got, test.of)
			}
		}
	})
}

func eventText(e TakenEvent) string {
	if e.ID != "" {
		return fmt.Sprintf(" %q %d id %q", e.Type, e.Time, e.ID)
	}
	return fmt.Sprintf(" %q %d raw %q", e.Type, e.Time, e.Raw)
}

// hashedReader reads what ids are hashes of.
type hashedReader struct{ b []byte }

func (r *hashedReader) text() string {
	switch {
	case bytes.HasPrefix(r.b, []byte(matchForm)):
		r.b = r.b[len(matchForm):]
		text := fmt.Sprintf("match %q %q", r.sized(), r.sized())
		for len(r.b) > 0 {
			text += fmt.Sprintf(" %q", r.sized()) + r.event()
		}
		return text
	case bytes.HasPrefix(r.b, []byte(timeoutForm)):
		r.b = r.b[len(timeoutForm):]
		return fmt.Sprintf("timeout %q %q", r.sized(), r.sized()) + r.event()
	}
	return fmt.Sprintf("run %q %q %d %q", r.sized(), r.sized(), r.time(), r.sized())
}

func (r *hashedReader) event() string {
	e := TakenEvent{Type: r.sized(), Time: r.time(), ID: r.sized()}
	if e.ID == "" {
		e.Raw = []byte(r.sized())
	}
	return eventText(e)
}

func (r *hashedReader) sized() string {
	size, n := binary.Uvarint(r.b)
	text := string(r.b[n : n+int(size)])
	r.b = r.b[n+int(size):]
	return text
}

func (r *hashedReader) time() int64 {
	ms := int64(binary.BigEndian.Uint64(r.b))
	r.b = r.b[8:]
	return ms
}
