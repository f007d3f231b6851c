package order

import (
	"encoding/json"
)

// A line about an open event is the event as it came, where that is all that the next run
// has to know. Else it is an object that has the event:
//
//	{"rule":"","event":{…}}             for people: no run can go on with it. The rule is that
//	                                    in which it is open, "" where it is undecided
//	{"rule":"","event":{…},"row":true}  the event was a row of CSV

// OpenKind is how a line of open events is written.
type OpenKind uint8

// The kinds of line.
const (
	// OpenEvent is the event as it came.
	OpenEvent OpenKind = iota
	// OpenForPeople is one that no run goes on with.
	OpenForPeople
	// OpenRow is of an event that was a row of CSV: see MarkRow.
	OpenRow
)

// AppendOpen appends a line about an event that is open in a rule, "" without rules, without
// a line break.
func AppendOpen(b []byte, kind OpenKind, rule string, raw []byte) []byte {
	if kind == OpenEvent {
		return append(b, raw...)
	}
	b = append(append(appendString(append(b, `{"rule":`...), rule), `,"event":`...), raw...)
	if kind == OpenRow {
		b = append(b, `,"row":true`...)
	}
	return append(b, '}')
}

// ReadOpen returns the kind of a line of open events and the event in it. Every line that
// is not one of the other kinds is an OpenEvent, whether or not it is an event at all. raw
// shares the memory of line.
func ReadOpen(line []byte) (kind OpenKind, raw []byte) {
	var members map[string]json.RawMessage
	if len(line) > MaxLine+len(`{"rule":"","event":,"row":true}`) || json.Unmarshal(line, &members) != nil {
		return OpenEvent, line
	}
	event, row := trimSpace(members["event"]), string(members["row"])
	rule := members["rule"]
	switch {
	case len(rule) == 0 || rule[0] != '"' || len(event) == 0 || event[0] != '{':
	case len(members) == 2:
		return OpenForPeople, event
	case len(members) == 3 && row == "true" && string(rule) == `""`:
		return OpenRow, event
	}
	return OpenEvent, line
}
